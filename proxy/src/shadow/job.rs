//! One shadowed exchange, from the dry run to the recorded outcome.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flags::RoutePlan;
use futures_util::FutureExt as _;
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::Share;
use super::candidate::{Candidate, DryRunFailure, DryRunResult, RunLimits};
use super::evidence;
use super::races::Lane;
use super::tee::{Captured, Copied, Copier, Tee, Whole};
use super::{NotCompared, Place, Shadow, now_ms};

/// Part of a write's budget that the native side may use itself; the rest is for its orderly rollback.
const INNER_SHARE: u32 = 9;

/// Of so many parts.
const WHOLE: u32 = 10;

/// A request that is shadowed.
#[derive(Debug)]
pub struct Exchange {
    /// What the flags say about its route.
    pub plan: Arc<RoutePlan>,
    /// The version of the flags: 12 hexadecimal digits.
    pub flag_version: Arc<str>,
    /// The client.
    pub client: Option<IpAddr>,
    /// The whole request, with the extensions that handlers need.
    pub request: Request<Bytes>,
}

/// An exchange that waits for legacy's answer. Dropped without one, it counts as `client gone`.
#[derive(Debug)]
pub struct Pending {
    sender: oneshot::Sender<Captured>,
    share: Share,
    cap: usize,
}

impl Pending {
    /// Copies legacy's answer while it goes to the client.
    pub fn copy<B: Body<Data = Bytes> + Unpin>(self, response: Response<B>) -> Response<Tee<B>> {
        let (parts, body) = response.into_parts();
        if parts.status == StatusCode::SWITCHING_PROTOCOLS || is_event_stream(&parts.headers) {
            self.give_up(NotCompared::Streamed);
            return Response::from_parts(parts, Tee::new(body, None));
        }
        if body.size_hint().lower() > u64::try_from(self.cap).unwrap_or(u64::MAX) {
            self.give_up(NotCompared::BodyTooLarge);
            return Response::from_parts(parts, Tee::new(body, None));
        }
        let Self { sender, share, cap } = self;
        let (status, headers) = (parts.status, parts.headers.clone());
        let done = move |whole: Result<Whole, NotCompared>| {
            let copied = whole.map(|whole| Copied::new(status, headers, whole));
            // The comparison may have been given up; then nobody wants the copy.
            let _unwanted = sender.send(copied);
        };
        let copier = Copier {
            share,
            cap,
            done: Box::new(done),
        };
        Response::from_parts(parts, Tee::new(body, Some(copier)))
    }

    /// Legacy gave no answer.
    pub fn give_up(self, reason: NotCompared) {
        let _unwanted = self.sender.send(Err(reason));
    }
}

pub(super) fn is_event_stream(headers: &http::HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"text/event-stream"))
}

impl Shadow {
    /// Starts the dry run of a read on the workshop, beside legacy. `None`: not shadowed, and counted.
    #[must_use]
    pub fn begin_read(&self, exchange: Exchange) -> Option<Pending> {
        let (place, candidate) = match self.admit(&exchange.plan) {
            Ok(admitted) => admitted,
            Err(reason) => {
                self.skip(&exchange.plan, reason);
                return None;
            }
        };
        let (pending, captured) = self.pending();
        let (shadow, started_ms, asked) = (self.clone(), now_ms(), Instant::now());
        let limits = self.run_limits(exchange.plan.shadow.budget);
        let request = copy_of(&exchange.request);
        self.spawn(Arc::clone(&exchange.plan), async move {
            let native = shadow.run_dry(&*candidate, request, limits).await;
            shadow
                .conclude(Conclusion {
                    exchange,
                    native,
                    captured,
                    started_ms,
                    asked,
                    lane: None,
                    _place: place,
                })
                .await;
        });
        Some(pending)
    }

    /// Runs a write dry before legacy sees it, within the route's budget and not a moment longer. Whatever happens, the
    /// caller asks legacy next. Dropping this future aborts the dry run, whose transaction rolls back.
    pub async fn run_write(&self, exchange: Exchange, lane: Arc<Lane>) -> Option<Pending> {
        let (place, candidate) = match self.admit(&exchange.plan) {
            Ok(admitted) => admitted,
            Err(reason) => {
                self.skip(&exchange.plan, reason);
                return None;
            }
        };
        let budget = exchange.plan.shadow.budget;
        let (started_ms, deadline) = (now_ms(), Instant::now() + budget);
        let mut watch = Watch {
            shadow: self,
            plan: &exchange.plan,
            run: None,
            over: false,
        };
        let (shadow, request, limits) = (
            self.clone(),
            copy_of(&exchange.request),
            self.run_limits(budget * INNER_SHARE / WHOLE),
        );
        let run = self.shared.tasks.spawn_on(
            async move { shadow.run_dry(&*candidate, request, limits).await },
            &self.shared.workshop,
        );
        watch.run = Some(run.abort_handle());
        let native = match timeout_at(deadline, run).await {
            Ok(Ok(native)) => native,
            Ok(Err(error)) if error.is_panic() => Err(DryRunFailure::Broken("panic".to_owned())),
            Ok(Err(_)) => Err(DryRunFailure::Unknown("shutdown".into())),
            Err(_) => Err(budget_spent()),
        };
        watch.end();
        let (pending, captured) = self.pending();
        let (shadow, asked) = (self.clone(), Instant::now());
        self.spawn(Arc::clone(&exchange.plan), async move {
            shadow
                .conclude(Conclusion {
                    exchange,
                    native,
                    captured,
                    started_ms,
                    asked,
                    lane: Some(lane),
                    _place: place,
                })
                .await;
        });
        Some(pending)
    }

    pub(super) fn pending(&self) -> (Pending, oneshot::Receiver<Captured>) {
        let (sender, captured) = oneshot::channel();
        (
            Pending {
                sender,
                share: Share::empty(&self.shared.memory),
                cap: self.shared.limits.answer_bytes,
            },
            captured,
        )
    }

    pub(super) fn run_limits(&self, budget: Duration) -> RunLimits {
        let limits = &self.shared.limits;
        RunLimits {
            budget,
            lock_timeout: limits.lock_timeout.min(budget),
            answer_bytes: limits.answer_bytes,
        }
    }

    /// One dry run under the common bound, its panics caught and its time limited from outside as well.
    pub(super) async fn run_dry(
        &self,
        candidate: &dyn Candidate,
        request: Request<Bytes>,
        limits: RunLimits,
    ) -> DryRunResult {
        let run = async {
            let Ok(_permit) = self.shared.dry_runs.acquire().await else {
                return Err(DryRunFailure::Unknown("shutdown".into()));
            };
            AssertUnwindSafe(async { candidate.dry_run(request, limits).await })
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(DryRunFailure::Broken("panic".to_owned())))
        };
        timeout(limits.budget * WHOLE / INNER_SHARE, run)
            .await
            .unwrap_or_else(|_| Err(budget_spent()))
    }

    /// Runs the rest of an exchange. However it ends, something is recorded of it.
    pub(super) fn spawn(&self, plan: Arc<RoutePlan>, work: impl Future<Output = ()> + Send + 'static) {
        let shadow = self.clone();
        let run = async move {
            tokio::select! {
                biased;
                ended = AssertUnwindSafe(work).catch_unwind() => if ended.is_err() {
                    tracing::error!(route = %plan.key, "a comparison panicked");
                    shadow.skip(&plan, NotCompared::Broken);
                },
                () = shadow.shared.given_up.cancelled() => shadow.skip(&plan, NotCompared::Shutdown),
            }
        };
        self.shared.tasks.spawn_on(run, &self.shared.workshop);
    }

    /// Waits for legacy's answer, compares, records.
    async fn conclude(&self, conclusion: Conclusion) {
        let Conclusion {
            exchange,
            native,
            captured,
            started_ms,
            asked,
            lane,
            _place,
        } = conclusion;
        let legacy = match timeout(self.shared.limits.legacy_patience, captured).await {
            Ok(Ok(Ok(legacy))) => legacy,
            Ok(Ok(Err(reason))) => return self.skip(&exchange.plan, reason),
            Ok(Err(_)) => return self.skip(&exchange.plan, NotCompared::ClientGone),
            Err(_) => return self.skip(&exchange.plan, NotCompared::LegacySlow),
        };
        let legacy_took = asked.elapsed();
        let seen = evidence::Seen {
            exchange: &exchange,
            started_ms,
            legacy_took,
            raced: lane.is_some_and(|lane| lane.met_another()),
        };
        match self.judge(&seen, legacy, native).await {
            Ok(comparison) => self
                .shared
                .recorder
                .record(crate::store::Record::Compared(Box::new(comparison))),
            Err(reason) => self.skip(&exchange.plan, reason),
        }
    }
}

/// Everything that the end of an exchange needs.
struct Conclusion {
    exchange: Exchange,
    native: DryRunResult,
    captured: oneshot::Receiver<Captured>,
    started_ms: i64,
    asked: Instant,
    /// Of a write.
    lane: Option<Arc<Lane>>,
    _place: Place,
}

/// Ends the dry run with its caller: a client that goes away must leave neither a transaction nor a silence.
struct Watch<'a> {
    shadow: &'a Shadow,
    plan: &'a RoutePlan,
    run: Option<AbortHandle>,
    over: bool,
}

impl Watch<'_> {
    fn end(mut self) {
        self.over = true;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            run.abort();
        }
        if !self.over {
            self.shadow.skip(self.plan, NotCompared::ClientGone);
        }
    }
}

fn budget_spent() -> DryRunFailure {
    DryRunFailure::Unknown("budget spent".into())
}

/// A request is not `Clone`, because of its extensions; ours are.
pub(super) fn copy_of(request: &Request<Bytes>) -> Request<Bytes> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}
