//! A PostgreSQL server for the demo and the tests: one that a URL names, or a throw-away cluster of our own.
//!
//! The throw-away cluster lives in memory where it can, forgets everything, listens on loopback only with a random password, and
//! does without every guarantee that costs time. It ends with its owner.

mod binaries;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::time::Instant;

use self::binaries::Binaries;
use super::identity::Identity;
use super::supervisor::{Service, Supervised};
use super::{Progress, ProvisionError, command, space};

/// How long a server may take to answer after its start.
const START: Duration = Duration::from_secs(30);
/// How long `initdb` may take; on tmpfs it takes a second.
const INITIALISE: Duration = Duration::from_secs(120);
/// How long an immediate shutdown may take before it is forced.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// Between choosing a free port and using it, somebody else may take it.
const PORT_ATTEMPTS: usize = 5;
/// How long one statement that makes or drops a database may take.
const ADMINISTER: Duration = Duration::from_secs(60);
/// Nothing is written to a disk in time, and nothing is logged for replicas that do not exist.
const FORGETFUL: [&str; 9] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=300",
    "shared_buffers=64MB",
    "max_wal_size=256MB",
    "timezone=UTC",
];

/// Where a cluster may come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The server that this URL names; the user must be allowed to create databases.
    Url(String),
    /// A throw-away cluster: PostgreSQL of this machine, or else of npm.
    Anywhere,
    /// A throw-away cluster with the binaries of the npm package, whatever this machine has.
    Npm,
}

/// A server that answers. Dropping it begins the end of a throw-away cluster; a named server is left alone.
pub struct Cluster {
    /// As text, because other programs get it: what our driver would print has parameters that others read differently.
    url: String,
    options: PgConnectOptions,
    version: String,
    server: Option<Supervised>,
}

impl Cluster {
    /// Connects to the named server, or starts a throw-away one. Sweeps what crashed owners left.
    ///
    /// # Errors
    /// When there is no PostgreSQL and none can be brought, when it does not start, or when it does not answer in time.
    pub async fn start(origin: Origin, progress: &Progress) -> Result<Self, ProvisionError> {
        let only_npm = match origin {
            Origin::Url(url) => return Self::named(&url).await,
            Origin::Anywhere => false,
            Origin::Npm => true,
        };
        space::sweep().await;
        let identity = Identity::for_servers().await?;
        let mut refusal = None;
        for place in space::places().await {
            let attempt = Self::throw_away(&place, identity, only_npm, progress).await;
            match attempt {
                // Another place helps where files could not be made or run, not where nothing is installed.
                Err(error @ (ProvisionError::Io { .. } | ProvisionError::Failed { .. })) => refusal = Some(error),
                decided => return decided,
            }
        }
        Err(refusal.unwrap_or_else(|| ProvisionError::failed("starting PostgreSQL", "no place for its files")))
    }

    /// The maintenance database, with the password.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The same server, another database.
    pub fn url_of(&self, database: &str) -> String {
        with_database(&self.url, database)
    }

    /// What kind of server it is, for a person: `PostgreSQL 15.18 (throw-away, /dev/shm)`.
    pub fn description(&self) -> &str {
        &self.version
    }

    /// Runs one statement in the maintenance database. `statement` must not hold anything from outside of the program.
    ///
    /// # Errors
    /// When the server refuses, or does not answer within a minute.
    pub async fn administer(&self, statement: &str) -> Result<(), ProvisionError> {
        let running = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
                .execute(&mut connection)
                .await?;
            connection.close().await
        };
        match tokio::time::timeout(ADMINISTER, running).await {
            Ok(done) => done.map_err(|error| ProvisionError::failed("a database statement", error.to_string())),
            Err(_) => Err(ProvisionError::Deadline {
                what: "a database statement".to_owned(),
                after: ADMINISTER,
            }),
        }
    }

    /// Ends a throw-away cluster and waits until its files are gone.
    pub async fn stop(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }

    async fn named(url: &str) -> Result<Self, ProvisionError> {
        let what = "using the PostgreSQL server of the given URL";
        // The parser's message could repeat the password; it is left out.
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            ProvisionError::failed(
                what,
                "it is not a URL such as postgres://user:password@host:5432/database",
            )
        })?;
        let mut cluster = Self {
            url: url.to_owned(),
            options,
            version: String::new(),
            server: None,
        };
        match tokio::time::timeout(START, cluster.greet()).await {
            Ok(Ok(version)) => cluster.version = format!("PostgreSQL {version} (named by a URL)"),
            Ok(Err(error)) => return Err(ProvisionError::failed(what, error.to_string())),
            Err(_) => {
                return Err(ProvisionError::Deadline {
                    what: what.to_owned(),
                    after: START,
                });
            }
        }
        Ok(cluster)
    }

    async fn greet(&self) -> Result<String, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let version = sqlx::query_scalar("select current_setting('server_version')")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(version)
    }

    async fn throw_away(
        place: &Path,
        identity: Option<Identity>,
        only_npm: bool,
        progress: &Progress,
    ) -> Result<Self, ProvisionError> {
        let home = Home::create(place, identity)?;
        let binaries = Binaries::find(&home.path, identity, only_npm, progress).await?;
        let password = initialise(&binaries, &home, identity).await?;
        let mut refusal = ProvisionError::failed("starting PostgreSQL", "no free port");
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port().map_err(ProvisionError::io("no free port on 127.0.0.1"))?;
            let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
            let options = PgConnectOptions::from_str(&url)
                .map_err(|_| ProvisionError::failed("starting PostgreSQL", "its own URL is not one"))?;
            let server = Supervised::start(&home.service(&binaries, port, identity))?;
            let mut cluster = Self {
                url,
                options,
                version: String::new(),
                server: Some(server),
            };
            match cluster.wait_until_ready().await {
                Ok(version) => {
                    cluster.version = format!("PostgreSQL {version} (throw-away, in {})", place.display());
                    home.handed_over();
                    return Ok(cluster);
                }
                Err(error) => refusal = error,
            }
            cluster.stop().await;
        }
        Err(refusal)
    }

    async fn wait_until_ready(&mut self) -> Result<String, ProvisionError> {
        let deadline = Instant::now() + START;
        loop {
            let life = self.server.as_mut();
            let gone = async {
                match life {
                    Some(server) => server.gone().await,
                    None => std::future::pending().await,
                }
            };
            if tokio::time::timeout(Duration::from_millis(20), gone).await.is_ok() {
                let words = self.server.as_ref().map(Supervised::last_words).unwrap_or_default();
                return Err(ProvisionError::failed("starting PostgreSQL", words));
            }
            if let Ok(Ok(version)) = tokio::time::timeout(Duration::from_secs(5), self.greet()).await {
                return Ok(version);
            }
            if Instant::now() > deadline {
                return Err(ProvisionError::Deadline {
                    what: "starting PostgreSQL".to_owned(),
                    after: START,
                });
            }
        }
    }
}

impl fmt::Debug for Cluster {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The directory of one throw-away cluster, removed on drop until its supervisor has taken over that duty.
struct Home {
    path: PathBuf,
    ours: bool,
}

impl Home {
    fn create(place: &Path, identity: Option<Identity>) -> Result<Self, ProvisionError> {
        let home = Self {
            path: space::create(place)?,
            ours: true,
        };
        if let Some(identity) = identity {
            identity.give(&home.path)?;
        }
        Ok(home)
    }

    fn data(&self) -> String {
        self.path.join("data").to_string_lossy().into_owned()
    }

    fn service(&self, binaries: &Binaries, port: u16, identity: Option<Identity>) -> Service {
        let home = self.path.to_string_lossy();
        let mut arguments = vec!["-D".to_owned(), self.data()];
        let chosen = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={home}"),
        ];
        for setting in FORGETFUL.into_iter().map(str::to_owned).chain(chosen) {
            arguments.extend(["-c".to_owned(), setting]);
        }
        Service {
            program: binaries.postgres(),
            arguments,
            environment: vec![("LC_ALL".to_owned(), "C".to_owned())],
            directory: self.path.clone(),
            identity,
            log: self.path.join("log"),
            stop: ("QUIT", STOP_GRACE),
            // Only a cluster that was ready is removed by its supervisor: before that another port may be tried.
            remove: Some(self.path.clone()),
        }
    }

    fn handed_over(mut self) {
        self.ours = false;
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.ours {
            // What cannot be removed now is swept by a later start.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Makes the cluster's files and returns the password of the user `postgres`.
async fn initialise(binaries: &Binaries, home: &Home, identity: Option<Identity>) -> Result<String, ProvisionError> {
    let password = uuid::Uuid::new_v4().simple().to_string();
    let file = home.path.join("password");
    std::fs::write(&file, &password).map_err(ProvisionError::io("cannot write the cluster's password"))?;
    if let Some(identity) = identity {
        identity.give(&file)?;
    }
    let mut initdb = tokio::process::Command::new(binaries.initdb());
    initdb
        .args(["--no-sync", "--locale=C", "--encoding=UTF8", "--username=postgres"])
        // Clear text on loopback, checked against a salted hash: a connection of a test costs no key derivation.
        .args(["--auth-local=password", "--auth-host=password"])
        .arg(format!("--pwfile={}", file.display()))
        .args(["-D", &home.data()])
        .env("LC_ALL", "C")
        .current_dir(&home.path);
    if let Some(identity) = identity {
        identity.lend(&mut initdb);
    }
    command::run("initdb", initdb, INITIALISE).await?;
    std::fs::remove_file(&file).map_err(ProvisionError::io("cannot remove the cluster's password file"))?;
    Ok(password)
}

/// The same URL with another path, its parameters kept.
fn with_database(url: &str, database: &str) -> String {
    let (place, parameters) = url
        .split_once('?')
        .map_or((url, None), |(place, parameters)| (place, Some(parameters)));
    let authority = place.find("://").map_or(0, |scheme| scheme + 3);
    let server = place[authority..]
        .find('/')
        .map_or(place, |slash| &place[..authority + slash]);
    match parameters {
        Some(parameters) => format!("{server}/{database}?{parameters}"),
        None => format!("{server}/{database}"),
    }
}

/// A port that nobody has at this moment.
pub(super) fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address: SocketAddr| address.port())
}

#[cfg(test)]
mod tests;
