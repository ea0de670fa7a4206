//! Looks at the certificates from time to time, and when told to.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Reload, Tls};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What looks after the TLS of all listeners.
#[derive(Debug)]
pub(crate) struct TlsWatch {
    /// Name of the listener, and its TLS.
    pub(crate) all: Vec<(String, Arc<Tls>)>,
    /// Look now.
    pub(crate) now: Arc<Notify>,
}

impl TlsWatch {
    /// Watches until told to stop.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let all = Arc::new(self.all);
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.now.notified() => {}
                () = shutdown.cancelled() => return,
            }
            let looked = Arc::clone(&all);
            if tokio::task::spawn_blocking(move || look(&looked)).await.is_err() {
                tracing::error!("certificates are not watched any more: looking at them panicked");
                return;
            }
        }
    }
}

fn look(all: &[(String, Arc<Tls>)]) {
    for (listener, tls) in all {
        match tls.reload() {
            Reload::Unchanged => {}
            Reload::Loaded => tracing::info!(listener, "new certificates are in force on {listener}"),
            Reload::Failed(error) => {
                tracing::error!(
                    listener,
                    "new certificates are refused, the last good ones stay: {error}"
                );
            }
        }
    }
}
