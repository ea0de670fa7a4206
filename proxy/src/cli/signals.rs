//! Signals: the first TERM or INT drains, a second one leaves at once, HUP is taken for what it means elsewhere.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals of the process, listened to from the moment this exists.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes the signals over from their default, which would end the process without a drain.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Cancels `shutdown` on the first request to stop and returns on the second. Run it beside the work.
    pub(crate) async fn watch(mut self, shutdown: CancellationToken) {
        let name = self.asked_to_stop().await;
        tracing::info!(signal = name, "asked to stop; ask again to stop at once");
        shutdown.cancel();
        let name = self.asked_to_stop().await;
        tracing::warn!(signal = name, "stopping at once; requests in flight are cut off");
    }

    /// Waits for the next request to stop, and names the signal.
    pub(crate) async fn asked_to_stop(&mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "INT",
                _ = self.terminate.recv() => return "TERM",
                _ = self.hang_up.recv() => {
                    tracing::info!(signal = "HUP", "the flag file is watched anyway; a changed ficus.yaml needs a restart");
                }
            }
        }
    }
}
