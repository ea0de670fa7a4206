//! A fresh database for every test, cloned from a migrated template.
//!
//! The server is the one of `TEST_DATABASE_URL`, or a throw-away cluster that lives as long as the test process. The template's
//! name has the hash of the migrations in it, so a stale one is never used, and the lock that makes processes take turns is in
//! the database, because some test runners start one process for each test.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proxy::provision::postgres::{Cluster as Server, Origin};
use proxy::provision::{Progress, ProvisionError};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::sync::OnceCell;

/// The key of the advisory lock under which a template is made: the letters "ficustst".
const TEMPLATE_LOCK: i64 = 0x6669_6375_7374_7374;
/// Connections a test may hold at once.
const POOL: u32 = 4;

/// The server that the tests of this process share.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    template: OnceCell<String>,
}

/// A database of one test. Dropping it drops the database, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    /// Where it is, with the password.
    pub url: String,
    /// Connections to it.
    pub pool: PgPool,
    /// Its name on the server.
    pub name: String,
    maintenance: String,
}

impl Cluster {
    /// The server of this process, started at the first call.
    ///
    /// # Panics
    /// When there is no PostgreSQL and none can be brought; the message says what to install.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        SHARED.get_or_init(Self::begin).await
    }

    async fn begin() -> Self {
        let named = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
        let origin = named.map_or(Origin::Anywhere, Origin::Url);
        let server = Server::start(origin, &Progress::silent()).await;
        let cluster = Self {
            server: server.expect("the tests need PostgreSQL"),
            template: OnceCell::new(),
        };
        cluster
            .sweep()
            .await
            .expect("the leftovers of crashed tests can be dropped");
        cluster
    }

    /// The maintenance database, with the password.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A database with the app's whole schema and no rows.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn database(&self) -> Database {
        let template = self.template.get_or_try_init(|| self.make_template()).await;
        let template = template.expect("the app's schema can be created");
        self.create(&format!("template {template}")).await
    }

    /// A database with nothing in it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn empty_database(&self) -> Database {
        self.create("template template0").await
    }

    async fn create(&self, origin: &str) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        self.server
            .administer(&format!("create database {name} {origin}"))
            .await
            .expect("a database can be created");
        let url = self.server.url_of(&name);
        let pool = PgPoolOptions::new()
            .max_connections(POOL)
            .acquire_timeout(Duration::from_secs(30))
            .connect(&url)
            .await
            .expect("a new database answers");
        Database {
            url,
            pool,
            name,
            maintenance: self.server.url(),
        }
    }

    /// The name of the migrated template, made by whoever comes first.
    async fn make_template(&self) -> Result<String, TemplateError> {
        let name = format!("tmpl_{}", handlers::schema::fingerprint());
        let mut connection = PgConnection::connect(&self.server.url()).await?;
        sqlx::raw_sql("set lock_timeout = '120s'")
            .execute(&mut connection)
            .await?;
        sqlx::query("select pg_advisory_lock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut connection)
            .await?;
        let finished: Option<bool> = sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
            .bind(&name)
            .fetch_optional(&mut connection)
            .await?;
        if finished != Some(true) {
            self.fill_template(&name).await?;
        }
        // Closing the connection gives the lock back.
        connection.close().await?;
        Ok(name)
    }

    async fn fill_template(&self, name: &str) -> Result<(), TemplateError> {
        self.server
            .administer(&format!("drop database if exists {name} with (force)"))
            .await?;
        self.server
            .administer(&format!("create database {name} template template0"))
            .await?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect(&self.server.url_of(name))
            .await?;
        let migrated = handlers::schema::migrate(&pool).await;
        pool.close().await;
        migrated?;
        let finish = format!("alter database {name} is_template true allow_connections false");
        Ok(self.server.administer(&finish).await?)
    }

    /// Drops the databases of test processes that are gone; only a server that outlives them has any.
    async fn sweep(&self) -> Result<(), TemplateError> {
        let mut connection = PgConnection::connect(&self.server.url()).await?;
        let names: Vec<String> =
            sqlx::query_scalar("select datname::text from pg_database where datname ~ '^t_[0-9]+_[0-9]+$'")
                .fetch_all(&mut connection)
                .await?;
        for name in names.iter().filter(|name| !owner_is_alive(name)) {
            self.server
                .administer(&format!("drop database if exists {name} with (force)"))
                .await?;
        }
        Ok(())
    }
}

/// Why the template could not be made.
#[derive(Debug)]
#[expect(dead_code, reason = "the fields are read by the message of `expect`")]
enum TemplateError {
    Database(sqlx::Error),
    Server(ProvisionError),
    Schema(handlers::schema::SchemaError),
}

impl From<sqlx::Error> for TemplateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<ProvisionError> for TemplateError {
    fn from(error: ProvisionError) -> Self {
        Self::Server(error)
    }
}

impl From<handlers::schema::SchemaError> for TemplateError {
    fn from(error: handlers::schema::SchemaError) -> Self {
        Self::Schema(error)
    }
}

/// Where there is no `/proc` everybody counts as alive, and leftovers stay.
fn owner_is_alive(database: &str) -> bool {
    let processes = Path::new("/proc");
    let owner = database.split('_').nth(1).unwrap_or_default();
    !processes.join("self").exists() || processes.join(owner).exists()
}

impl Drop for Database {
    fn drop(&mut self) {
        let (maintenance, statement) = (
            self.maintenance.clone(),
            format!("drop database if exists {} with (force)", self.name),
        );
        // The test's own runtime may be gone already.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&maintenance)
                    .await
                    .map_err(std::io::Error::other)?;
                let dropped = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
                dropped.map(|_| ()).map_err(std::io::Error::other)
            })
        });
        let dropped = dropping.join();
        // A panic while a test panics would hide the test's own message.
        if !std::thread::panicking() {
            dropped
                .expect("the dropping thread does not panic")
                .expect("the database can be dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cluster;

    #[tokio::test]
    async fn every_database_is_migrated_empty_and_alone() {
        let cluster = Cluster::shared().await;
        let (one, two) = tokio::join!(cluster.database(), cluster.database());
        assert_ne!(one.name, two.name);
        let count = "select count(*) from public.users";
        sqlx::query(r#"create table public.only_here (id int)"#)
            .execute(&one.pool)
            .await
            .unwrap();
        for database in [&one, &two] {
            let rows: i64 = sqlx::query_scalar(count).fetch_one(&database.pool).await.unwrap();
            assert_eq!(rows, 0);
        }
        let elsewhere: Option<String> = sqlx::query_scalar("select to_regclass('public.only_here')::text")
            .fetch_one(&two.pool)
            .await
            .unwrap();
        assert_eq!(elsewhere, None);
    }

    #[tokio::test]
    async fn a_dropped_database_is_gone_even_with_connections_open() {
        let cluster = Cluster::shared().await;
        let database = cluster.empty_database().await;
        let (name, _connection) = (database.name.clone(), database.pool.acquire().await.unwrap());
        drop(database);
        let another = cluster.empty_database().await;
        let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&another.pool)
            .await
            .unwrap();
        assert!(!there);
    }
}
