//! One address of the upstream on one core: its connections, its turns, its health.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use http::uri::Scheme;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::connect::{Address, Connector, Need};
use super::health::{Change, Health, HealthRules};
use super::http1::Http1;
use super::lease::{Lease, Sender};
use super::slots::{NoSlot, Slot, Slots};
use crate::body::Body;
use crate::tasks::{LocalExecutor, LocalTasks};

/// What a connection that may be upgraded reads ahead and gathers for a write at most, in bytes.
const BUFFER: usize = 128 * 1024;
/// A connection that is idle for so long gives up its large buffers. Not sooner: the next large answer would fetch them again, page
/// by page.
const REST_AFTER: Duration = Duration::from_secs(1);
/// A silent HTTP/2 connection is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long the answer to that may take.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// What the connections of an address may cost.
#[derive(Debug, Clone, Copy)]
pub struct EndpointLimits {
    /// An idle connection is not used again after this. Node closes its side after five seconds by default, so stay below.
    pub idle_timeout: Duration,
    /// Idle connections kept.
    pub max_idle: usize,
    /// Requests at once.
    pub max_in_flight: usize,
    /// Requests that wait for their turn.
    pub max_pending: usize,
    /// For how long each.
    pub pending_timeout: Duration,
}

/// An address and everything that belongs to it.
pub(super) struct Endpoint {
    pub(super) address: Address,
    connector: Rc<Connector>,
    /// Whether HTTP/2 is spoken where TLS does not negotiate.
    http2: bool,
    limits: EndpointLimits,
    slots: Rc<Slots>,
    health: RefCell<Health>,
    idle: RefCell<Vec<Idle>>,
    /// The HTTP/2 connection that all requests share.
    shared: RefCell<Option<http2::SendRequest<Body>>>,
    /// Held while that connection is being made: one is enough.
    connecting: Mutex<()>,
    /// Set once TLS has negotiated HTTP/1.1, so that nobody waits for a connection to share.
    negotiated_http1: Cell<bool>,
    tasks: LocalTasks,
}

struct Idle {
    connection: Box<Http1>,
    since: Instant,
}

impl Endpoint {
    pub(super) fn new(
        address: Address,
        connector: Rc<Connector>,
        http2: bool,
        limits: EndpointLimits,
        tasks: LocalTasks,
    ) -> Rc<Self> {
        Rc::new(Self {
            address,
            connector,
            http2,
            limits,
            slots: Slots::new(limits.max_in_flight, limits.max_pending, limits.pending_timeout),
            health: RefCell::default(),
            idle: RefCell::default(),
            shared: RefCell::default(),
            connecting: Mutex::default(),
            negotiated_http1: Cell::default(),
            tasks,
        })
    }

    /// Whether its connections are made by this very connector.
    pub(super) fn connects_by(&self, connector: &Rc<Connector>) -> bool {
        Rc::ptr_eq(&self.connector, connector)
    }

    /// What a request to it says of its scheme.
    pub(super) fn scheme(&self) -> Scheme {
        match self.connector.tls {
            Some(_) => Scheme::HTTPS,
            None => Scheme::HTTP,
        }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<Slot, NoSlot> {
        match self.slots.take_now() {
            Some(slot) => Ok(slot),
            None => Box::pin(self.slots.take()).await,
        }
    }

    /// A connection that is open already; none when all are stale, or of the wrong kind.
    pub(super) fn reuse(self: &Rc<Self>, slot: Slot, need: Need, now: Instant) -> Result<Lease, Slot> {
        if need == Need::Any
            && let Some(sender) = self.shared_connection()
        {
            return Ok(self.lease(Sender::Http2(sender), true, slot));
        }
        if need == Need::Any {
            let mut idle = self.idle.borrow_mut();
            while let Some(Idle { mut connection, since }) = idle.pop() {
                if now.saturating_duration_since(since) < self.limits.idle_timeout && connection.is_quiet() {
                    return Ok(self.lease(Sender::Http1(connection), true, slot));
                }
            }
        }
        Err(slot)
    }

    /// The longest that making a connection may take, unless a request has a limit of its own.
    pub(super) fn connect_limit(&self) -> Duration {
        self.connector.limit
    }

    /// A fresh connection, or the shared one that somebody else has just made, within this time.
    ///
    /// # Errors
    /// What the connect or the handshake failed with, `TimedOut` included; nothing was sent.
    pub(super) async fn connect(self: &Rc<Self>, slot: Slot, need: Need, limit: Duration) -> io::Result<Lease> {
        timeout(limit, self.connect_unbounded(slot, need))
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "connecting took too long")))
    }

    async fn connect_unbounded(self: &Rc<Self>, slot: Slot, need: Need) -> io::Result<Lease> {
        if need == Need::Http1 {
            let stream = self.connector.open(&self.address, Need::Http1).await?;
            let sender = self.begin_upgradable(stream).await?;
            return Ok(self.lease(Sender::Upgradable(sender), false, slot));
        }
        if !self.http2 || self.negotiated_http1.get() {
            let stream = self.connector.open(&self.address, Need::Http1).await?;
            return Ok(self.lease(Sender::Http1(Box::new(Http1::new(stream))), false, slot));
        }
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(sender) = self.shared_connection() {
            return Ok(self.lease(Sender::Http2(sender), true, slot));
        }
        let stream = self.connector.open(&self.address, Need::Any).await?;
        if self.connector.tls.is_some() && !stream.speaks_http2() {
            self.negotiated_http1.set(true);
            return Ok(self.lease(Sender::Http1(Box::new(Http1::new(stream))), false, slot));
        }
        let sender = self.begin_http2(stream).await?;
        self.shared.replace(Some(sender.clone()));
        Ok(self.lease(Sender::Http2(sender), false, slot))
    }

    /// A connection that may be left for another protocol is hyper's, which hands it over afterwards.
    async fn begin_upgradable(&self, stream: super::stream::Stream) -> io::Result<http1::SendRequest<Body>> {
        let (sender, connection) = http1::Builder::new()
            .writev(false)
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        self.tasks.spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "upstream connection ended");
            }
        });
        Ok(sender)
    }

    async fn begin_http2(&self, stream: super::stream::Stream) -> io::Result<http2::SendRequest<Body>> {
        let (sender, connection) = http2::Builder::new(LocalExecutor::new(self.tasks.clone()))
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_TIMEOUT)
            .adaptive_window(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        self.tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "upstream connection ended");
            }
        });
        Ok(sender)
    }

    fn shared_connection(&self) -> Option<http2::SendRequest<Body>> {
        self.shared
            .borrow()
            .as_ref()
            .filter(|sender| !sender.is_closed())
            .cloned()
    }

    fn lease(self: &Rc<Self>, sender: Sender, reused: bool, slot: Slot) -> Lease {
        Lease::new(sender, Rc::downgrade(self), reused, slot)
    }

    /// Keeps a connection for the next request.
    pub(super) fn take_back(&self, connection: Box<Http1>, now: Instant) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.limits.max_idle {
            idle.push(Idle { connection, since: now });
        }
    }

    /// Closes what has been idle for too long.
    pub(super) fn sweep(&self) {
        let limit = self.limits.idle_timeout;
        self.idle.borrow_mut().retain_mut(|idle| {
            let idle_for = idle.since.elapsed();
            if idle_for >= REST_AFTER {
                idle.connection.rest();
            }
            idle_for < limit && idle.connection.is_quiet()
        });
        self.shared.borrow_mut().take_if(|sender| sender.is_closed());
    }

    /// Takes in how a request ended.
    pub(super) fn record(&self, rules: &HealthRules, worked: bool, now: Instant) -> Change {
        self.health.borrow_mut().record(rules, worked, now)
    }

    /// Whether it may be asked.
    pub(super) fn is_available(&self, now: Instant) -> bool {
        self.health.borrow().available(now)
    }

    /// Whether it has been left out and has not recovered yet.
    pub(super) fn is_out(&self) -> bool {
        self.health.borrow().is_out()
    }

    /// Requests that it has now.
    pub(super) fn in_flight(&self) -> usize {
        self.slots.taken()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("address", &self.address)
            .field("in_flight", &self.in_flight())
            .field("idle", &self.idle.borrow().len())
            .finish_non_exhaustive()
    }
}
