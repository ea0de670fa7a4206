//! Getting an answer: an address, a turn, a connection, and another try where the truth table and the budget allow it.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use tokio::time::Instant;

use super::Upstream;
use super::connect::Need;
use super::endpoint::Endpoint;
use super::headers::{self, Forwarded};
use super::health::Change;
use super::lease::{Lease, Source};
use super::retry::{Failed, may_retry};
use super::slots::NoSlot;
use crate::body::Body;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::Notable;
use crate::framing::Interim;
use crate::metrics::CoreMetrics;

/// More attempts than this are never made for one request.
const MOST_ATTEMPTS: usize = 4;
/// More interim answers than this are not passed on for one request.
const MOST_INTERIMS: u32 = 16;
/// What a client is told to wait when no turn was free.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One request on its way to the upstream.
#[derive(Debug)]
pub struct Call<'a> {
    /// When it began: a moment ago, unless it had to wait.
    pub began: Instant,
    /// When the head of the answer has to be there; waiting longer counts against the address.
    pub deadline: Instant,
    /// The longest that making a connection for it may take; none is the limit of the upstream.
    pub connect: Option<Duration>,
    /// Where interim answers go, when the client can be sent any.
    pub interim: Option<&'a Interim>,
    /// How many of them have come.
    pub interims: Cell<u32>,
    /// Whether the request wants to leave HTTP.
    pub upgrade: bool,
    /// Our own word on who asked, if it is not among the headers.
    pub forwarded: Option<Forwarded<'a>>,
    /// The counters of the core.
    pub metrics: &'a CoreMetrics,
}

impl Call<'_> {
    /// Puts our own word on who asked among the headers, for a connection that sends nothing else.
    pub(super) fn say_who_asked(&self, request: &mut Request<Body>) {
        if let Some(forwarded) = self.forwarded {
            forwarded.insert_into(request.headers_mut());
        }
    }

    /// Passes an interim answer on. 100 is for the connection to the upstream alone: Ficus says it itself when it takes a body.
    pub(super) fn pass_on(&self, status: StatusCode, mut headers: HeaderMap) {
        if status == StatusCode::CONTINUE {
            return;
        }
        let notable = Notable::of(&headers);
        headers::forwardable_response(&mut headers, notable);
        // An interim answer has no body, whatever it says (RFC 9110, section 8.6).
        headers.remove(CONTENT_LENGTH);
        let count = self.interims.replace(self.interims.get().saturating_add(1));
        let interim = self.interim.filter(|_| count < MOST_INTERIMS);
        let passed = interim.is_some_and(|interim| interim.pass(status, &headers));
        self.metrics
            .upstream(if passed { "interim" } else { "interim_dropped" });
    }
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// Itself.
    pub response: Response<()>,
    /// Where its body comes from.
    pub source: Source,
    /// Which of its headers matter.
    pub notable: Notable,
    /// The connection that it comes on.
    pub lease: Lease,
    /// When it was there.
    pub at: Instant,
}

/// What one attempt left behind.
struct AttemptFailed {
    stage: Failed,
    error: ProxyError,
    /// Whether the request is still whole.
    whole: bool,
}

impl Upstream {
    /// Sends a request and returns the head of the answer with the connection that its body comes on. What is left of the request
    /// then is of no use.
    ///
    /// # Errors
    /// Nothing answers at any address, there was no turn in time, or the answer broke off before its head.
    pub async fn send(&self, request: &mut Request<Body>, call: &Call<'_>) -> Result<Head, ProxyError> {
        self.addresses.ensure().await.map_err(|error| {
            call.metrics.legacy_asked(Some(error.to_string()));
            unreachable(error)
        })?;
        self.budget.pay_in();
        let need = if call.upgrade { Need::Http1 } else { Need::Any };
        // Gathers what refused a connection; allocates nothing as long as nothing fails.
        let mut tried = Vec::new();
        let mut fresh_only = false;
        for _ in 0..MOST_ATTEMPTS {
            let endpoint = self.next_address(&tried)?;
            let lease = match self.connection(&endpoint, need, fresh_only, call).await {
                Ok(lease) => lease,
                Err(Refused::NoTurn(error)) => return Err(error),
                Err(Refused::Unreachable(error)) => {
                    tried.push(endpoint);
                    if self.addresses.choose(&tried).is_none() {
                        return Err(unreachable(error));
                    }
                    call.metrics.retried();
                    continue;
                }
            };
            let method = request.method().clone();
            let failed = match self.attempt(lease, &endpoint, request, call).await {
                Ok(answered) => return Ok(answered),
                Err(failed) => failed,
            };
            self.again(failed, &method, call)?;
            // Of the kept connections more may be stale.
            fresh_only = true;
        }
        Err(ProxyError::legacy(ErrorKind::Unreachable, "no attempt was answered"))
    }

    fn next_address(&self, tried: &[Rc<Endpoint>]) -> Result<Rc<Endpoint>, ProxyError> {
        let chosen = self.addresses.choose(tried);
        chosen.ok_or_else(|| ProxyError::legacy(ErrorKind::Unreachable, "the upstream has no address"))
    }

    async fn connection(
        &self,
        endpoint: &Rc<Endpoint>,
        need: Need,
        fresh_only: bool,
        call: &Call<'_>,
    ) -> Result<Lease, Refused> {
        let slot = endpoint.turn().await.map_err(|why| {
            call.metrics.upstream(match why {
                NoSlot::QueueFull => "pending_full",
                NoSlot::TimedOut => "pending_timeout",
            });
            let overloaded = ErrorKind::Overloaded {
                retry_after: RETRY_AFTER,
            };
            Refused::NoTurn(ProxyError::legacy(overloaded, "every connection to legacy is in use"))
        })?;
        let slot = if fresh_only {
            slot
        } else {
            match endpoint.reuse(slot, need, call.began) {
                Ok(lease) => return Ok(lease),
                Err(slot) => slot,
            }
        };
        let limit = call.connect.unwrap_or_else(|| endpoint.connect_limit());
        let lease = Box::pin(endpoint.connect(slot, need, limit)).await;
        call.metrics
            .upstream(if lease.is_ok() { "connect" } else { "connect_failed" });
        lease.inspect(|_| call.metrics.legacy_asked(None)).map_err(|error| {
            // A request that waits less than others has learnt nothing about the address.
            if error.kind() != io::ErrorKind::TimedOut || limit >= endpoint.connect_limit() {
                call.metrics.legacy_asked(Some(error.to_string()));
                self.judge(endpoint, false, Instant::now(), call.metrics);
            }
            Refused::Unreachable(error)
        })
    }

    async fn attempt(
        &self,
        mut lease: Lease,
        endpoint: &Rc<Endpoint>,
        request: &mut Request<Body>,
        call: &Call<'_>,
    ) -> Result<Head, AttemptFailed> {
        let reused = lease.is_reused();
        let watched = Watched {
            upstream: self,
            endpoint,
            call,
            open: Cell::new(true),
        };
        match lease.send(request, endpoint.scheme(), call).await {
            Ok((response, source, notable)) => {
                let at = Instant::now();
                watched.ended(is_healthy(response.status()), at);
                Ok(Head {
                    response,
                    source,
                    notable,
                    lease,
                    at,
                })
            }
            Err(failure) => {
                let stage = match (failure.unsent, reused) {
                    (true, _) => Failed::Unsent,
                    // Nonsense is an answer, and asking again would only bring more of it.
                    (false, _) if failure.error.is_parse() => Failed::Answered,
                    (false, true) => Failed::StaleConnection,
                    (false, false) => Failed::NoAnswer,
                };
                let kind = if failure.error.is_user() {
                    ErrorKind::ClientGone
                } else {
                    ErrorKind::BrokenAnswer
                };
                if matches!(stage, Failed::NoAnswer | Failed::Answered) && kind == ErrorKind::BrokenAnswer {
                    watched.ended(false, Instant::now());
                }
                watched.open.set(false);
                Err(AttemptFailed {
                    stage,
                    error: ProxyError::legacy(kind, failure.error),
                    whole: failure.whole,
                })
            }
        }
    }

    /// Whether a request may be sent again.
    fn again(&self, failed: AttemptFailed, method: &Method, call: &Call<'_>) -> Result<(), ProxyError> {
        let AttemptFailed { stage, error, whole } = failed;
        if !(whole && may_retry(stage, method, true)) {
            return Err(error);
        }
        if stage != Failed::Unsent && !self.budget.take() {
            call.metrics.upstream("retry_budget_spent");
            return Err(error);
        }
        call.metrics.retried();
        Ok(())
    }

    fn judge(&self, endpoint: &Endpoint, worked: bool, now: Instant, metrics: &CoreMetrics) {
        match endpoint.record(&self.health, worked, now) {
            Change::None => {}
            Change::Ejected => {
                metrics.upstream("ejected");
                tracing::warn!(address = %endpoint.address, "an address of legacy keeps failing and is left out for a while");
            }
            Change::Restored => {
                metrics.upstream("restored");
                tracing::info!(address = %endpoint.address, "an address of legacy works again");
            }
        }
    }
}

/// Why there is no connection.
enum Refused {
    /// All are in use.
    NoTurn(ProxyError),
    /// None could be made; nothing was sent.
    Unreachable(io::Error),
}

/// An attempt that is being waited for. Dropped without an end after its deadline, it counts against the address; before it, the
/// client has gone away, which says nothing.
struct Watched<'a> {
    upstream: &'a Upstream,
    endpoint: &'a Rc<Endpoint>,
    call: &'a Call<'a>,
    open: Cell<bool>,
}

impl Watched<'_> {
    fn ended(&self, worked: bool, now: Instant) {
        self.open.set(false);
        self.upstream.judge(self.endpoint, worked, now, self.call.metrics);
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.open.get() {
            return;
        }
        let now = Instant::now();
        if now >= self.call.deadline {
            self.upstream.judge(self.endpoint, false, now, self.call.metrics);
        }
    }
}

/// An answer that something in front of the app gave in its place counts against the address; the app's own errors do not.
fn is_healthy(status: StatusCode) -> bool {
    !matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

fn unreachable(error: io::Error) -> ProxyError {
    match error.kind() {
        io::ErrorKind::TimedOut => ProxyError::legacy(ErrorKind::Timeout, error),
        _ => ProxyError::legacy(ErrorKind::Unreachable, error),
    }
}
