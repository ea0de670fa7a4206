//! Everything that runs in the demo, started in order and ended in reverse.

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::provision::Progress;
use crate::provision::legacy::{self, LegacyApp};
use crate::provision::postgres::{Cluster, Origin};

use super::evidence::Evidence;
use super::flag_file::FlagFile;
use super::visitor::Visitor;
use super::{DemoError, Settings, database};

/// What the legacy app signs its tokens with; native handlers must know the same.
const TOKEN_SECRET: &str = "NEST_AUTH_SECRET";

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) visitor: Visitor,
    pub(super) flags: FlagFile,
    pub(super) evidence: Evidence,
    pub(super) legacy: LegacyApp,
    front: Front,
    cluster: Cluster,
    /// Removed last: the flags and the store are in it.
    _home: TempDir,
}

/// Ficus itself.
#[derive(Debug)]
struct Front {
    origin: String,
    console: String,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Parts {
    pub(super) async fn start(settings: Settings, progress: &Progress) -> Result<Self, DemoError> {
        progress.say("Starting PostgreSQL");
        let origin = settings.database_url.clone().map_or(Origin::Anywhere, Origin::Url);
        let cluster = Cluster::start(origin, progress).await?;
        progress.say(&format!("  {}", cluster.description()));
        let database = database::fill(&cluster).await?;
        progress.say("Starting the legacy app");
        let secret = uuid::Uuid::new_v4().simple().to_string();
        let environment = vec![(TOKEN_SECRET.to_owned(), secret.clone())];
        let legacy = LegacyApp::start(legacy::Settings { database_url: database.clone(), environment }, progress).await?;
        progress.say(&format!("  {}", legacy.url()));
        progress.say("Starting Ficus");
        let home = TempDir::with_prefix("ficus-demo-").map_err(start("Ficus"))?;
        let flags = FlagFile::create(home.path().join("flags.yaml")).map_err(start("Ficus"))?;
        let store = format!("sqlite:{}", home.path().join("store.db").display());
        let config = Front::config(&settings, &legacy.url(), &flags, &store, &database, &secret)?;
        let front = Front::start(config).await?;
        let evidence = Evidence::open(&store).await.map_err(start("the report"))?;
        let visitor = Visitor::new(front.origin.clone()).map_err(start("the client"))?;
        Ok(Self { visitor, flags, evidence, legacy, front, cluster, _home: home })
    }

    pub(super) fn origin(&self) -> String {
        self.front.origin.clone()
    }

    pub(super) fn console(&self) -> String {
        self.front.console.clone()
    }

    pub(super) async fn stop(self) {
        self.evidence.close().await;
        self.front.shutdown.cancel();
        // A panic of the front has been reported where it happened; the rest must end all the same.
        let _ = self.front.running.await;
        self.legacy.stop().await;
        // A throw-away cluster is about to vanish anyway, and a named one may be gone already.
        let _ = database::forget(&self.cluster).await;
        self.cluster.stop().await;
    }
}

fn start<E: std::fmt::Display>(part: &'static str) -> impl FnOnce(E) -> DemoError {
    move |error| DemoError::Start { part, reason: error.to_string() }
}
