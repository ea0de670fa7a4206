//! The legacy Next.js app of `tests/legacy`: installed and built once for each version of its files, then started and stopped.

mod build;

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::supervisor::{Service, Supervised};
use super::{Progress, ProvisionError, node, postgres};

pub use build::{NextTree, prepare, prepare_tree, seed};

pub(super) use build::packages;

/// How long the server may take from its start to its first answer.
const START: Duration = Duration::from_secs(60);
/// How long it may take to finish its requests when asked to stop.
const STOP_GRACE: Duration = Duration::from_secs(3);
/// The path that is asked whether it is up.
const HEALTH: &str = "/api/health";
const PORT_ATTEMPTS: usize = 5;

/// What the app is told.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Its database.
    pub database_url: String,
    /// More of its environment, such as secrets and the addresses of outside services.
    pub environment: Vec<(String, String)>,
}

/// The running app. Dropping it begins its end.
#[derive(Debug)]
pub struct LegacyApp {
    built: PathBuf,
    /// The folder of the app below `built`; empty for `built` itself.
    folder: String,
    /// Keeps the build from being removed as an old one.
    _held: std::fs::File,
    node: PathBuf,
    settings: Settings,
    port: u16,
    home: PathBuf,
    differences: String,
    server: Option<Supervised>,
}

impl LegacyApp {
    /// Installs and builds what is not built yet, starts it on a free port and waits for its first answer.
    ///
    /// # Errors
    /// When Node.js or npm is missing or too old, when installing or building fails, or when it does not answer in time.
    pub async fn start(settings: Settings, progress: &Progress) -> Result<Self, ProvisionError> {
        let built = prepare(progress).await?;
        Self::start_built(built, "", settings).await
    }

    /// Starts the app in `folder` of a tree that [`prepare_tree`] built, as [`Self::start`] does.
    ///
    /// # Errors
    /// When Node.js is missing or too old, or when it does not answer in time.
    pub async fn start_built(built: PathBuf, folder: &str, settings: Settings) -> Result<Self, ProvisionError> {
        let node = node::node().await?;
        let mut app = Self {
            _held: build::hold(&built)?,
            built,
            folder: folder.to_owned(),
            node,
            settings,
            port: 0,
            home: PathBuf::new(),
            differences: String::new(),
            server: None,
        };
        let mut refusal = ProvisionError::failed("starting the legacy app", "no free port");
        for _ in 0..PORT_ATTEMPTS {
            app.port = postgres::free_port().map_err(ProvisionError::io("no free port on 127.0.0.1"))?;
            match app.resume().await {
                Ok(()) => return Ok(app),
                Err(error @ ProvisionError::Failed { .. }) => refusal = error,
                Err(error) => return Err(error),
            }
        }
        Err(refusal)
    }

    /// Its address, the same over its whole life: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The file that says where it answers differently on purpose; it is looked at on every request.
    pub fn differences_file(&self) -> PathBuf {
        self.home.join("differences")
    }

    /// Makes routes answer differently on purpose, in the words of `tests/legacy/lib/differ.ts`; an empty text makes them right
    /// again. Takes effect with the next request.
    ///
    /// # Errors
    /// When the file that the app reads cannot be written.
    pub fn differ(&mut self, rules: &str) -> Result<(), ProvisionError> {
        rules.clone_into(&mut self.differences);
        // One that does not run has no directory; it is told when it is started again.
        if self.server.is_none() {
            return Ok(());
        }
        self.write_differences()
    }

    /// Ends it as a crash would: at once, with open requests.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
    }

    /// Starts it again on its old port, if it does not run.
    ///
    /// # Errors
    /// When it does not answer in time, for example because somebody else has taken the port.
    pub async fn resume(&mut self) -> Result<(), ProvisionError> {
        if self.server.is_some() {
            return Ok(());
        }
        self.home = scratch_directory()?;
        self.write_differences()?;
        self.server = Some(Supervised::start(&self.service())?);
        let outcome = self.wait_until_ready().await;
        if outcome.is_err() {
            self.kill().await;
        }
        outcome
    }

    /// Ends it in order and waits for the end.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    fn write_differences(&self) -> Result<(), ProvisionError> {
        // Under another name first, so that the app never reads half of it.
        let (draft, file) = (self.home.join("differences.new"), self.differences_file());
        std::fs::write(&draft, &self.differences)
            .and_then(|()| std::fs::rename(&draft, &file))
            .map_err(ProvisionError::io(
                "cannot write the file of the legacy app's differences",
            ))
    }

    fn service(&self) -> Service {
        let own = [
            ("DATABASE_URL", self.settings.database_url.clone()),
            (
                "LEGACY_DIFFER_FILE",
                self.differences_file().to_string_lossy().into_owned(),
            ),
            ("NEXT_TELEMETRY_DISABLED", "1".to_owned()),
            ("NODE_ENV", "production".to_owned()),
            ("TZ", "UTC".to_owned()),
        ];
        let mut environment = self.settings.environment.clone();
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Service {
            program: self.node.clone(),
            arguments: [
                "node_modules/next/dist/bin/next",
                "start",
                "-H",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                &self.folder,
            ]
            .into_iter()
            .filter(|argument| !argument.is_empty())
            .map(str::to_owned)
            .collect(),
            environment,
            directory: self.built.clone(),
            identity: None,
            log: self.home.join("log"),
            stop: ("TERM", STOP_GRACE),
            remove: Some(self.home.clone()),
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), ProvisionError> {
        let deadline = Instant::now() + START;
        let port = self.port;
        let Some(server) = self.server.as_mut() else {
            return Ok(());
        };
        loop {
            if tokio::time::timeout(Duration::from_millis(25), server.gone())
                .await
                .is_ok()
            {
                return Err(ProvisionError::failed("starting the legacy app", server.last_words()));
            }
            if let Ok(Ok(true)) = tokio::time::timeout(Duration::from_secs(5), answers(port)).await {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(ProvisionError::Deadline {
                    what: "starting the legacy app".to_owned(),
                    after: START,
                });
            }
        }
    }
}

/// Whether the health route answers at all; its database may be down, and that is for others to notice.
async fn answers(port: u16) -> std::io::Result<bool> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {HEALTH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut head = [0; 12];
    connection.read_exact(&mut head).await?;
    Ok(head.starts_with(b"HTTP/1.1 "))
}

fn scratch_directory() -> Result<PathBuf, ProvisionError> {
    // Its supervisor removes it; `keep` only hands that duty over.
    let made = tempfile::Builder::new().prefix("ficus-legacy-").tempdir();
    made.map(tempfile::TempDir::keep)
        .map_err(ProvisionError::io("cannot make a directory for the legacy app"))
}
