//! Signals: the first TERM or INT drains, a second one leaves at once, HUP is taken for what it means elsewhere. USR1 turns
//! the kill switch on for everything, USR2 off again.

use std::sync::Arc;

use flags::{Flags, KillSet, KillSource};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals of the process, listened to from the moment this exists.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    kill: Signal,
    revive: Signal,
}

impl Signals {
    /// Takes the signals over from their default, which would end the process without a drain.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            kill: signal(SignalKind::user_defined1())?,
            revive: signal(SignalKind::user_defined2())?,
        })
    }

    /// Cancels `shutdown` on the first request to stop and returns on the second. Run it beside the work.
    pub(crate) async fn watch(mut self, shutdown: CancellationToken, flags: &Arc<Flags>) {
        let name = self.asked_to_stop(Some(flags)).await;
        tracing::info!(signal = name, "asked to stop; ask again to stop at once");
        shutdown.cancel();
        let name = self.asked_to_stop(Some(flags)).await;
        tracing::warn!(signal = name, "stopping at once; requests in flight are cut off");
    }

    /// Waits for the next request to stop, and names the signal. Turns the kill switch of `flags` meanwhile.
    pub(crate) async fn asked_to_stop(&mut self, flags: Option<&Arc<Flags>>) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "INT",
                _ = self.terminate.recv() => return "TERM",
                _ = self.kill.recv() => turn(flags, true),
                _ = self.revive.recv() => turn(flags, false),
                _ = self.hang_up.recv() => {
                    tracing::info!(signal = "HUP", "the flag file is watched anyway; a changed ficus.yaml needs a restart");
                }
            }
        }
    }
}

fn turn(flags: Option<&Arc<Flags>>, on: bool) {
    let Some(flags) = flags else {
        return;
    };
    let set = if on { KillSet::everything() } else { KillSet::default() };
    flags.kill(KillSource::Signal, &set);
    if on {
        tracing::warn!(signal = "USR1", "everything goes to legacy, until USR2");
    } else {
        tracing::warn!(
            signal = "USR2",
            "the kill switch of the signal is off; the kill file has its own"
        );
    }
}
