//! Ficus itself, in this process, on ports that it chooses.

use std::net::SocketAddr;
use std::path::Path;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, RunError};
use crate::config::Config;

use super::Settings;

/// The running proxy.
#[derive(Debug)]
pub(super) struct Front {
    address: SocketAddr,
    admin: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), RunError>>,
}

/// What it is told: the same as a `ficus.yaml` would say.
pub(super) fn config(
    settings: &Settings,
    legacy: &str,
    flags: &Path,
    store: &str,
    database: &str,
) -> Result<Config, String> {
    let origin = legacy.parse().map_err(|error| format!("{legacy}: {error:?}"))?;
    let mut config = Config::quick(settings.listen, origin, Some(flags.to_path_buf()));
    config.admin.listen = settings.admin;
    config.store.url = Some(store.to_owned());
    config.database.url = Some(database.to_owned());
    Ok(config)
}

impl Front {
    pub(super) async fn start(config: Config) -> Result<Self, String> {
        let bound = App::bind(config).await.map_err(|error| error.to_string())?;
        let address = bound.addr().ok_or("the demo listens on no port")?;
        let (admin, shutdown) = (bound.admin_addr, CancellationToken::new());
        let stop = shutdown.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "`Front` owns the task and waits for it in `stop`"
        )]
        let running = tokio::spawn(async move { bound.run(stop).await });
        Ok(Self {
            address,
            admin,
            shutdown,
            running,
        })
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn console(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Drains it.
    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        // A panic has been reported where it happened; the rest must end all the same.
        let _ = self.running.await;
    }
}
