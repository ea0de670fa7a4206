//! One core: a thread with a runtime of its own, its own listener, its own upstream connections and its own counters.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use flags::Flags;
use futures_util::future::join_all;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;
use tokio::task::spawn_local;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::access_log::AccessLogSink;
use crate::backend::circuit::Circuits;
use crate::backend::native::NativeBackend;
use crate::config::Config;
use crate::connection::{Connection, serve};
use crate::exchange::Step;
use crate::framing::Crowd;
use crate::listen::{Gate, Incoming, ListenSocket};
use crate::metrics::{CoreMetrics, Metrics};
use crate::record::Tap;
use crate::shadow::{ByteBudget, Shadow};
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
    /// Which native routes are skipped for a while.
    pub circuits: Circuits,
    /// Memory for request bodies that are kept while native works on them.
    pub(crate) kept_bodies: Arc<ByteBudget>,
    /// The shadow worker.
    pub shadow: Shadow,
    /// Where recordings take what legacy answers.
    pub tap: Tap,
    /// The counters of the process.
    pub metrics: Metrics,
    /// Where access log lines go, when there is one.
    pub access_log: Option<AccessLogSink>,
    /// The connections of all clients.
    pub crowd: Crowd,
    /// Set just before the drain begins: looked at for each request.
    pub draining: Arc<AtomicBool>,
    /// Cancelled when the drain begins.
    pub drain: CancellationToken,
    /// The configuration as it changes.
    pub settings: watch::Receiver<Arc<Config>>,
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
    /// Which native routes are skipped for a while.
    pub circuits: Circuits,
    /// Memory for request bodies that are kept while native works on them.
    pub(crate) kept_bodies: Arc<ByteBudget>,
    /// The shadow worker.
    pub shadow: Shadow,
    /// Where recordings take what legacy answers.
    pub tap: Tap,
    /// Connections to the legacy app.
    pub legacy: Rc<Upstream>,
    /// Counters of this core.
    pub metrics: CoreMetrics,
    /// Where access log lines go, when there is one.
    pub access_log: Option<AccessLogSink>,
    /// The connections of all clients.
    pub crowd: Crowd,
    /// Client connections and tunnels: what a drain waits for.
    pub tasks: LocalTasks,
    /// Whether the drain has begun: looked at for each request, so it is no lock.
    pub draining: Arc<AtomicBool>,
    /// Cancelled when the drain begins.
    pub drain: CancellationToken,
}

/// How a core ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because the drain took too long.
    pub cut: usize,
}

/// A socket of a core, and the listener that it belongs to.
#[derive(Debug)]
pub(crate) struct CoreSocket {
    /// The listener.
    pub(crate) gate: Arc<Gate>,
    /// The socket.
    pub(crate) socket: ListenSocket,
}

/// Starts the thread of a core.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn start(
    index: usize,
    common: Common,
    sockets: Vec<CoreSocket>,
) -> io::Result<JoinHandle<io::Result<Drained>>> {
    std::thread::Builder::new()
        .name(format!("core-{index}"))
        .spawn(move || run(common, sockets))
}

fn run(common: Common, sockets: Vec<CoreSocket>) -> io::Result<Drained> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    runtime.block_on(async move {
        let settings = common.settings.clone();
        let core = Core::new(common);
        let serving = Serving::new(&core, &stack);
        let mut accepting = Vec::with_capacity(sockets.len());
        for CoreSocket { gate, socket } in sockets {
            let incoming = Incoming::from_socket(socket)?;
            accepting.push(accept(&serving, gate, incoming));
        }
        tokio::join!(
            join_all(accepting),
            look_after_upstream(&core),
            follow(&serving, settings, &stack)
        );
        let newest = serving.core();
        Ok(newest.finish().await)
    })
}

impl Core {
    fn new(common: Common) -> Rc<Self> {
        let Common {
            config,
            upstream,
            flags,
            native,
            circuits,
            kept_bodies,
            shadow,
            tap,
            metrics,
            access_log,
            crowd,
            draining,
            drain,
            settings: _,
        } = common;
        Rc::new(Self {
            // The drivers of upstream connections end with their pool; a drain need not wait for them.
            legacy: Upstream::new(&upstream, LocalTasks::default()),
            metrics: metrics.core(),
            access_log,
            crowd,
            tasks: LocalTasks::default(),
            draining,
            config,
            flags,
            native,
            circuits,
            kept_bodies,
            shadow,
            tap,
            // A child of it: what every connection of every core looks at would be one lock for all of them.
            drain: drain.child_token(),
        })
    }

    /// The same core with another configuration: for the connections that come from here on.
    fn with(&self, config: Arc<Config>) -> Rc<Self> {
        Rc::new(Self {
            config,
            flags: Arc::clone(&self.flags),
            native: self.native.clone(),
            circuits: self.circuits.clone(),
            kept_bodies: Arc::clone(&self.kept_bodies),
            shadow: self.shadow.clone(),
            tap: self.tap.clone(),
            legacy: Rc::clone(&self.legacy),
            metrics: self.metrics.clone(),
            access_log: self.access_log.clone(),
            crowd: self.crowd.clone(),
            tasks: self.tasks.clone(),
            draining: Arc::clone(&self.draining),
            drain: self.drain.clone(),
        })
    }

    /// Whether the drain has begun.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
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

/// What a new connection is served with. It is replaced whole when the configuration changes; connections that are open keep
/// what they began with, so no request has to ask what is in force.
struct Serving<S>(RefCell<(Rc<Core>, Rc<S>)>);

impl<S> Serving<S> {
    fn new(core: &Rc<Core>, build: &impl Fn(&Rc<Core>) -> S) -> Self {
        Self(RefCell::new((Rc::clone(core), Rc::new(build(core)))))
    }

    fn core(&self) -> Rc<Core> {
        Rc::clone(&self.0.borrow().0)
    }

    fn connection(&self, gate: &Arc<Gate>) -> Connection<S> {
        let (core, steps) = &*self.0.borrow();
        Connection {
            core: Rc::clone(core),
            steps: Rc::clone(steps),
            gate: Arc::clone(gate),
        }
    }
}

/// Puts new versions of the configuration in force until the drain begins.
async fn follow<S>(serving: &Serving<S>, mut settings: watch::Receiver<Arc<Config>>, build: &impl Fn(&Rc<Core>) -> S) {
    let drain = serving.core().drain.clone();
    loop {
        tokio::select! {
            changed = settings.changed() => if changed.is_err() {
                return;
            },
            () = drain.cancelled() => return,
        }
        let config = Arc::clone(&settings.borrow_and_update());
        let core = serving.core().with(config);
        let steps = Rc::new(build(&core));
        serving.0.replace((core, steps));
    }
}

/// Accepts until the drain begins, and then those who have been waiting already.
async fn accept<S: Step + 'static>(serving: &Serving<S>, gate: Arc<Gate>, incoming: Incoming) {
    let core = serving.core();
    let begin = |(wire, peer)| {
        core.metrics.connected();
        core.tasks.spawn(serve(serving.connection(&gate), wire, peer));
    };
    loop {
        tokio::select! {
            accepted = incoming.accept() => match accepted {
                Ok(accepted) => begin(accepted),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = core.drain.cancelled() => break,
        }
    }
    // The kernel has greeted them for us; closing the socket would refuse them after the fact.
    while let Ok(Ok(accepted)) = timeout(Duration::ZERO, incoming.accept()).await {
        begin(accepted);
    }
}

async fn look_after_upstream(core: &Rc<Core>) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                let core = Rc::clone(core);
                // Beside the accepting: a look-up of names may take its time.
                drop(spawn_local(async move { core.legacy.tick(&core.metrics).await }));
            }
            () = core.drain.cancelled() => return,
        }
    }
}
