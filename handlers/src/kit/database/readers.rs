//! Connections for live reads.
//!
//! PostgreSQL itself keeps their sessions read-only, so a read needs no transaction: its statements are its only round trips. A
//! pool asks the server twice about each connection that comes back; here one whose read ended well goes straight to the next,
//! and only what ended otherwise, grew old or has long been idle goes back through the pool, which tests and closes.

#![expect(
    clippy::disallowed_types,
    reason = "connections are pushed and popped, never awaited for, under the lock"
)]

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::TRUSTED_IDLE;

/// How long a connection is used before the pool may replace it; the pool's own life time is as long.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// Read-only connections. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Readers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    /// As many as the pool has connections: whoever holds one finds a connection at rest, or room in the pool.
    permits: Arc<Semaphore>,
    /// The one used last is on top, so that under little load most become idle and are given up.
    rested: Mutex<Vec<Rested>>,
    wait: Duration,
}

#[derive(Debug)]
struct Rested {
    connection: PoolConnection<Postgres>,
    since: Instant,
    taken_from_pool: Instant,
}

/// A connection for one read. Dropped, it goes back through the pool; see [`Lease::end`].
#[derive(Debug)]
pub(crate) struct Lease {
    connection: PoolConnection<Postgres>,
    taken_from_pool: Instant,
    home: Readers,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    /// Over a pool of `size` connections whose sessions are read-only; `wait` bounds the wait for one.
    pub(crate) fn new(pool: PgPool, size: u32, wait: Duration) -> Self {
        Self(Arc::new(Inner {
            pool,
            permits: Arc::new(Semaphore::new(size as usize)),
            rested: Mutex::default(),
            wait,
        }))
    }

    /// # Errors
    /// When none is free in time, or the database is down.
    pub(crate) async fn lease(&self) -> sqlx::Result<Lease> {
        let permit = timeout(self.0.wait, Arc::clone(&self.0.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(sqlx::Error::PoolTimedOut);
        };
        let (connection, taken_from_pool) = match self.rested().await {
            Some(rested) => (rested.connection, rested.taken_from_pool),
            None => (self.0.pool.acquire().await?, Instant::now()),
        };
        Ok(Lease {
            connection,
            taken_from_pool,
            home: self.clone(),
            _permit: permit,
        })
    }

    /// One that works. A peer that has vanished is not waited for.
    async fn rested(&self) -> Option<Rested> {
        loop {
            let mut rested = self.stack().pop()?;
            if rested.since.elapsed() < TRUSTED_IDLE {
                return Some(rested);
            }
            if let Ok(Ok(())) = timeout(self.0.wait, rested.connection.ping()).await {
                return Some(rested);
            }
        }
    }

    fn rest(&self, connection: PoolConnection<Postgres>, taken_from_pool: Instant) {
        let mut stack = self.stack();
        let longest = stack
            .first()
            .is_some_and(|bottom| bottom.since.elapsed() > TRUSTED_IDLE);
        let idle = longest.then(|| stack.remove(0));
        stack.push(Rested {
            connection,
            since: Instant::now(),
            taken_from_pool,
        });
        drop(stack);
        drop(idle);
    }

    fn stack(&self) -> MutexGuard<'_, Vec<Rested>> {
        self.0.rested.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    /// Whoever drops the last one may stand outside of any runtime, without which nothing can be given back to the pool.
    fn drop(&mut self) {
        let rested = self.rested.get_mut().unwrap_or_else(PoisonError::into_inner);
        for rested in rested.drain(..) {
            drop(rested.connection.leak());
        }
    }
}

impl Lease {
    /// Hands the connection to the next read. For a read that ended well: whatever it began has been answered.
    pub(crate) fn end(self) {
        if self.taken_from_pool.elapsed() < LIFE {
            self.home.rest(self.connection, self.taken_from_pool);
        }
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
