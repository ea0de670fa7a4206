//! One core: a thread with a runtime of its own, its own listener, its own upstream connections and its own counters.

use std::io;
use std::net::TcpListener as StdListener;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use flags::Flags;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::{LocalSet, spawn_local};
use tokio_util::sync::CancellationToken;

use crate::backend::native::NativeBackend;
use crate::config::Config;
use crate::connection::serve;
use crate::metrics::{CoreMetrics, Metrics};
use crate::record::Tap;
use crate::shadow::Shadow;
use crate::stack::stack;
use crate::tasks::LocalTasks;
use crate::upstream::{Upstream, UpstreamPlan};

/// How often the upstream is looked after.
const TICK: Duration = Duration::from_secs(1);
/// How long to wait when no connection can be accepted (out of file descriptors): trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What all cores share.
#[derive(Debug, Clone)]
pub struct Common {
    /// The configuration.
    pub config: Arc<Config>,
    /// How to reach the legacy app.
    pub upstream: UpstreamPlan,
    /// The flags in force.
    pub flags: Arc<Flags>,
    /// The native handlers, or why there are none.
    pub native: NativeBackend,
    /// The shadow worker.
    pub shadow: Shadow,
    /// Where recordings take what legacy answers.
    pub tap: Tap,
    /// The counters of the process.
    pub metrics: Metrics,
    /// Cancelled when the drain begins.
    pub drain: CancellationToken,
}

/// The belongings of one core: some shared with the others, the rest its own.
#[derive(Debug)]
pub struct Core {
    /// The configuration.
    pub config: Arc<Config>,
    /// The flags in force.
    pub flags: Arc<Flags>,
    /// The native handlers, or why there are none.
    pub native: NativeBackend,
    /// The shadow worker.
    pub shadow: Shadow,
    /// Where recordings take what legacy answers.
    pub tap: Tap,
    /// Connections to the legacy app.
    pub legacy: Rc<Upstream>,
    /// Counters of this core.
    pub metrics: CoreMetrics,
    /// Client connections and tunnels: what a drain waits for.
    pub tasks: LocalTasks,
    /// Cancelled when the drain begins.
    pub drain: CancellationToken,
}

/// How a core ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because the drain took too long.
    pub cut: usize,
}

/// Starts the thread of a core.
///
/// # Errors
/// When the thread cannot be started.
pub fn start(index: usize, common: Common, listener: StdListener) -> io::Result<JoinHandle<io::Result<Drained>>> {
    std::thread::Builder::new()
        .name(format!("core-{index}"))
        .spawn(move || run(common, listener))
}

fn run(common: Common, listener: StdListener) -> io::Result<Drained> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async move {
        let listener = TcpListener::from_std(listener)?;
        let core = Core::new(common);
        accept(&core, listener).await;
        Ok(core.finish().await)
    })
}

impl Core {
    fn new(common: Common) -> Rc<Self> {
        let Common {
            config,
            upstream,
            flags,
            native,
            shadow,
            tap,
            metrics,
            drain,
        } = common;
        Rc::new(Self {
            // The drivers of upstream connections end with their pool; a drain need not wait for them.
            legacy: Upstream::new(&upstream, LocalTasks::default()),
            metrics: metrics.core(),
            tasks: LocalTasks::default(),
            config,
            flags,
            native,
            shadow,
            tap,
            drain,
        })
    }

    /// Waits for what is in flight, within the drain limit.
    async fn finish(&self) -> Drained {
        let in_time = tokio::time::timeout(self.config.timeouts.drain, self.tasks.finished())
            .await
            .is_ok();
        Drained {
            cut: if in_time { 0 } else { self.tasks.running() },
        }
    }
}

async fn accept(core: &Rc<Core>, listener: TcpListener) {
    let steps = Rc::new(stack(core));
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    core.metrics.connected();
                    core.tasks.spawn(serve(Rc::clone(core), Rc::clone(&steps), stream, peer.ip()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = tick.tick() => {
                let core = Rc::clone(core);
                // Beside the accepting: a look-up of names may take its time.
                drop(spawn_local(async move { core.legacy.tick(&core.metrics).await }));
            }
            () = core.drain.cancelled() => return,
        }
    }
}
