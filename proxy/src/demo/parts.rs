//! Everything that runs in the demo, started in order and ended in reverse.

use handlers::kit::Ids;
use tempfile::TempDir;

use crate::config::Environment;
use crate::provision::Progress;
use crate::provision::legacy::{self, LegacyApp};
use crate::provision::postgres::{Cluster, Origin};
use crate::store::Store;

use super::evidence::Evidence;
use super::flag_file::FlagFile;
use super::front::Front;
use super::visitor::Visitor;
use super::{DemoError, Settings, database, front};

/// What signs and checks tokens.
const SECRET: &str = "NEST_AUTH_SECRET";

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

impl Parts {
    pub(super) async fn start(settings: Settings, progress: &Progress) -> Result<Self, DemoError> {
        progress.say("Starting PostgreSQL");
        let origin = settings.database_url.clone().map_or(Origin::Anywhere, Origin::Url);
        let cluster = Cluster::start(origin, progress).await?;
        progress.say(&format!("  {}", cluster.description()));
        let database = database::fill(&cluster).await?;
        progress.say("Starting the legacy app");
        let secret = secret(&Environment::of_the_process());
        let told = legacy::Settings {
            database_url: database.clone(),
            environment: vec![(SECRET.to_owned(), secret.clone())],
        };
        let legacy = LegacyApp::start(told, progress).await?;
        progress.say(&format!("  {}", legacy.url()));
        progress.say("Starting Ficus");
        let home = TempDir::with_prefix("ficus-demo-").map_err(start("Ficus"))?;
        let flags = FlagFile::create(home.path().join("flags.yaml")).map_err(start("Ficus"))?;
        let store = Store::url_beside(flags.path());
        let mut config =
            front::config(&settings, &legacy.url(), flags.path(), &store, &database).map_err(start("Ficus"))?;
        config.environment = config.environment.with(SECRET, &secret);
        let front = Front::start(config).await.map_err(start("Ficus"))?;
        let evidence = Evidence::open(&store).await.map_err(start("the report"))?;
        let visitor = Visitor::new(front.origin()).map_err(start("the client"))?;
        Ok(Self {
            visitor,
            flags,
            evidence,
            legacy,
            front,
            cluster,
            _home: home,
        })
    }

    pub(super) fn origin(&self) -> String {
        self.front.origin()
    }

    pub(super) fn console(&self) -> String {
        self.front.console()
    }

    pub(super) async fn stop(self) {
        self.evidence.close().await;
        self.front.stop().await;
        self.legacy.stop().await;
        // A throw-away cluster is about to vanish anyway, and a named one may be gone already.
        let _ = database::forget(&self.cluster).await;
        self.cluster.stop().await;
    }
}

/// One for both sides: that of our own environment, else one for this demo alone.
fn secret(environment: &Environment) -> String {
    let own = environment.get(SECRET).or_else(|| environment.get("NEXTAUTH_SECRET"));
    own.unwrap_or_else(|| Ids::random().hex::<32>())
}

fn start<E: std::fmt::Display>(part: &'static str) -> impl FnOnce(E) -> DemoError {
    move |error| DemoError::Start {
        part,
        reason: error.to_string(),
    }
}
