//! Signals: the first TERM or INT drains, a second one leaves at once, HUP reloads. USR1 turns the kill switch on for everything;
//! HUP turns it off again, because what the files say is then to hold.

use flags::{Flags, KillSet, KillSource};
use proxy::app::Operator;
use proxy::upgrade::Program;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals of the process, listened to from the moment this exists.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    kill: Signal,
    user: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy)]
enum Asked {
    /// To end; with the name of the signal.
    Stop(&'static str),
    /// To look at the files again.
    Reload,
    /// To send everything to legacy.
    Kill,
    /// To make way for a new version of the program.
    Upgrade,
}

impl Signals {
    /// Takes the signals over from their default, which would end the process without a drain.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            kill: signal(SignalKind::user_defined1())?,
            user: signal(SignalKind::user_defined2())?,
        })
    }

    /// Cancels `shutdown` on the first request to stop and returns on the second; HUP calls `reload`, USR1 turns the kill
    /// switch of `flags`, USR2 starts `program` in place of this process. Run it beside the work.
    pub(crate) async fn watch(
        mut self,
        shutdown: CancellationToken,
        operator: Operator,
        flags: &Flags,
        program: &Program,
        reload: impl Fn(),
    ) {
        let mut stopping = false;
        loop {
            let asked = match self.next().await {
                Asked::Upgrade if !stopping => self.upgrade(&operator, program).await,
                asked => asked,
            };
            match asked {
                Asked::Reload => {
                    flags.kill(KillSource::Signal, &KillSet::default());
                    reload();
                }
                Asked::Kill => {
                    tracing::warn!(signal = "USR1", "everything goes to legacy, until HUP");
                    flags.kill(KillSource::Signal, &KillSet::everything());
                }
                Asked::Upgrade => {}
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

    /// Lets a new process take over. A request to stop ends the attempt.
    async fn upgrade(&mut self, operator: &Operator, program: &Program) -> Asked {
        tracing::info!(program = %program.file.display(), "a new process is started in place of this one");
        tokio::select! {
            outcome = operator.hand_over(program) => match outcome {
                Ok(process) => {
                    tracing::info!(process, "process {process} has taken over");
                    Asked::Stop("USR2")
                }
                Err(error) => {
                    tracing::error!("no new process has taken over, this one goes on: {error}");
                    Asked::Upgrade
                }
            },
            signal = self.asked_to_stop() => Asked::Stop(signal),
        }
    }

    /// Waits for the next request to stop, where nothing else can be asked for.
    pub(crate) async fn asked_to_stop(&mut self) -> &'static str {
        loop {
            if let Asked::Stop(signal) = self.next().await {
                return signal;
            }
        }
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop("INT"),
            _ = self.terminate.recv() => Asked::Stop("TERM"),
            _ = self.hang_up.recv() => Asked::Reload,
            _ = self.kill.recv() => Asked::Kill,
            _ = self.user.recv() => Asked::Upgrade,
        }
    }
}
