//! The schema of the app's database: created when the database is empty, recognised when legacy has already made it.
//!
//! `migrations/app` begins with a *baseline*, the whole schema of `contract/schema.md` in `public`, and goes on with Ficus's
//! additions in a schema of their own, `ficus`. A database that legacy filled is *adopted*: the baseline is recorded as
//! applied without being run, so `public` is not touched. What is recorded, and the record itself, live in `ficus`.
//!
//! One run is one transaction under one advisory lock: it happens whole or not at all, and two replicas that start together
//! take turns. The price is that no migration may use what refuses a transaction, such as `create index concurrently`.

mod expected;
mod recognise;
mod sources;

use std::fmt;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection as _, PgConnection, PgPool};

pub use recognise::Note;
pub use sources::fingerprint;

/// The table in which applied migrations are recorded; outside of `public`, which belongs to legacy.
const LEDGER: &str = "ficus.migrations";

/// Advisory locks are per database, so one number for everybody is enough: the letters "ficusapp".
const LOCK_KEY: i64 = 0x6669_6375_7361_7070;

/// What `migrate` found and did. `Display` says it in sentences fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the database was when the run began, and so what became of it.
    pub action: Action,
    /// The migrations that were run, in order. Baseline parts are here only when they were run, not when they were adopted.
    pub applied: Vec<Step>,
    /// Where an adopted database differs from the baseline in a way that does not stop native handlers. Empty otherwise.
    pub notes: Vec<Note>,
}

/// What a run made of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It held none of the legacy tables; all of them were created.
    Created,
    /// It held the legacy tables, made by legacy; they were recorded as the baseline and left alone.
    AdoptedExisting,
    /// An earlier run had recorded the baseline; migrations that are newer were run.
    Upgraded,
    /// An earlier run had done everything; nothing was done.
    AlreadyCurrent,
}

/// One migration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The number that the file name begins with.
    pub version: i64,
    /// The rest of the file name, in words.
    pub name: String,
}

/// Why the schema was left as it was. After any of these the database is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Some legacy tables or columns are there and others are not, beyond the drift that the contract allows.
    #[error("the schema \"public\" holds {present} of the {expected} legacy tables, but not {}; nothing was changed", missing.join(", "))]
    Incomplete {
        /// Legacy tables that are there.
        present: usize,
        /// Legacy tables that there should be.
        expected: usize,
        /// What is missing, each with its kind: `table "tickets"`, `column "users"."email"`.
        missing: Vec<String>,
    },
    /// A newer Ficus has migrated this database.
    #[error("migration {version} was applied by a newer version of Ficus; nothing was changed")]
    Newer {
        /// The applied migration that this binary lacks.
        version: i64,
    },
    /// A migration file was edited after it had been applied here.
    #[error("migration {version} was applied here with another text than this binary has; nothing was changed")]
    Altered {
        /// The migration whose text differs.
        version: i64,
    },
    /// Somebody else held the migration lock, or a table, for too long.
    #[error("another session held a lock for longer than {LOCK_TIMEOUT}; nothing was changed")]
    Busy,
    /// PostgreSQL refused or could not be reached.
    #[error("the database refused a migration; nothing was changed: {0}")]
    Database(#[source] sqlx::Error),
    /// Any other failure of the migration machinery.
    #[error("the migrations could not be run; nothing was changed: {0}")]
    Migrations(#[source] MigrateError),
}

/// How long to wait for another run, or for a table that somebody holds. PostgreSQL's notation.
const LOCK_TIMEOUT: &str = "60s";

/// How long one statement of a migration may take, its waits included. PostgreSQL's notation.
const STATEMENT_TIMEOUT: &str = "5min";

/// Brings the app's database up to date: creates the schema, or adopts what legacy made, and adds what is Ficus's own.
///
/// Safe to run at every start and by several replicas at once. Needs the right to create a schema in the database the first
/// time, and the right to create tables in `public` only if that is empty.
///
/// # Errors
/// See [`SchemaError`]; after an error the database is as it was before.
pub async fn migrate(database: &PgPool) -> Result<Outcome, SchemaError> {
    let mut connection = database.acquire().await?;
    // Read committed, whatever the role's default: what a run before us committed while we waited must be seen.
    let mut transaction = connection.begin_with("begin isolation level read committed").await?;
    take_turn(&mut transaction).await?;
    let outcome = bring_up_to_date(&mut transaction).await?;
    transaction.commit().await?;
    tracing::info!(action = ?outcome.action, applied = outcome.applied.len(), notes = outcome.notes.len(), "app schema is current");
    Ok(outcome)
}

/// Waits for other runs to end, and gives every wait of this run its deadline, whatever the role's own settings are. The empty
/// search path makes PostgreSQL print every type with its schema and makes an unqualified name in a migration fail.
async fn take_turn(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let settings = "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
                           set_config('search_path', 'pg_catalog', true)";
    sqlx::query(settings)
        .bind(LOCK_TIMEOUT)
        .bind(STATEMENT_TIMEOUT)
        .execute(&mut *connection)
        .await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(LOCK_KEY)
        .execute(connection)
        .await?;
    Ok(())
}

async fn bring_up_to_date(connection: &mut PgConnection) -> Result<Outcome, SchemaError> {
    let migrator = sources::migrator(LEDGER);
    let recorded = recorded_versions(connection).await?;
    let (action, notes) = match recorded.as_deref() {
        Some(versions) if versions.contains(&sources::BASELINE) => (Action::Upgraded, Vec::new()),
        _ => begin(connection, &migrator).await?,
    };
    let before = recorded_versions(connection).await?.unwrap_or_default();
    migrator.run_direct(None, connection, false).await?;
    let applied = steps_not_in(&migrator, &before);
    let action = if action == Action::Upgraded && applied.is_empty() {
        Action::AlreadyCurrent
    } else {
        action
    };
    Ok(Outcome { action, applied, notes })
}

/// The first run on this database: decides between creating and adopting.
async fn begin(connection: &mut PgConnection, migrator: &Migrator) -> Result<(Action, Vec<Note>), SchemaError> {
    let adopted = recognise::recognise(connection).await?;
    // Only now, because this needs a right that later runs need not have.
    sqlx::query("create schema if not exists ficus")
        .execute(&mut *connection)
        .await?;
    let Some(notes) = adopted else {
        return Ok((Action::Created, Vec::new()));
    };
    migrator.run_direct(Some(sources::BASELINE), connection, true).await?;
    Ok((Action::AdoptedExisting, notes))
}

/// The versions on record, or nothing when there is no record yet.
async fn recorded_versions(connection: &mut PgConnection) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(LEDGER)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(None);
    }
    sqlx::query_scalar("select version from ficus.migrations order by version")
        .fetch_all(connection)
        .await
        .map(Some)
}

fn steps_not_in(migrator: &Migrator, recorded: &[i64]) -> Vec<Step> {
    migrator
        .iter()
        .filter(|migration| !recorded.contains(&migration.version))
        .map(|migration| Step {
            version: migration.version,
            name: migration.description.clone().into_owned(),
        })
        .collect()
}

impl From<sqlx::Error> for SchemaError {
    fn from(error: sqlx::Error) -> Self {
        /// `lock_not_available` (PostgreSQL, appendix A).
        const LOCK_NOT_AVAILABLE: &str = "55P03";
        match error.as_database_error().and_then(|error| error.code()) {
            Some(code) if code == LOCK_NOT_AVAILABLE => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer { version },
            MigrateError::VersionMismatch(version) => Self::Altered { version },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Migrations(other),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self.action {
            Action::Created => "The database held no legacy tables: the whole schema was created.",
            Action::AdoptedExisting => {
                "The legacy tables were found: they are recorded as the baseline and were not touched."
            }
            Action::Upgraded => "The baseline was on record: newer migrations were applied.",
            Action::AlreadyCurrent => "The schema is current: nothing to do.",
        };
        formatter.write_str(sentence)?;
        for step in &self.applied {
            write!(formatter, "\n  applied {:04} {}", step.version, step.name)?;
        }
        for note in &self.notes {
            write!(formatter, "\n  note: {note}")?;
        }
        Ok(())
    }
}
