//! Putting a process together: bind everything first, then run, then drain.

mod native;
mod status;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flags::{Flags, Inventory, Problems, RouteKey, Snapshot};
use handlers::kit::Routes;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::admin;
use crate::backend::candidate::NativeCandidate;
use crate::backend::native::NativeBackend;
use crate::config::Config;
use crate::core::{self, Common, Drained};
use crate::flag_watch::FlagWatch;
use crate::listen;
use crate::metrics::Metrics;
use crate::record::Tap;
use crate::shadow::{Candidate, Control, LegacyControl, Limits, Shadow, now_ms};
use crate::store::{Recorder, RecorderTask, Store, StoreError};
use crate::tasks::Tasks;
use crate::upstream::{SideClient, TlsError, UpstreamPlan};

pub use status::Facets;

/// How long samples of differences are kept.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// The store when there is neither a flag file nor a URL.
const IN_MEMORY: &str = "sqlite::memory:";

/// The application.
#[derive(Debug)]
pub struct App;

/// An application whose addresses are bound and which does not serve yet.
#[derive(Debug)]
pub struct Bound {
    /// Where clients connect.
    pub addr: SocketAddr,
    /// Where the console, the probes and the metrics are.
    pub admin_addr: SocketAddr,
    listeners: Vec<std::net::TcpListener>,
    admin: TcpListener,
    common: Common,
    store: Store,
    recorder: Recorder,
    recorder_task: RecorderTask,
    watch: Option<FlagWatch>,
}

/// Why an application does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The flag file is not there or is refused.
    #[error("the flags cannot be used:\n{0}")]
    Flags(Problems),
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
    /// TLS to the legacy app cannot be set up.
    #[error("legacy cannot be reached")]
    Upstream(#[from] TlsError),
    /// The native handlers cannot start.
    #[error("the native handlers cannot start: {0}")]
    Native(String),
    /// The client that asks legacy again for comparison cannot be made.
    #[error("the client for comparisons cannot be made")]
    Control(#[from] reqwest::Error),
}

/// Why an application ended otherwise than by draining.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A core could not start or failed.
    #[error("a data plane thread failed")]
    Core(#[source] io::Error),
    /// Some connections did not finish in time.
    #[error("{0} connections were cut because they did not finish in time")]
    Cut(usize),
}

impl App {
    /// Reads the flags, opens the store, starts the native handlers and binds every address. The runtime that this is called
    /// on is the workshop: native handlers, shadow work and the admin listener run there, never on a core.
    ///
    /// # Errors
    /// With what is in the way; nothing is left running.
    pub async fn bind(config: Config) -> Result<Bound, StartError> {
        Self::bind_with(config, Vec::new()).await
    }

    /// As [`Self::bind`], with more native endpoints than this binary has: for tests of what endpoints may do to a request.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub async fn bind_with(config: Config, more: Vec<Routes>) -> Result<Bound, StartError> {
        let listening = |address, source| StartError::Listen { address, source };
        let (addr, listeners) =
            listen::bind(config.listen, config.cores).map_err(|error| listening(config.listen, error))?;
        let admin_at = config.admin.listen;
        let admin = TcpListener::bind(admin_at)
            .await
            .map_err(|error| listening(admin_at, error))?;
        let admin_addr = admin.local_addr().map_err(|error| listening(admin_at, error))?;
        let (watch, snapshot) = first_flags(&config, inventory_with(&more))?;
        let store = Store::open(config.store_url().as_deref().unwrap_or(IN_MEMORY)).await?;
        let (recorder, recorder_task) = Recorder::new(store.clone(), RETENTION, now_ms);
        let native = native::start(&config, more).await?;
        let upstream = UpstreamPlan::of(&config)?;
        let shadow = shadow(&config, &upstream, &native, recorder.clone())?;
        let common = Common {
            upstream,
            flags: Arc::new(Flags::new(snapshot)),
            native,
            shadow,
            tap: Tap::default(),
            metrics: Metrics::default(),
            drain: CancellationToken::new(),
            config: Arc::new(config),
        };
        Ok(Bound {
            addr,
            admin_addr,
            listeners,
            admin,
            common,
            store,
            recorder,
            recorder_task,
            watch,
        })
    }
}

impl Bound {
    /// Why native handlers are off, in one clause; none when they are on.
    #[must_use]
    pub fn native_off(&self) -> Option<&str> {
        match &self.common.native {
            NativeBackend::On { .. } => None,
            NativeBackend::Off { reason } => Some(reason),
        }
    }

    /// Serves until `shutdown`, then drains: readiness goes off, nothing new is accepted, what is in flight is finished within
    /// the drain limit, and the store is written.
    ///
    /// # Errors
    /// When a core fails, or connections had to be cut.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), RunError> {
        let Self {
            listeners,
            admin,
            common,
            store,
            recorder,
            recorder_task,
            watch,
            ..
        } = self;
        let tasks = Tasks::new(Handle::current(), CancellationToken::new());
        // The store is written last: the drain itself still has something to say.
        let last = Tasks::new(Handle::current(), CancellationToken::new());
        last.spawn("store", recorder_task.run(last.shutdown().clone()));
        start_tasks(&tasks, &common, watch);
        let facets = Facets::new(&common, store, recorder);
        tasks.spawn("admin", admin::serve(admin, facets, tasks.shutdown().clone()));
        let mut cores = Vec::new();
        for (index, listener) in listeners.into_iter().enumerate() {
            cores.push(core::start(index, common.clone(), listener).map_err(RunError::Core)?);
        }
        shutdown.cancelled().await;
        tracing::info!("draining");
        common.drain.cancel();
        let drained = join(cores).await;
        common.shadow.drain().await;
        tasks.shutdown().cancel();
        tasks.finished().await;
        last.shutdown().cancel();
        last.finished().await;
        let cut = drained?.cut;
        tracing::info!(cut, "drained");
        if cut == 0 { Ok(()) } else { Err(RunError::Cut(cut)) }
    }
}

fn first_flags(config: &Config, inventory: Inventory) -> Result<(Option<FlagWatch>, Snapshot), StartError> {
    let Some(path) = &config.flags else {
        return Ok((None, Snapshot::all_legacy()));
    };
    let (watch, snapshot) = FlagWatch::begin(path.clone(), inventory).map_err(StartError::Flags)?;
    Ok((Some(watch), snapshot))
}

/// What this binary can answer natively, as the flags need to know it.
#[must_use]
pub fn inventory() -> Inventory {
    inventory_with(&[])
}

fn inventory_with(more: &[Routes]) -> Inventory {
    let endpoints = handlers::catalogue()
        .into_iter()
        .chain(more.iter().flat_map(Routes::endpoints));
    Inventory::new(endpoints.filter_map(|endpoint| RouteKey::parse(endpoint.method.as_str(), endpoint.pattern).ok()))
}

fn shadow(
    config: &Config,
    upstream: &UpstreamPlan,
    native: &NativeBackend,
    recorder: Recorder,
) -> Result<Shadow, StartError> {
    let candidate = match native {
        NativeBackend::On { native, .. } => Some(Arc::new(NativeCandidate::new(native.clone())) as Arc<dyn Candidate>),
        NativeBackend::Off { .. } => None,
    };
    let limits = Limits {
        queue: config.shadow.queue,
        concurrency: config.shadow.concurrency,
        memory_bytes: config.shadow.total_bytes,
        request_bytes: config.shadow.body_bytes,
        ..Limits::default()
    };
    let SideClient { client, base } = upstream.side_client()?;
    let control = LegacyControl::new(client, &base, limits.answer_bytes);
    Ok(Shadow::new(
        candidate,
        Some(Arc::new(control) as Arc<dyn Control>),
        recorder,
        limits,
        Handle::current(),
    ))
}

fn start_tasks(tasks: &Tasks, common: &Common, watch: Option<FlagWatch>) {
    if let Some(watch) = watch {
        tasks.spawn(
            "flag-watch",
            watch.run(Arc::clone(&common.flags), tasks.shutdown().clone()),
        );
    }
    if let NativeBackend::On { native, .. } = &common.native {
        for task in native.tasks(tasks.shutdown().clone()) {
            tasks.spawn(task.name, task.future);
        }
    }
}

/// Waits for the threads without holding the workshop up.
async fn join(cores: Vec<std::thread::JoinHandle<io::Result<Drained>>>) -> Result<Drained, RunError> {
    let waited = tokio::task::spawn_blocking(move || {
        let mut all = Drained::default();
        for core in cores {
            let one = core
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a data plane thread panicked")))?;
            all.cut += one.cut;
        }
        Ok(all)
    });
    waited
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(RunError::Core)
}
