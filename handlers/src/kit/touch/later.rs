//! Touches that are written beside an answer: gathered for a moment and written together, so that a busy hour costs the
//! database some statements a second and not one for each request.

#![expect(
    clippy::disallowed_types,
    reason = "touches are pushed and taken, nothing is awaited, under the lock"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use time::{OffsetDateTime, PrimitiveDateTime};
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
    waiting: Vec<Touch>,
    dropped: usize,
    /// Whether a task is there to write what waits.
    attended: bool,
}

/// The last use of each session, a column of a list for each column of the statement.
#[derive(Debug, Default)]
struct Uses {
    sessions: Vec<String>,
    phone_users: Vec<String>,
    at: Vec<PrimitiveDateTime>,
    expires_at: Vec<Option<PrimitiveDateTime>>,
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
        let room = MOST - queue.waiting.len().min(MOST);
        queue.dropped += touches.len().saturating_sub(room);
        queue.waiting.extend(touches.into_iter().take(room));
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
            let Some(touches) = self.gathered() else { return };
            match timeout(TIME, apply(&self.0.pool, touches)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error = %Fault::from(error), "session touches failed"),
                Err(_) => tracing::warn!("session touches took too long"),
            }
        }
    }

    /// What waits; when nothing does, nobody attends any more.
    fn gathered(&self) -> Option<Vec<Touch>> {
        let mut queue = self.queue();
        if queue.dropped > 0 {
            tracing::warn!(dropped = queue.dropped, "too many session touches at once");
            queue.dropped = 0;
        }
        queue.attended = !queue.waiting.is_empty();
        queue.attended.then(|| std::mem::take(&mut queue.waiting))
    }
}

/// Each link is a transaction of its own: of several in one, two replicas could wait for each other.
async fn apply(pool: &PgPool, touches: Vec<Touch>) -> sqlx::Result<()> {
    let (links, uses): (Vec<_>, Vec<_>) = touches
        .into_iter()
        .partition(|touch| matches!(touch, Touch::Link { .. }));
    for link in links {
        let mut transaction = pool.begin().await?;
        link.apply(&mut transaction).await?;
        transaction.commit().await?;
    }
    let uses = Uses::last_of_each(uses);
    if uses.sessions.is_empty() {
        return Ok(());
    }
    uses.write(pool).await
}

impl Uses {
    fn last_of_each(touches: Vec<Touch>) -> Self {
        type Use = (String, OffsetDateTime, Option<OffsetDateTime>);
        let mut last: HashMap<String, Use> = HashMap::new();
        for touch in touches {
            let Touch::Used {
                session,
                phone_user,
                at,
                expires_at,
            } = touch
            else {
                continue;
            };
            let latest = last.entry(session).or_insert((phone_user, at, None));
            latest.1 = latest.1.max(at);
            latest.2 = latest.2.max(expires_at);
        }
        let mut uses = Self::default();
        for (session, (phone_user, at, expires_at)) in last {
            uses.sessions.push(session);
            uses.phone_users.push(phone_user);
            uses.at.push(stored(at));
            uses.expires_at.push(expires_at.map(stored));
        }
        uses
    }

    /// One statement, so that it needs no transaction around it. It locks as every touch does, phone users before sessions, and
    /// phone users in one order, so that two replicas never wait for each other.
    async fn write(self, pool: &PgPool) -> sqlx::Result<()> {
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
        .bind(self.sessions)
        .bind(self.phone_users)
        .bind(self.at)
        .bind(self.expires_at)
        .execute(pool)
        .await
        .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(session: &str, seconds: i64, extended: bool) -> Touch {
        let at = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds);
        Touch::Used {
            session: session.to_owned(),
            phone_user: "p".to_owned(),
            at,
            expires_at: extended.then_some(at + time::Duration::DAY),
        }
    }

    #[test]
    fn of_several_uses_of_a_session_the_last_counts_and_no_extension_is_lost() {
        let uses = Uses::last_of_each(vec![used("s", 5, true), used("s", 9, false), used("s", 7, false)]);
        let at = |seconds| stored(OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds));
        assert_eq!(uses.sessions, ["s"]);
        assert_eq!(uses.at, [at(9)]);
        assert_eq!(uses.expires_at, [Some(at(5 + 24 * 3_600))]);
    }
}
