//! The idle connections of one core.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::connect::Origin;
use crate::body::Body;
use crate::tasks::LocalTasks;

/// What a connection may read ahead and gather for a write, in bytes. hyper's own 400 KiB cost 5 MiB a core under large bodies and
/// bought no measurable time; 64 KiB took a third longer.
const BUFFER: usize = 128 * 1024;

/// What a pool may hold and wait for.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// For making a connection.
    pub connect_timeout: Duration,
    /// An idle connection is not used again after this. Node closes its side after five seconds by default, so stay below.
    pub idle_timeout: Duration,
    /// Idle connections kept.
    pub max_idle: usize,
}

/// The connections of one core to one origin.
pub struct Pool {
    origin: Origin,
    limits: PoolLimits,
    idle: RefCell<Vec<Idle>>,
    tasks: LocalTasks,
}

struct Idle {
    sender: SendRequest<Body>,
    since: Instant,
}

/// A connection in use. Dropping it closes the connection unless it was given back.
pub struct Lease {
    sender: SendRequest<Body>,
    pool: Weak<Pool>,
    /// Whether an earlier request has used the connection.
    reused: bool,
}

impl Pool {
    /// An empty pool; its connections are driven by `tasks`.
    #[must_use]
    pub fn new(origin: Origin, limits: PoolLimits, tasks: LocalTasks) -> Rc<Self> {
        Rc::new(Self {
            origin,
            limits,
            idle: RefCell::default(),
            tasks,
        })
    }

    /// An idle connection, the one used last first; none when all are stale.
    #[must_use]
    pub fn reuse(self: &Rc<Self>) -> Option<Lease> {
        let mut idle = self.idle.borrow_mut();
        while let Some(Idle { sender, since }) = idle.pop() {
            if sender.is_ready() && since.elapsed() < self.limits.idle_timeout {
                return Some(self.lease(sender, true));
            }
        }
        None
    }

    /// A fresh connection.
    ///
    /// # Errors
    /// What the connect or the handshake failed with; nothing was sent.
    pub async fn connect(self: &Rc<Self>) -> io::Result<Lease> {
        let stream = self.origin.connect(self.limits.connect_timeout).await?;
        let (sender, connection) = http1::Builder::new()
            .writev(false)
            .preserve_header_case(false)
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        self.tasks.spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "upstream connection ended");
            }
        });
        Ok(self.lease(sender, false))
    }

    /// Closes what has been idle for too long.
    pub fn sweep(&self) {
        let limit = self.limits.idle_timeout;
        self.idle
            .borrow_mut()
            .retain(|idle| !idle.sender.is_closed() && idle.since.elapsed() < limit);
    }

    /// How many connections wait for work.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.idle.borrow().len()
    }

    fn lease(self: &Rc<Self>, sender: SendRequest<Body>, reused: bool) -> Lease {
        Lease {
            sender,
            pool: Rc::downgrade(self),
            reused,
        }
    }

    fn take_back(&self, sender: SendRequest<Body>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.limits.max_idle && !sender.is_closed() {
            idle.push(Idle {
                sender,
                since: Instant::now(),
            });
        }
    }
}

/// A request that was not answered.
#[derive(Debug)]
pub struct SendFailure {
    /// Why.
    pub error: hyper::Error,
    /// The request, when the connection did not take it.
    pub unsent: Option<Request<Body>>,
}

impl Lease {
    /// Whether an earlier request has used the connection.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// With the request, when it was certainly not sent.
    pub async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Box<SendFailure>> {
        self.sender.try_send_request(request).await.map_err(|mut failed| {
            let unsent = failed.take_message();
            Box::new(SendFailure {
                error: failed.into_error(),
                unsent,
            })
        })
    }

    /// Hands the connection back to its pool; the answer has been read to its end.
    pub fn give_back(self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.take_back(self.sender);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("origin", &self.origin)
            .field("idle", &self.idle())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("reused", &self.reused)
            .finish_non_exhaustive()
    }
}
