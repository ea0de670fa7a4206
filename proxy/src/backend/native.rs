//! The native handlers: a request crosses to the workshop's runtime and its answer streams back. When they fail before they
//! have done anything, legacy gets the request, which is still in hand.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use flags::{FallbackOn, Side};
use handlers::kit::Timeout;
use handlers::{Failure, FailureKind};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use tokio::runtime::Handle;

use super::{introduce, legacy};
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Exchange, Routed};

/// A body of up to this many bytes is held while native works on it, so that legacy can have it too.
const HELD_BYTES: usize = 1024 * 1024;

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

/// A request body on its way to native.
enum Held {
    /// All of it; it can be given to legacy as well.
    Whole(Bytes),
    /// Too long to hold, or of unknown length.
    Streaming(Body),
}

/// Answers an exchange natively, or from legacy where that is safe and the route allows it.
///
/// # Errors
/// Native cannot run or has failed, and legacy may not be asked instead or has failed too.
pub async fn answer(core: &Rc<Core>, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
    let (parts, body) = std::mem::take(&mut exchange.request).into_parts();
    let held = hold(body).await?;
    let again = match &held {
        Held::Whole(bytes) => {
            let mut again = Request::new(Body::full(bytes.clone()));
            *again.method_mut() = parts.method.clone();
            *again.uri_mut() = parts.uri.clone();
            *again.headers_mut() = parts.headers.clone();
            Some(again)
        }
        Held::Streaming(_) => None,
    };
    let failure = match ask(core, exchange, parts, held).await {
        Ok(response) => return Ok(response),
        Err(failure) => failure,
    };
    let allowed = exchange
        .routed
        .as_ref()
        .and_then(|routed| routed.plan.as_ref())
        .is_some_and(|plan| may_fall_back(plan.fallback, &failure));
    match again.filter(|_| allowed) {
        Some(again) => fall_back(core, exchange, again, &failure).await,
        None => Err(failed(failure)),
    }
}

async fn fall_back(
    core: &Rc<Core>,
    exchange: &mut Exchange,
    again: Request<Body>,
    failure: &NativeFailure,
) -> Result<Response<Body>, ProxyError> {
    let why = failure.label();
    tracing::warn!(request.id = exchange.facts.id.as_str(), why, cause = %failure, "native failed, legacy answers");
    core.metrics.fell_back(why);
    if let Some(routed) = &mut exchange.routed {
        routed.serve = Side::Legacy;
        routed.fallback = Some(why);
    }
    exchange.request = again;
    legacy::answer(core, exchange).await
}

/// Why native has no answer.
#[derive(Debug, thiserror::Error)]
enum NativeFailure {
    #[error("native handlers are off: {0}")]
    Off(Arc<str>),
    #[error(transparent)]
    Run(Failure),
    #[error("the run was lost: {0}")]
    Lost(tokio::task::JoinError),
}

impl NativeFailure {
    fn label(&self) -> &'static str {
        match self {
            Self::Off(_) => "off",
            Self::Run(failure) => match failure.kind {
                FailureKind::Fault => "fault",
                FailureKind::Timeout => "timeout",
                FailureKind::Saturated => "saturated",
                FailureKind::Panic => "panic",
            },
            Self::Lost(_) => "lost",
        }
    }
}

/// Whether legacy may answer after native has failed: native has certainly done nothing, and the route's flag names the cause.
/// Handlers that are off have done nothing; a lost run may have done anything.
fn may_fall_back(on: FallbackOn, failure: &NativeFailure) -> bool {
    match failure {
        NativeFailure::Off(_) => on.fault,
        NativeFailure::Lost(_) => false,
        NativeFailure::Run(run) => {
            let named = match run.kind {
                FailureKind::Fault => on.fault,
                FailureKind::Timeout => on.timeout,
                FailureKind::Saturated => on.saturated,
                FailureKind::Panic => on.panic,
            };
            named && run.may_fall_back()
        }
    }
}

fn failed(failure: NativeFailure) -> ProxyError {
    let kind = match &failure {
        NativeFailure::Off(_) => ErrorKind::NativeUnavailable,
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
    let body = match held {
        Held::Whole(bytes) => axum::body::Body::from(bytes),
        Held::Streaming(Body::Incoming(incoming)) => axum::body::Body::new(incoming),
        Held::Streaming(_) => axum::body::Body::empty(),
    };
    let mut request = Request::from_parts(parts, body);
    let plan = exchange.routed.as_ref().and_then(|routed| routed.plan.as_deref());
    introduce(request.extensions_mut(), &exchange.facts, plan);
    if let Some(timeout) = exchange.routed.as_ref().and_then(Routed::timeout) {
        request.extensions_mut().insert(Timeout(timeout));
    }
    let run = workshop.spawn(async move { native.serve(request).await });
    let aborts = AbortOnDrop(run.abort_handle());
    let response = run.await.map_err(NativeFailure::Lost)?.map_err(NativeFailure::Run)?;
    drop(aborts);
    Ok(response.map(Body::Native))
}

/// Ends a run whose client is gone; a run that writes protects itself against that.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn hold(body: Body) -> Result<Held, ProxyError> {
    if body.size_hint().upper().is_none_or(|most| most > HELD_BYTES as u64) {
        return Ok(Held::Streaming(body));
    }
    let collected = Limited::new(body, HELD_BYTES).collect().await;
    collected.map(|whole| Held::Whole(whole.to_bytes())).map_err(|error| {
        let mut gone = ProxyError::client(ErrorKind::ClientGone);
        gone.source = Some(error);
        gone
    })
}
