//! Signals: the first TERM or INT drains, a second one leaves at once, HUP reloads.

use proxy::app::Operator;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals of the process, listened to from the moment this exists.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy)]
enum Asked {
    /// To end; with the name of the signal.
    Stop(&'static str),
    /// To look at the files again.
    Reload,
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

    /// Cancels `shutdown` on the first request to stop and returns on the second; HUP reloads. Run it beside the work.
    pub(crate) async fn watch(mut self, shutdown: CancellationToken, operator: Operator) {
        let mut stopping = false;
        loop {
            match self.next().await {
                Asked::Reload => operator.reload(),
                Asked::Stop(signal) if stopping => {
                    tracing::warn!(signal, "stopping at once; requests in flight are cut off");
                    return;
                }
                Asked::Stop(signal) => {
                    tracing::info!(signal, "asked to stop; ask again to stop at once");
                    stopping = true;
                    shutdown.cancel();
                }
            }
        }
    }

    /// Waits for the next request to stop, where nothing else can be asked for.
    pub(crate) async fn asked_to_stop(&mut self) {
        while !matches!(self.next().await, Asked::Stop(_)) {}
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop("INT"),
            _ = self.terminate.recv() => Asked::Stop("TERM"),
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}
