//! The app's database as legacy would have left it: its schema, and invented rows.

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgPool, PgPoolOptions};

use crate::provision::postgres::Cluster;
use crate::provision::{ProvisionError, legacy};

use super::DemoError;

/// Creates the database with a name of its own, so that a server that `DATABASE_URL` names can hold several.
pub(super) async fn fill(cluster: &Cluster) -> Result<String, DemoError> {
    let name = format!("ficus_demo_{}", std::process::id());
    let seed = legacy::seed()?;
    cluster
        .administer(&format!("drop database if exists {name} with (force)"))
        .await?;
    cluster
        .administer(&format!("create database {name} template template0 encoding 'UTF8'"))
        .await?;
    let url = cluster.url_of(&name);
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(&url)
        .await
        .map_err(failed)?;
    let filled = schema_and_rows(&pool, seed).await;
    pool.close().await;
    filled.map(|()| url)
}

/// The database that [`fill`] made, for its removal from a server that outlives us.
pub(super) async fn forget(cluster: &Cluster) -> Result<(), ProvisionError> {
    cluster
        .administer(&format!(
            "drop database if exists ficus_demo_{} with (force)",
            std::process::id()
        ))
        .await
}

async fn schema_and_rows(pool: &PgPool, seed: String) -> Result<(), DemoError> {
    handlers::schema::migrate(pool).await.map_err(failed)?;
    sqlx::raw_sql(AssertSqlSafe(seed))
        .execute(pool)
        .await
        .map(|_| ())
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> DemoError {
    DemoError::Start {
        part: "the app's database",
        reason: error.to_string(),
    }
}
