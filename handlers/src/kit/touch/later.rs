//! Touches that are written beside an answer: gathered for a moment and written together, so that a busy hour costs the
//! database some statements a second and not one for each request.

#![expect(
    clippy::disallowed_types,
    reason = "touches are pushed and taken, nothing is awaited, under the lock"
)]

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::Touch;
use crate::kit::fault::Fault;
use crate::kit::wire::iso::stored;

/// How long touches are gathered.
const GATHERED_FOR: Duration = Duration::from_millis(10);
/// The most that may wait; more are dropped and counted in the log.
const MOST: usize = 4_096;
/// How long one round of writing may take.
const TIME: Duration = Duration::from_secs(2);

/// Writes touches later. Clones share one queue.
#[derive(Clone, Debug)]
pub(crate) struct Later(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    /// Owns the task that writes, so that a drain waits for it.
    tasks: TaskTracker,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    links: Vec<Touch>,
    uses: Uses,
    dropped: usize,
    /// Whether a task is there to write what waits.
    attended: bool,
}

/// The last use of each session.
#[derive(Debug, Default)]
struct Uses(HashMap<String, Use>);

#[derive(Debug, PartialEq)]
struct Use {
    phone_user: String,
    at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
}

impl Later {
    pub(crate) fn new(pool: PgPool, tasks: TaskTracker) -> Self {
        Self(Arc::new(Inner {
            pool,
            tasks,
            queue: Mutex::default(),
        }))
    }

    /// Leaves touches to be written soon, at most once, or not at all.
    pub(crate) fn write(&self, touches: Vec<Touch>) {
        if touches.is_empty() {
            return;
        }
        let mut queue = self.queue();
        for touch in touches {
            if !queue.push(touch) {
                queue.dropped += 1;
            }
        }
        if !std::mem::replace(&mut queue.attended, true) {
            drop(queue);
            let later = self.clone();
            self.0.tasks.spawn(async move { later.attend().await });
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn attend(&self) {
        loop {
            sleep(GATHERED_FOR).await;
            let Some((links, uses)) = self.gathered() else { return };
            match timeout(TIME, apply(&self.0.pool, links, uses)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error = %Fault::from(error), "session touches failed"),
                Err(_) => tracing::warn!("session touches took too long"),
            }
        }
    }

    /// What waits; when nothing does, nobody attends any more.
    fn gathered(&self) -> Option<(Vec<Touch>, Uses)> {
        let mut queue = self.queue();
        if queue.dropped > 0 {
            tracing::warn!(dropped = queue.dropped, "too many session touches at once");
            queue.dropped = 0;
        }
        queue.attended = queue.len() > 0;
        queue
            .attended
            .then(|| (std::mem::take(&mut queue.links), std::mem::take(&mut queue.uses)))
    }
}

impl Queue {
    fn len(&self) -> usize {
        self.links.len() + self.uses.0.len()
    }

    /// False when there is no room. Another use of a session that waits needs none.
    fn push(&mut self, touch: Touch) -> bool {
        let full = self.len() >= MOST;
        match touch {
            Touch::Used {
                session,
                phone_user,
                at,
                expires_at,
            } => {
                let known = self.uses.0.contains_key(&session);
                if known || !full {
                    let used = Use {
                        phone_user,
                        at,
                        expires_at,
                    };
                    self.uses.push(session, used);
                }
                known || !full
            }
            link @ Touch::Link { .. } => {
                if !full {
                    self.links.push(link);
                }
                !full
            }
        }
    }
}

/// Each link is a transaction of its own: of several in one, two replicas could wait for each other.
async fn apply(pool: &PgPool, links: Vec<Touch>, uses: Uses) -> sqlx::Result<()> {
    for link in links {
        let mut transaction = pool.begin().await?;
        link.apply(&mut transaction).await?;
        transaction.commit().await?;
    }
    if uses.0.is_empty() {
        return Ok(());
    }
    uses.write(pool).await
}

impl Uses {
    /// Of several uses of a session the last counts, and the longest life.
    fn push(&mut self, session: String, used: Use) {
        match self.0.entry(session) {
            Entry::Vacant(place) => drop(place.insert(used)),
            Entry::Occupied(mut place) => {
                let latest = place.get_mut();
                latest.at = latest.at.max(used.at);
                latest.expires_at = latest.expires_at.max(used.expires_at);
            }
        }
    }

    /// One statement, so that it needs no transaction around it. It locks as every touch does, phone users before sessions, and
    /// phone users in one order, so that two replicas never wait for each other.
    async fn write(self, pool: &PgPool) -> sqlx::Result<()> {
        let (mut sessions, mut phone_users) = (Vec::new(), Vec::new());
        let (mut at, mut expires_at) = (Vec::new(), Vec::new());
        for (session, used) in self.0 {
            sessions.push(session);
            phone_users.push(used.phone_user);
            at.push(stored(used.at));
            expires_at.push(used.expires_at.map(stored));
        }
        sqlx::query(
            r#"with used as (
                 select * from unnest($1::text[], $2::text[], $3::timestamp[], $4::timestamp[])
                   as used (session, phone_user, at, expires_at)),
               locked as materialized (
                 select id from chatbot_phone_users where id = any($2) order by id for update),
               active as (
                 update chatbot_phone_users p set "lastActiveAt" = latest.at
                 from (select phone_user, max(at) as at from used group by phone_user) latest
                 where p.id = latest.phone_user and p.id in (select id from locked) returning p.id)
               update chatbot_phone_sessions s
               set "lastUsedAt" = used.at, "expiresAt" = coalesce(used.expires_at, s."expiresAt")
               from used
               where s.id = used.session and s."userId" = used.phone_user and s."userId" in (select id from active)"#,
        )
        .bind(sessions)
        .bind(phone_users)
        .bind(at)
        .bind(expires_at)
        .execute(pool)
        .await
        .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds)
    }

    fn used(session: &str, seconds: i64, extended: bool) -> Touch {
        Touch::Used {
            session: session.to_owned(),
            phone_user: "p".to_owned(),
            at: at(seconds),
            expires_at: extended.then(|| at(seconds + 100)),
        }
    }

    #[test]
    fn of_several_uses_of_a_session_the_last_counts_and_no_extension_is_lost() {
        let mut queue = Queue::default();
        for touch in [used("s", 5, true), used("s", 9, false), used("s", 7, false)] {
            assert!(queue.push(touch));
        }
        let expected = Use {
            phone_user: "p".to_owned(),
            at: at(9),
            expires_at: Some(at(105)),
        };
        assert_eq!(
            queue.uses.0.into_iter().collect::<Vec<_>>(),
            [("s".to_owned(), expected)]
        );
    }

    #[test]
    fn there_is_room_for_so_many_and_for_more_uses_of_the_same_sessions() {
        let mut queue = Queue::default();
        for number in 0..MOST {
            assert!(queue.push(used(&number.to_string(), 1, false)));
        }
        let link = Touch::Link {
            phone_user: "p".to_owned(),
            user: "u".to_owned(),
        };
        assert!(!queue.push(used("another", 1, false)) && !queue.push(link));
        assert!(queue.push(used("7", 2, false)));
        assert_eq!((queue.len(), queue.uses.0["7"].at), (MOST, at(2)));
    }
}
