//! The lab: databases of a recording, made anew from one template, and the native side on one of them.

mod audit;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use handlers::kit::calls::NoCalls;
use handlers::kit::{CallPort, Clock, Ids, Ports, Routes};
use handlers::{EffectRecord, Native, Seams, Settings};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};
use time::OffsetDateTime;

use super::error::ReplayError;
use super::har::{Operation, RowChange};
use crate::provision::postgres::Cluster;

pub(super) use audit::CHANGES;

/// Tells the databases of one process apart.
static NEXT: AtomicU32 = AtomicU32::new(0);
/// How long the lab waits for a connection of its own.
const CONNECT: Duration = Duration::from_secs(30);
/// Connections of the lab beside those of the native side.
const CONNECTIONS: u32 = 2;

/// A server with a template made of schema and seed.
#[derive(Debug)]
pub(super) struct Template<'c> {
    cluster: &'c Cluster,
    name: String,
    secret: String,
    more: fn() -> Vec<Routes>,
}

/// One database in the recorded state, and the native side on it.
#[derive(Debug)]
pub(super) struct Lab {
    pub(super) native: Native,
    pub(super) clock: Clock,
    database: PgPool,
    name: String,
}

impl<'c> Template<'c> {
    /// Makes the template. `secret` is what signed the recorded tokens.
    pub(super) async fn make(
        cluster: &'c Cluster,
        schema: &Path,
        seed: &str,
        secret: &str,
        more: fn() -> Vec<Routes>,
    ) -> Result<Self, ReplayError> {
        let name = fresh_name("template");
        let template = Self {
            cluster,
            name,
            secret: secret.to_owned(),
            more,
        };
        let create = format!("create database {} template template0", template.name);
        cluster.administer(&create).await?;
        match template.fill(schema, seed).await {
            Ok(()) => Ok(template),
            Err(error) => {
                template.drop().await;
                Err(error)
            }
        }
    }

    async fn fill(&self, schema: &Path, seed: &str) -> Result<(), ReplayError> {
        let url = self.cluster.url_of(&self.name);
        for (what, text) in [("the schema", read(schema)?), ("the seed", seed.to_owned())] {
            let mut connection = PgConnection::connect(&url)
                .await
                .map_err(ReplayError::database("connecting to the lab"))?;
            run(&mut connection, &without_commands(&text), &format!("loading {what}")).await?;
            let _ = connection.close().await;
        }
        let database = connect(&url).await?;
        handlers::schema::migrate(&database).await?;
        let audited = audit::install(&database).await;
        database.close().await;
        audited.map_err(ReplayError::database("installing the audit triggers"))
    }

    /// A database in the seeded state.
    pub(super) async fn lab(&self) -> Result<Lab, ReplayError> {
        let name = fresh_name("lab");
        let create = format!("create database {name} template {}", self.name);
        self.cluster.administer(&create).await?;
        self.open(name, Clock::fixed(OffsetDateTime::UNIX_EPOCH), Arc::new(NoCalls))
            .await
    }

    /// A copy of a database of the lab in its present state, whose calls are answered by `calls`. PostgreSQL copies a database only
    /// while nobody is connected to it, so the lab gets new connections.
    pub(super) async fn clone_of(&self, lab: &mut Lab, calls: Arc<dyn CallPort>) -> Result<Lab, ReplayError> {
        lab.database.close().await;
        let end = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'",
            lab.name
        );
        self.cluster.administer(&end).await?;
        let name = fresh_name("clone");
        let create = format!("create database {name} template {}", lab.name);
        self.cluster.administer(&create).await?;
        let clock = lab.clock.clone();
        *lab = self.open(lab.name.clone(), clock.clone(), Arc::new(NoCalls)).await?;
        self.open(name, clock, calls).await
    }

    /// The native side on a database that is there.
    async fn open(&self, name: String, clock: Clock, calls: Arc<dyn CallPort>) -> Result<Lab, ReplayError> {
        let url = self.cluster.url_of(&name);
        let settings = Settings::from_lookup(|key| match key {
            "DATABASE_URL" => Some(url.clone()),
            "NEST_AUTH_SECRET" => Some(self.secret.clone()),
            // One request at a time, and nothing to hurry for.
            "FICUS_DRY_RUN_WAIT_MS" => Some("5000".to_owned()),
            _ => None,
        })
        .map_err(|error| ReplayError::Native(error.to_string()))?;
        let seams = Seams {
            clock: clock.clone(),
            ids: Ids::random(),
            ports: Some(Ports { calls, ..Ports::none() }),
        };
        let native = Native::start_with(settings, seams, (self.more)())
            .await
            .map_err(|error| ReplayError::Native(error.to_string()))?;
        Ok(Lab {
            native,
            clock,
            database: connect(&url).await?,
            name,
        })
    }

    /// Drops a database of the lab; a leftover on a server of a URL is only untidy.
    pub(super) async fn discard(&self, lab: Lab) {
        lab.database.close().await;
        self.forget(&lab.name).await;
    }

    /// Drops the template.
    pub(super) async fn drop(self) {
        self.forget(&self.name).await;
    }

    async fn forget(&self, name: &str) {
        let statement = format!("drop database if exists {name} with (force)");
        if let Err(error) = self.cluster.administer(&statement).await {
            tracing::warn!(%error, database = name, "a database of the lab is left behind");
        }
    }
}

impl Lab {
    /// What is committed here beyond the state of the recording.
    pub(super) async fn changes(&self) -> Result<serde_json::Value, ReplayError> {
        sqlx::query_scalar(CHANGES)
            .fetch_one(&self.database)
            .await
            .map_err(ReplayError::database("reading the row changes of a stream"))
    }

    /// The effects that wait to be delivered; nobody delivers them here.
    pub(super) async fn announced(&self) -> Result<Vec<EffectRecord>, ReplayError> {
        let rows: Vec<(String, serde_json::Value)> =
            sqlx::query_as("select kind, payload from ficus.outbox order by id")
                .fetch_all(&self.database)
                .await
                .map_err(ReplayError::database("reading the effects of a stream"))?;
        let record = |(kind, payload)| EffectRecord {
            kind,
            summary: String::new(),
            payload,
        };
        Ok(rows.into_iter().map(record).collect())
    }

    /// Runs SQL of a recording and commits it.
    pub(super) async fn run(&self, sql: &str) -> Result<(), ReplayError> {
        let what = "running SQL of the recording";
        let mut transaction = self.begin(what).await?;
        run(&mut transaction, sql, what).await?;
        transaction.commit().await.map_err(ReplayError::database(what))
    }

    /// Applies what legacy changed, so that the next entry sees legacy's rows with legacy's ids.
    pub(super) async fn apply(&self, entry: &str, rows: &[RowChange]) -> Result<(), ReplayError> {
        if rows.is_empty() {
            return Ok(());
        }
        let what = format!("applying the row changes of {entry}");
        let mut transaction = self.begin(&what).await?;
        for row in rows {
            apply(&mut transaction, row)
                .await
                .map_err(ReplayError::database(&*what))?;
        }
        transaction.commit().await.map_err(ReplayError::database(what))
    }

    /// A transaction without foreign keys and without triggers, the audit's among them.
    async fn begin(&self, what: &str) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, ReplayError> {
        let mut transaction = self.database.begin().await.map_err(ReplayError::database(what))?;
        sqlx::query("set local session_replication_role = replica")
            .execute(&mut *transaction)
            .await
            .map_err(ReplayError::database(what))?;
        Ok(transaction)
    }
}

async fn apply(connection: &mut PgConnection, row: &RowChange) -> sqlx::Result<()> {
    let (table, key) = audit::table_and_key(connection, &row.table).await?;
    let (statement, values) = match row.op {
        Operation::Insert => (
            format!("insert into {table} select * from jsonb_populate_record(null::{table}, $2) where $1 is not null"),
            row.new.clone().unwrap_or_default(),
        ),
        Operation::Update => {
            let changed = row.changed.clone().unwrap_or_default();
            let columns: Vec<String> = changed.keys().map(|column| quoted(column)).collect();
            if columns.is_empty() {
                return Ok(());
            }
            let list = columns.join(", ");
            let to = changed
                .into_iter()
                .map(|(column, values)| (column, values["to"].clone()))
                .collect();
            let statement = format!(
                "update {table} set ({list}) = (select {list} from jsonb_populate_record(null::{table}, $2)) where {key} = $1"
            );
            (statement, to)
        }
        Operation::Delete => (
            format!("delete from {table} where {key} = $1 and $2 is not null"),
            serde_json::Map::new(),
        ),
    };
    sqlx::query(AssertSqlSafe(statement))
        .bind(&row.pk)
        .bind(serde_json::Value::Object(values))
        .execute(connection)
        .await
        .map(drop)
}

/// As an identifier of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn run(connection: &mut PgConnection, sql: &str, what: &str) -> Result<(), ReplayError> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(ReplayError::database(what))
}

async fn connect(url: &str) -> Result<PgPool, ReplayError> {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(CONNECT)
        .connect(url)
        .await
        .map_err(ReplayError::database("connecting to the lab"))
}

fn fresh_name(kind: &str) -> String {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("replay_{kind}_{}_{number}", std::process::id())
}

pub(super) fn read(path: &Path) -> Result<String, ReplayError> {
    std::fs::read_to_string(path).map_err(|source| ReplayError::Read {
        path: path.to_owned(),
        source,
    })
}

/// `pg_dump` writes commands of `psql` (`\restrict`) around its SQL; the server does not know them.
fn without_commands(sql: &str) -> String {
    sql.lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .collect::<Vec<_>>()
        .join("\n")
}
