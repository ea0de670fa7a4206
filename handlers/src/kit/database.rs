//! Connections: one pool for live runs that write, one for live reads, a small one for dry runs, a tiny one to cancel statements
//! with, and transactions that are begun when they are first used.

pub(crate) mod readers;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use self::readers::Readers;
use super::dry_run::DryRunLimits;
use super::effects::EffectRecord;
use super::fault::{Fault, FaultKind};
use super::right_of_way::{Backend, DRY_RUNS, RightOfWay};
use super::written_rows;

/// The pools.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) live: PgPool,
    pub(crate) readers: Readers,
    pub(crate) dry: PgPool,
    /// Cancels statements and answers readiness checks when the others are full, which is just when that is needed.
    pub(crate) spare: PgPool,
}

/// Sizes and waits of the pools.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolLimits {
    pub(crate) live: u32,
    pub(crate) read: u32,
    pub(crate) dry: u32,
    pub(crate) live_wait: Duration,
    pub(crate) dry_wait: Duration,
    pub(crate) statement_timeout: Duration,
}

/// How a transaction is begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) read_only: bool,
    pub(crate) dry: Option<DryRunLimits>,
}

/// A transaction that takes a connection only when it is first used: a refusal that needs no row costs no connection.
#[derive(Debug)]
pub(crate) struct Lazy {
    pool: PgPool,
    spare: PgPool,
    opening: Opening,
    open: Option<Open>,
    backend: Backend,
}

#[derive(Debug)]
struct Open {
    transaction: Transaction<'static, Postgres>,
    /// The server process, to be cancelled when the run is given up in the middle of a statement.
    backend: i32,
}

/// A session that sits in a transaction longer than this was forgotten; the server ends it.
const IDLE_IN_TRANSACTION: &str = "60s";
/// A pooled connection that has been idle for longer is asked whether it still works before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);
/// Connections of the spare pool, and the wait for one.
const SPARE: u32 = 2;
const SPARE_WAIT: Duration = Duration::from_secs(1);
/// How long a rollback may take before the connection is left to the pool, which closes or recovers it.
const ROLLBACK_WAIT: Duration = Duration::from_secs(2);

impl Database {
    /// Makes the pools; connects lazily, so that the application starts while the database is down.
    pub(crate) fn connect(url: &str, limits: PoolLimits) -> sqlx::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("ficus").options([
            (
                "statement_timeout",
                format!("{}ms", limits.statement_timeout.as_millis()).as_str(),
            ),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
            ("timezone", "UTC"),
            // The rollback of a connection that comes back is usually for nothing, and would warn each time.
            ("client_min_messages", "error"),
        ]);
        let read_only = options.clone().options([("default_transaction_read_only", "on")]);
        let read = pool(limits.read, limits.live_wait, read_only.application_name("ficus-read"));
        Ok(Self {
            live: pool(limits.live, limits.live_wait, options.clone()),
            readers: Readers::new(read, limits.read, limits.live_wait),
            dry: pool(limits.dry, limits.dry_wait, options.clone().application_name(DRY_RUNS)),
            spare: pool(SPARE, SPARE_WAIT, options.application_name("ficus-spare")),
        })
    }
}

fn pool(size: u32, wait: Duration, options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(wait)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    sqlx::Connection::ping(connection).await?;
                }
                Ok(true)
            })
        })
        // A run that is given up while its transaction begins leaves one open that the driver does not know of.
        .after_release(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql("rollback").execute(connection).await?;
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

impl Lazy {
    pub(crate) fn new(database: &Database, opening: Opening) -> Self {
        let pool = if opening.dry.is_some() {
            &database.dry
        } else {
            &database.live
        };
        Self {
            pool: pool.clone(),
            spare: database.spare.clone(),
            opening,
            open: None,
            backend: Backend::default(),
        }
    }

    /// The connection, inside the transaction.
    pub(crate) async fn connection(&mut self) -> Result<&mut PgConnection, Fault> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.begin().await?,
        };
        Ok(&mut *self.open.insert(open).transaction)
    }

    pub(crate) fn begun(&self) -> bool {
        self.open.is_some()
    }

    async fn begin(&self) -> Result<Open, Fault> {
        let statement = if self.opening.read_only {
            "begin read only"
        } else {
            "begin"
        };
        let mut transaction = self.pool.begin_with(statement).await?;
        let backend = match self.opening.dry {
            Some(limits) => limit(&mut transaction, limits).await?,
            None => backend(&mut transaction).await?,
        };
        self.backend.set(backend);
        Ok(Open { transaction, backend })
    }

    /// Watches whether somebody waits for this transaction; it need not have begun.
    pub(crate) fn right_of_way(&self, lock_timeout: Duration) -> RightOfWay {
        RightOfWay::new(self.backend.clone(), self.spare.clone(), lock_timeout)
    }

    /// The rows that this transaction has written so far.
    pub(crate) async fn written_rows(&mut self) -> sqlx::Result<Vec<EffectRecord>> {
        let spare = self.spare.clone();
        match &mut self.open {
            Some(open) => written_rows::read(&mut open.transaction, &spare).await,
            None => Ok(Vec::new()),
        }
    }

    /// Takes the transaction to commit it.
    pub(crate) fn take(&mut self) -> Option<Transaction<'static, Postgres>> {
        self.open.take().map(|open| open.transaction)
    }

    /// Undoes everything and gives the connection back, also from the middle of a statement.
    ///
    /// A statement that still runs is cancelled on the server first, so that its locks go now and not when its
    /// `statement_timeout` ends it: legacy may be about to answer the same request and would wait for them. Whatever cannot be done in time is left to the pool: it rolls a dropped transaction back
    /// before the connection is used again, and closes one that does not answer.
    pub(crate) async fn roll_back(&mut self, abandoned: bool) {
        let Some(open) = self.open.take() else { return };
        if abandoned {
            self.cancel(open.backend).await;
        }
        match tokio::time::timeout(ROLLBACK_WAIT, open.transaction.rollback()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "a rollback failed; the connection is given up")
            }
            Err(_) => {
                tracing::warn!("a rollback took too long; the connection is left to the pool")
            }
        }
    }

    async fn cancel(&self, backend: i32) {
        let cancel = sqlx::query("select pg_cancel_backend($1)")
            .bind(backend)
            .execute(&self.spare);
        if let Ok(Err(error)) = tokio::time::timeout(ROLLBACK_WAIT, cancel).await {
            tracing::warn!(%error, "a statement could not be cancelled; its own timeout will end it");
        }
    }
}

async fn backend(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(connection)
        .await
}

/// Puts the limits of a dry run on this transaction only, and tells its server process.
async fn limit(connection: &mut PgConnection, limits: DryRunLimits) -> Result<i32, Fault> {
    let (backend, _, _): (i32, String, String) = sqlx::query_as(
        "select pg_backend_pid(), set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
    )
    .bind(milliseconds(limits.lock_timeout))
    .bind(milliseconds(limits.budget))
    .fetch_one(connection)
    .await?;
    Ok(backend)
}

/// In PostgreSQL's unit; at least 1 because 0 would switch the limit off.
fn milliseconds(limit: Duration) -> String {
    format!("{}ms", limit.as_millis().clamp(1, 3_600_000))
}

/// Whether the server certainly did not commit when it answered a commit with this error.
///
/// Only errors of classes that PostgreSQL raises *before* the commit record say so: broken constraints (23), serialization and
/// deadlock (40, except 40003 "statement completion unknown"), cancellation (57014) and an aborted transaction (25). A lost
/// connection or a server shutdown (08, 57P0x) says nothing: the commit may have been written.
pub(crate) fn certainly_rolled_back(error: &sqlx::Error) -> bool {
    let Some(code) = error.as_database_error().and_then(|error| error.code()) else {
        return false;
    };
    code == "57014" || (code != "40003" && ["23", "25", "40"].iter().any(|class| code.starts_with(class)))
}

pub(crate) fn timed_out(what: &str) -> Fault {
    Fault::new(FaultKind::Timeout, format!("{what} took too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_never_switched_off_by_being_small() {
        assert_eq!(milliseconds(Duration::ZERO), "1ms");
        assert_eq!(milliseconds(Duration::from_micros(1)), "1ms");
        assert_eq!(milliseconds(Duration::from_millis(250)), "250ms");
    }

    #[test]
    fn a_lost_connection_says_nothing_about_a_commit() {
        assert!(!certainly_rolled_back(&sqlx::Error::Io(
            std::io::ErrorKind::ConnectionReset.into()
        )));
        assert!(!certainly_rolled_back(&sqlx::Error::PoolClosed));
    }
}
