//! Ficus's own store: comparison counters, groups of differences with a few redacted samples, latencies.
//!
//! SQLite in a file by default, PostgreSQL by URL when several replicas share it; one implementation over sqlx's `Any` with
//! portable SQL. Nothing here runs on the path of a request: see [`Recorder`].

mod batch;
mod clients;
mod judged;
mod queries;
mod record;
mod recorder;
mod waivers;
mod write;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::MigrateError;
use sqlx::{AnyConnection, AnyPool, Executor as _};

pub use self::clients::ClientMarks;
pub use self::judged::{Hidden, Judged};
pub use self::queries::{
    Counted, DifferenceGroup, GroupClient, LatencyBucket, LearnedNoise, MismatchSet, NotCompared, StoredSample, Window,
};
pub use self::record::{Comparison, FoundDifference, Outcome, Place, Record, Sample};
pub use self::recorder::{BothTimes, Recorder, RecorderTask};
pub use self::waivers::{NewWaiver, StoredWaiver};

/// Connections to a PostgreSQL store. A SQLite one has a single writer anyway.
const POSTGRES_CONNECTIONS: u32 = 4;

/// How long opening, and waiting for a connection, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The schema of a PostgreSQL store: never the app's `public`.
const POSTGRES_SCHEMA: &str = "ficus";

/// The open store. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    marks: ClientMarks,
}

/// The store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is away.
    #[error("the store's database answered: {0}")]
    Database(#[from] sqlx::Error),
    /// It takes too long.
    #[error("the store's database does not answer in time")]
    Silent,
    /// Its tables cannot be brought up to date.
    #[error("the store's tables cannot be brought up to date: {0}")]
    Migration(#[from] MigrateError),
    /// The URL is of another kind of database.
    #[error("the store's URL must begin with sqlite: or postgres:, not {0:?}")]
    Scheme(String),
}

impl Store {
    /// Opens the store and brings its tables up to date. `sqlite:PATH` (made when absent), `sqlite::memory:` (forgotten at
    /// exit), or `postgres://…` (in the schema `ficus`).
    ///
    /// # Errors
    /// When the URL is of another kind, or the database refuses.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (options, url) = options(url)?;
        let store = Self::over(options.connect(&url).await?);
        store.prepare().await?;
        Ok(store)
    }

    /// As [`Self::open`], but says nothing about the database yet: it may be away. Until [`Self::prepare`] has succeeded, what is
    /// recorded waits in the recorder.
    ///
    /// # Errors
    /// When the URL is of another kind.
    pub fn open_later(url: &str) -> Result<Self, StoreError> {
        let (options, url) = options(url)?;
        Ok(Self::over(options.connect_lazy(&url)?))
    }

    fn over(pool: AnyPool) -> Self {
        Self {
            pool,
            marks: ClientMarks::before_the_first_look(),
        }
    }

    /// Brings the tables up to date and learns what the store knows of itself. May be repeated.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        sqlx::migrate!("../migrations/store").run(&self.pool).await?;
        self.marks.learn(&self.pool).await
    }

    /// The default place of the store: beside the flag file.
    #[must_use]
    pub fn url_beside(flag_file: &Path) -> String {
        format!("sqlite:{}", flag_file.with_file_name("ficus.db").display())
    }

    /// Closes the connections, the last writes done.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// How this store names clients.
    #[must_use]
    pub fn client_marks(&self) -> &ClientMarks {
        &self.marks
    }

    /// The connections, for the rooms that keep other tables of the store (audit log, flag versions).
    #[must_use]
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// How the connections of a store are made, and its URL in full.
fn options(url: &str) -> Result<(AnyPoolOptions, String), StoreError> {
    sqlx::any::install_default_drivers();
    let scheme = url.split(':').next().unwrap_or_default();
    let (url, connections) = match scheme {
        "sqlite" => (sqlite_url(url), 1),
        "postgres" | "postgresql" => (url.to_owned(), POSTGRES_CONNECTIONS),
        other => return Err(StoreError::Scheme(other.to_owned())),
    };
    let is_sqlite = scheme == "sqlite";
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        // A database in memory lives as long as its one connection.
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| Box::pin(prepare(connection, is_sqlite)));
    Ok((options, url))
}

/// Adds "create when absent" to the URL of a file.
fn sqlite_url(url: &str) -> String {
    if url.contains(":memory:") || url.contains("mode=") {
        return url.to_owned();
    }
    format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
}

async fn prepare(connection: &mut AnyConnection, is_sqlite: bool) -> Result<(), sqlx::Error> {
    if is_sqlite {
        // Readers (the report command) beside the writing process, and no sync to disk for each batch.
        for pragma in [
            "pragma busy_timeout = 5000",
            "pragma journal_mode = wal",
            "pragma synchronous = normal",
            "pragma foreign_keys = on",
        ] {
            connection.execute(pragma).await?;
        }
        return Ok(());
    }
    let known: Option<i64> = sqlx::query_scalar("select cast(1 as bigint) from pg_namespace where nspname = $1")
        .bind(POSTGRES_SCHEMA)
        .fetch_optional(&mut *connection)
        .await?;
    if known.is_none() {
        // Two replicas may start at once: losing that race is fine, the schema is there then.
        let _lost_race = connection.execute("create schema if not exists ficus").await;
    }
    connection.execute("set search_path to ficus").await?;
    Ok(())
}
