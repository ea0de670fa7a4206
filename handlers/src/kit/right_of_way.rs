//! A dry run gives way: when anybody waits for a lock that it holds, it ends.
//!
//! `lock_timeout` bounds how long a dry run waits for others. This bounds how long others wait for it, whatever its budget is: a
//! write of legacy to the same row must not notice that it is being compared. Another dry run is no reason: it has its own
//! `lock_timeout`, and whoever waits behind that one makes it give way first.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};

/// The name under which the server knows the connections of dry runs.
pub(crate) const DRY_RUNS: &str = "ficus-dry";

/// Looked at not more often than this, however short the lock timeout is: a look costs the server something.
const SHORTEST_LOOK: Duration = Duration::from_millis(5);

/// The server process of a transaction, known once it has begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backend(Arc<AtomicI32>);

/// Watches the locks of one dry run from a connection of its own.
#[derive(Debug)]
pub(crate) struct RightOfWay {
    backend: Backend,
    spare: PgPool,
    look_every: Duration,
}

impl Backend {
    pub(crate) fn set(&self, process: i32) {
        self.0.store(process, Ordering::Relaxed);
    }

    fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|process| *process != 0)
    }
}

impl RightOfWay {
    /// Looks several times within `lock_timeout`, so that nobody waits longer than that.
    pub(crate) fn new(backend: Backend, spare: PgPool, lock_timeout: Duration) -> Self {
        Self {
            backend,
            spare,
            look_every: (lock_timeout / 4).max(SHORTEST_LOOK),
        }
    }

    /// Ends when somebody waits for a lock of the dry run, else never.
    pub(crate) async fn wanted(&self) {
        let mut looks = interval(self.look_every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.tick().await;
        loop {
            looks.tick().await;
            if let Some(process) = self.backend.get()
                && self.is_waited_for(process).await
            {
                return;
            }
        }
    }

    /// A look that fails says nothing: the budget still ends the run.
    async fn is_waited_for(&self, process: i32) -> bool {
        let sql = "select exists (select from pg_locks as lock
             where not lock.granted and $1 = any (pg_blocking_pids(lock.pid)) and not exists
               (select from pg_stat_activity as session where session.pid = lock.pid and session.application_name = $2))";
        let waits = sqlx::query_scalar(sql).bind(process).bind(DRY_RUNS);
        waits.fetch_one(&self.spare).await.unwrap_or(false)
    }
}
