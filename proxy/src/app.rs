//! Putting a process together: bind everything first, then run, then drain.

mod error;
mod flag_source;
mod native;
mod operator;
mod sockets;
mod status;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use flags::{Flags, Inventory, RouteKey};
use handlers::kit::Routes;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::access_log::{self, AccessLogWriter};
use crate::admin::{self, Api};
use crate::backend::candidate::NativeCandidate;
use crate::backend::circuit::Circuits;
use crate::backend::native::NativeBackend;
use crate::config::{Config, ListenAddress, ListenProtocol};
use crate::core::{self, Common, Drained};
use crate::framing::Crowd;
use crate::listen::inherit::Inherited;
use crate::metrics::Metrics;
use crate::record::Tap;
use crate::rollout::{Clerk, Guard, Rollout, RolloutAccount};
use crate::shadow::{ByteBudget, Candidate, Control, LegacyControl, Limits, Shadow, now_ms};
use crate::store::{Recorder, RecorderTask, Store};
use crate::tasks::Tasks;
use crate::tls::{Tls, TlsWatch};
use crate::upstream::{SideClient, UpstreamPlan};

pub use error::{RunError, StartError};
pub use operator::Operator;
pub(crate) use operator::Reloads;
pub use status::Facets;

use flag_source::{FirstFlags, Following};
use operator::Secured;
use sockets::Entrance;

/// The thread of a core.
type Running = std::thread::JoinHandle<io::Result<Drained>>;

/// The application.
#[derive(Debug)]
pub struct App;

/// An application whose addresses are bound and which does not serve yet.
#[derive(Debug)]
pub struct Bound {
    /// Where clients connect, in the order of the configuration, with the ports that were really taken.
    pub addresses: Vec<ListenAddress>,
    /// Where the console, the probes and the metrics are.
    pub admin_addr: SocketAddr,
    entrances: Vec<Entrance>,
    admin: TcpListener,
    admin_tls: Option<Arc<Tls>>,
    operator: Operator,
    common: Common,
    store: Store,
    recorder: Recorder,
    recorder_task: RecorderTask,
    following: Following,
    inventory: Inventory,
    log_writer: Option<AccessLogWriter>,
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
        let metrics = Metrics::default();
        let mut inherited = Inherited::take(&config.environment).map_err(StartError::Inherited)?;
        let entrances = sockets::open(&config, &metrics, &mut inherited)?;
        check_admin_secrets(&config)?;
        let admin_tls = sockets::load(config.admin.tls.as_ref())?;
        let admin = sockets::bind_admin(config.admin.listen, &mut inherited).await?;
        let admin_addr = admin.local_addr().map_err(sockets::failed(config.admin.listen))?;
        inherited.warn_of_unclaimed();
        let heirlooms = sockets::heirlooms(&entrances, &admin).map_err(StartError::Inherited)?;
        let config = Arc::new(config);
        let operator = Operator::new(heirlooms, inherited.ready.take(), Arc::clone(&config));
        let inventory = inventory_with(&more);
        let FirstFlags {
            flags,
            following,
            store,
        } = flag_source::begin(&config, inventory.clone()).await?;
        let (recorder, recorder_task) = Recorder::new(store.clone(), config.retention(), now_ms);
        let native = native::start(&config, more).await?;
        let upstream = UpstreamPlan::of(&config)?;
        let shadow = shadow(&config, &upstream, &native, recorder.clone())?;
        let log = access_log::open(&config, metrics.dropped_log_lines()).map_err(StartError::AccessLog)?;
        let (access_log, log_writer) = log.unzip();
        let common = Common {
            upstream,
            flags: Arc::new(flags),
            native,
            circuits: Circuits::new(config.circuit.limits()),
            kept_bodies: Arc::new(ByteBudget::new(config.fallback.total_bytes)),
            shadow,
            tap: Tap::default(),
            metrics,
            access_log,
            crowd: Crowd::default(),
            draining: Arc::default(),
            drain: CancellationToken::new(),
            settings: operator.settings(),
            config,
        };
        Ok(Bound {
            addresses: entrances.iter().map(|way| way.place.address.clone()).collect(),
            admin_addr,
            entrances,
            admin,
            admin_tls,
            operator,
            common,
            store,
            recorder,
            recorder_task,
            following,
            inventory,
            log_writer,
        })
    }
}

impl Bound {
    /// Where clients connect, as they would write it.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let listeners = self.common.config.all_listeners();
        let both = self.addresses.iter().zip(listeners);
        both.map(|(address, listener)| match (address, listener.protocol) {
            (ListenAddress::Unix(_), _) => address.to_string(),
            (ListenAddress::Ip(_), ListenProtocol::Https) => format!("https://{address}"),
            (ListenAddress::Ip(_), _) => format!("http://{address}"),
        })
        .collect()
    }

    /// The first address that is no Unix socket.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        self.addresses.iter().find_map(|address| match address {
            ListenAddress::Ip(address) => Some(*address),
            ListenAddress::Unix(_) => None,
        })
    }

    /// A hand on the process, for while it runs.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator.clone()
    }

    /// Why native handlers are off, in one clause; none when they are on.
    #[must_use]
    pub fn native_off(&self) -> Option<&str> {
        match &self.common.native {
            NativeBackend::On { .. } => None,
            NativeBackend::Off { reason } => Some(reason),
        }
    }

    /// The flags in force, to turn their kill switch.
    #[must_use]
    pub fn flags(&self) -> Arc<Flags> {
        Arc::clone(&self.common.flags)
    }

    /// Serves until `shutdown`, then drains: readiness goes off, after the drain delay nothing new is accepted, what is in flight is
    /// finished within the drain limit, and the store is written.
    ///
    /// # Errors
    /// When a core fails, or connections had to be cut.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), RunError> {
        let Self {
            entrances,
            admin,
            admin_tls,
            operator,
            common,
            store,
            recorder,
            recorder_task,
            following,
            inventory,
            log_writer,
            ..
        } = self;
        let tasks = Tasks::new(Handle::current(), CancellationToken::new());
        // The store is written last: the drain itself still has something to say.
        let last = Tasks::new(Handle::current(), CancellationToken::new());
        last.spawn("store", recorder_task.run(last.shutdown().clone()));
        let source = following.health();
        start_tasks(&tasks, &common, following);
        let rollout = rollout(&common, &store, inventory);
        let account = start_rollout(&tasks, &common, &recorder, rollout.clone());
        let api = Api::new(&common.config, Arc::clone(&common.flags), store.clone(), rollout);
        let secured = secured(&entrances, admin_tls.as_ref());
        let certificates = TlsWatch {
            all: secured.0.clone(),
            now: operator.look_at_certificates(),
        };
        tasks.spawn("certificates", certificates.run(tasks.shutdown().clone()));
        let facets = Facets::new(&common, store, recorder, secured, operator.clone(), api)
            .with_source(source)
            .with_rollout(account);
        let admin_stop = tasks.shutdown().child_token();
        tasks.spawn("admin", admin::serve(admin, admin_tls, facets, admin_stop.clone()));
        let cores = start_cores(&common, entrances)?;
        operator.serves();
        shutdown.cancelled().await;
        if operator.has_handed_over() {
            // The admin socket is shared with the successor, whose word counts from now on.
            admin_stop.cancel();
        }
        begin_drain(&common, &operator).await;
        let drained = join(cores).await;
        common.shadow.drain().await;
        // The last sink of the access log goes with it.
        drop(common);
        if let Some(writer) = log_writer {
            writer.finished().await;
        }
        tasks.shutdown().cancel();
        tasks.finished().await;
        last.shutdown().cancel();
        last.finished().await;
        let cut = drained?.cut;
        tracing::info!(cut, "drained");
        if cut == 0 { Ok(()) } else { Err(RunError::Cut(cut)) }
    }
}

/// Readiness goes off first, so that whoever sends clients here has the time to notice before nobody is let in any more. A
/// successor takes new clients at once.
async fn begin_drain(common: &Common, operator: &Operator) {
    operator.stops();
    let delay = common.settings.borrow().timeouts.drain_delay;
    if !operator.has_handed_over() && !delay.is_zero() {
        tracing::info!(
            delay_ms = delay.as_millis(),
            "readiness is off; clients are still let in for a while"
        );
        tokio::time::sleep(delay).await;
    }
    tracing::info!("draining");
    operator.let_go_of_sockets();
    common.draining.store(true, Ordering::Release);
    common.drain.cancel();
}

fn start_cores(common: &Common, entrances: Vec<Entrance>) -> Result<Vec<Running>, RunError> {
    let shares = sockets::share_out(common.config.cores, entrances);
    let cores = shares.into_iter().enumerate();
    cores
        .map(|(index, sockets)| core::start(index, common.clone(), sockets).map_err(RunError::Core))
        .collect()
}

fn secured(entrances: &[Entrance], admin: Option<&Arc<Tls>>) -> Secured {
    let of_clients = entrances
        .iter()
        .filter_map(|way| Some((way.place.address.to_string(), Arc::clone(way.gate.tls.as_ref()?))));
    let of_admin = admin.map(|tls| ("admin".to_owned(), Arc::clone(tls)));
    Secured(of_clients.chain(of_admin).collect())
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

fn check_admin_secrets(config: &Config) -> Result<(), StartError> {
    let auth = config.admin.auth.as_ref();
    let file = auth.and_then(|auth| auth.secret_file.as_deref());
    Ok(file.map_or(Ok(()), admin::check_secret_file)?)
}

fn rollout(common: &Common, store: &Store, inventory: Inventory) -> Option<Arc<Rollout>> {
    let place = flag_source::place(&common.config)?;
    Some(Arc::new(Rollout::new(store.clone(), place, inventory, now_ms)))
}

/// Starts what moves routes by itself.
fn start_rollout(tasks: &Tasks, common: &Common, recorder: &Recorder, rollout: Option<Arc<Rollout>>) -> RolloutAccount {
    let account = RolloutAccount::default();
    if let Some(rollout) = rollout.clone() {
        let clerk = Clerk {
            flags: Arc::clone(&common.flags),
            rollout,
            account: account.clone(),
        };
        tasks.spawn("clerk", clerk.run(tasks.shutdown().clone()));
    }
    let guard = Guard {
        flags: Arc::clone(&common.flags),
        metrics: common.metrics.clone(),
        recorder: recorder.clone(),
        account: account.guard.clone(),
        rollout,
    };
    tasks.spawn("guard", guard.run(tasks.shutdown().clone()));
    account
}

fn start_tasks(tasks: &Tasks, common: &Common, following: Following) {
    following.start(tasks, &common.flags);
    if let NativeBackend::On { native, .. } = &common.native {
        for task in native.tasks(tasks.shutdown().clone()) {
            tasks.spawn(task.name, task.future);
        }
    }
}

/// Waits for the threads without holding the workshop up.
async fn join(cores: Vec<Running>) -> Result<Drained, RunError> {
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
