//! The native handlers: a request crosses to the workshop's runtime and its answer streams back. When they fail before they
//! have done anything, legacy gets the request, which is still in hand.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flags::{RoutePlan, Side};
use handlers::kit::Timeout;
use handlers::{Failure, FailureKind};
use http::{Request, Response};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use super::circuit::Admission;
use super::fallback::{self, Cause, Refusal, Situation};
use super::held::{self, Held, Unkept};
use super::{introduce, legacy};
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, FaultSide, ProxyError};
use crate::exchange::{Answered, Exchange};
use crate::shadow::Share;

pub use handlers::Identity;

/// What a request is said to have fallen back for when native was not even tried.
const CIRCUIT: &str = "circuit";
/// Room for a run to cross threads, beyond the longest that it may take by its own rules.
const GRACE: Duration = Duration::from_secs(1);

/// The native side of a process, or why there is none.
#[derive(Debug, Clone)]
pub enum NativeBackend {
    /// Handlers that run on the workshop.
    On {
        /// The handlers.
        native: handlers::Native,
        /// The runtime that they run on.
        workshop: Handle,
    },
    /// They cannot run.
    Off {
        /// One clause for people.
        reason: Arc<str>,
    },
}

/// Answers an exchange natively, or from legacy where that is safe and the route allows it.
///
/// # Errors
/// Native cannot run or has failed, and legacy may not be asked instead or has failed too.
pub async fn answer(core: &Rc<Core>, exchange: &mut Exchange) -> Answered {
    let plan = exchange.routed.as_ref().and_then(|routed| routed.plan.clone());
    let Some(plan) = plan else {
        // Only a plan can name the native side.
        return legacy::answer(core, exchange).await;
    };
    if !fallback::ever(&plan) {
        let (parts, body) = std::mem::take(&mut exchange.request).into_parts();
        let held = Held::Streaming(VecDeque::new(), body, Unkept::NoNeed);
        let answer = ask(core, exchange, parts, held).await;
        return answer.map_err(|failure| {
            let verdict = fallback::may_fall_back(&failure.situation(&plan, false));
            refused(core, verdict, failure)
        });
    }
    let permit = match core.circuits.admit(&plan.key, Instant::now()) {
        Admission::Run(permit) => permit,
        Admission::Skip => return hand_over(core, exchange, CIRCUIT).await,
    };
    let (parts, body) = std::mem::take(&mut exchange.request).into_parts();
    // The share of the budget is given back when legacy's head is there too.
    let (held, _share) = keep(core, &plan, body).await?;
    let again = match &held {
        Held::Whole(bytes) => Some(copy(&parts, bytes)),
        Held::Streaming(_, _, unkept) => {
            unkept.label().inspect(|why| core.metrics.body_not_kept(why));
            None
        }
    };
    let failure = match ask(core, exchange, parts, held).await {
        Ok(response) => {
            permit.succeeded(Instant::now());
            return Ok(response);
        }
        Err(failure) => failure,
    };
    let verdict = fallback::may_fall_back(&failure.situation(&plan, again.is_some()));
    let cause = failure.cause();
    // Handlers that are off cost nothing to ask, and what the route does not fall back for is an answer.
    if cause != Cause::Off && verdict != Err(Refusal::NotNamed) {
        permit.failed(&plan.key, Instant::now());
    }
    match (verdict, again) {
        (Ok(()), Some(again)) => {
            let (id, why) = (exchange.facts.id.as_str(), cause.label());
            tracing::warn!(request.id = id, why, cause = %failure, "native failed, legacy answers");
            exchange.request = again;
            hand_over(core, exchange, why).await
        }
        (verdict, _) => Err(refused(core, verdict, failure)),
    }
}

/// The failure is the answer; what forbade the way to legacy is counted.
fn refused(core: &Core, verdict: Result<(), Refusal>, failure: NativeFailure) -> ProxyError {
    let why = verdict.err().unwrap_or(Refusal::BodyGone);
    core.metrics.fallback_refused(why.label());
    failed(failure)
}

/// Legacy answers what native was to answer, with all the time that legacy has.
async fn hand_over(core: &Rc<Core>, exchange: &mut Exchange, why: &'static str) -> Answered {
    core.metrics.fell_back(why);
    let limit = exchange.answer_limit(&core.config.timeouts);
    if let Some(routed) = &mut exchange.routed {
        routed.serve = Side::Legacy;
        routed.fallback = Some(why);
    }
    timeout(limit, legacy::answer_since(core, exchange, Instant::now()))
        .await
        .unwrap_or_else(|_| Err(ProxyError::new(ErrorKind::Timeout, FaultSide::Legacy)))
}

/// Reads the body ahead. A client that sends it too slowly runs out of the time that it has for the whole request.
async fn keep(core: &Core, plan: &RoutePlan, body: Body) -> Result<(Held, Share), ProxyError> {
    let cap = core.config.fallback.body_bytes;
    let limit = plan.time_limits.timeout.unwrap_or(core.config.timeouts.answer);
    let kept = timeout(limit, held::hold(body, cap, &core.kept_bodies)).await;
    kept.map_err(|_| ProxyError::client(ErrorKind::Timeout))?
        .map_err(|error| ProxyError {
            source: Some(error),
            ..ProxyError::client(ErrorKind::ClientGone)
        })
}

fn copy(parts: &http::request::Parts, body: &Bytes) -> Request<Body> {
    let mut again = Request::new(Body::full(body.clone()));
    *again.method_mut() = parts.method.clone();
    *again.uri_mut() = parts.uri.clone();
    *again.headers_mut() = parts.headers.clone();
    again
}

/// Why native has no answer.
#[derive(Debug, thiserror::Error)]
enum NativeFailure {
    #[error("native handlers are off: {0}")]
    Off(Arc<str>),
    #[error(transparent)]
    Run(Failure),
    #[error("the run was lost: {0}")]
    Lost(#[from] tokio::task::JoinError),
    #[error("the run did not end in the longest time that it may take")]
    Endless,
}

impl NativeFailure {
    fn cause(&self) -> Cause {
        match self {
            Self::Off(_) => Cause::Off,
            Self::Run(failure) => failure.kind.into(),
            Self::Lost(_) | Self::Endless => Cause::Lost,
        }
    }

    fn situation(&self, plan: &RoutePlan, body_kept: bool) -> Situation {
        match self {
            Self::Off(_) => Situation::without_run(plan, body_kept),
            Self::Run(failure) => Situation::after(plan, failure, body_kept),
            Self::Lost(_) | Self::Endless => Situation::lost(plan, body_kept),
        }
    }
}

fn failed(failure: NativeFailure) -> ProxyError {
    let kind = match &failure {
        NativeFailure::Off(_) => ErrorKind::NativeUnavailable,
        NativeFailure::Endless => ErrorKind::Timeout,
        NativeFailure::Run(run) if run.kind == FailureKind::Timeout => ErrorKind::Timeout,
        NativeFailure::Run(run) if run.kind == FailureKind::Saturated => ErrorKind::NativeUnavailable,
        NativeFailure::Run(_) | NativeFailure::Lost(_) => ErrorKind::NativeFailed,
    };
    ProxyError::native(kind, failure)
}

async fn ask(
    core: &Rc<Core>,
    exchange: &Exchange,
    parts: http::request::Parts,
    held: Held,
) -> Result<Response<Body>, NativeFailure> {
    let (native, workshop) = match &core.native {
        NativeBackend::On { native, workshop } => (native.clone(), workshop),
        NativeBackend::Off { reason } => return Err(NativeFailure::Off(Arc::clone(reason))),
    };
    let mut feed = None;
    let body = match held {
        Held::Whole(bytes) => axum::body::Body::from(bytes),
        Held::Streaming(read, rest, _) => {
            let (body, work) = held::pipe(read, rest);
            feed = Some(work);
            axum::body::Body::new(body)
        }
    };
    let mut request = Request::from_parts(parts, body);
    let plan = exchange.routed.as_ref().and_then(|routed| routed.plan.as_deref());
    introduce(request.extensions_mut(), &exchange.facts, plan);
    let allowed = exchange.time_limits().timeout;
    if let Some(allowed) = allowed {
        request.extensions_mut().insert(Timeout(allowed));
    }
    let longest = native.longest_run(allowed) + GRACE;
    let run = workshop.spawn(async move { native.serve(request).await });
    let aborts = AbortOnDrop(run.abort_handle());
    let ended = timeout(longest, fed(run, feed)).await;
    let response = ended
        .map_err(|_| NativeFailure::Endless)??
        .map_err(NativeFailure::Run)?;
    drop(aborts);
    Ok(response.map(Body::Native))
}

/// Waits for a run and feeds it its body meanwhile; a run that ends early leaves the rest of the body alone.
async fn fed<T>(run: impl Future<Output = T>, feed: Option<impl Future<Output = ()>>) -> T {
    let mut run = std::pin::pin!(run);
    if let Some(feed) = feed {
        tokio::select! {
            biased;
            ended = run.as_mut() => return ended,
            () = feed => {}
        }
    }
    run.await
}

/// Ends a run whose client is gone; a run that writes protects itself against that.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
