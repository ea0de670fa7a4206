//! `ficus migrate`: the app's schema and Ficus's own store, brought up to date, and what that meant.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use proxy::report::safe;
use proxy::store::Store;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

use super::exit::ExitStatus;
use super::failure::{Hinted, OrHint};
use super::native;
use super::printer::Printer;
use super::settings::{Files, without_password};

/// How long to wait for the database to take the connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which databases to look after.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The app's database: an empty one gets the whole schema; one that legacy made is recognised, recorded \
    as the baseline and left alone, and only Ficus's own schema `ficus` is added. One run is one transaction; it can be repeated \
    at will.\n\nFicus's own store: a SQLite file beside the flag file, unless --store or `store.url` says otherwise.\n\n\
    Exit codes: 0 everything asked for is up to date; 2 something could not be brought up to date, and is as it was."
)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    files: Files,

    /// The app's PostgreSQL database [default: `database.url` of the configuration]
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Ficus's own store, sqlite: or postgres: [default: `store.url`, or ficus.db beside the flag file]
    #[arg(long, value_name = "URL", env = "FICUS_STORE", hide_env_values = true)]
    store: Option<String>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Brings both up to date and says what it did.
pub(crate) async fn migrate(arguments: MigrateArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let places = arguments.files.places()?;
    let database = arguments.database_url.or(places.database);
    let store = arguments.store.or(places.store);
    if database.is_none() && store.is_none() {
        return Err(Hinted::error(
            "there is nothing to migrate",
            "name the app's database with DATABASE_URL or --database-url, or a store with --store",
        ));
    }
    let mut document = json!({ "database": null, "store": null });
    match database {
        Some(url) => document["database"] = app(&url, arguments.json, printer).await?,
        None => printer.note("no DATABASE_URL and no `database.url`: the app's database was left alone"),
    }
    if let Some(url) = store {
        document["store"] = own_store(&url, arguments.json, printer).await?;
    }
    if arguments.json {
        printer.json(&document)?;
    }
    Ok(ExitStatus::Success)
}

async fn app(url: &str, json: bool, printer: Printer) -> anyhow::Result<Value> {
    let shown = without_password(url);
    let pool = connect(url).await.or_hint(
        || format!("the app's database {shown} cannot be reached"),
        || "check the address, the name of the database, the user and the password".to_owned(),
    )?;
    let outcome = native::migrate(&pool).await.or_hint(
        || format!("the app's database {shown} cannot be migrated"),
        || "docs/operations/running.md says what the user of the database needs to be allowed".to_owned(),
    );
    pool.close().await;
    let outcome = outcome?;
    if !json {
        printer.data(&format!("app database {shown}\n{}\n", indented(&outcome.to_string())))?;
    }
    Ok(native::outcome_to_json(&outcome))
}

/// A pool only says that it timed out; a single connection first says why there is none.
async fn connect(url: &str) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = url.parse()?;
    let first = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await;
    let first = first.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))??;
    first.close().await?;
    Ok(PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await?)
}

async fn own_store(url: &str, json: bool, printer: Printer) -> anyhow::Result<Value> {
    let shown = without_password(url);
    let store = Store::open(url).await.or_hint(
        || format!("the store {shown} cannot be opened"),
        || "check the folder and its permissions, or name another place with --store".to_owned(),
    )?;
    store.close().await;
    if !json {
        printer.data(&format!("store {shown}\n  Its tables are current.\n"))?;
    }
    Ok(json!({ "url": shown, "current": true }))
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {}", safe(line)))
        .collect::<Vec<_>>()
        .join("\n")
}
