//! An empty database for one test, on the throw-away cluster of `TEST_DATABASE_URL`.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

/// A database that is dropped with this value.
pub(super) struct Database {
    /// Where it is.
    pub(super) url: String,
    /// Connections to it.
    pub(super) pool: PgPool,
    cluster: String,
    name: String,
}

/// Makes an empty database.
pub(super) async fn empty_database() -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL must name a throw-away PostgreSQL cluster");
    let name = format!(
        "schema_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    administer(&cluster, format!("create database {name}")).await;
    let (server, _) = cluster
        .rsplit_once('/')
        .expect("TEST_DATABASE_URL ends in /DATABASE");
    let url = format!("{server}/{name}");
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect(&url)
        .await
        .unwrap();
    Database {
        url,
        pool,
        cluster,
        name,
    }
}

async fn administer(cluster: &str, statement: String) {
    let mut connection = PgConnection::connect(cluster).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        let (cluster, statement) = (
            self.cluster.clone(),
            format!("drop database {} with (force)", self.name),
        );
        // The test's own runtime may be gone already.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(administer(&cluster, statement));
        });
        dropping.join().unwrap();
    }
}
