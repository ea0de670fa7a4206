//! The legacy app: the request goes out over the core's pool and the answer streams back.

use std::rc::Rc;

use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;

use super::tunnel;
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::Exchange;
use crate::upstream::{Failed, Lease, forwardable_request, forwardable_response, may_retry};

/// Answers an exchange from the legacy app.
///
/// # Errors
/// Nothing listens there, or it broke off before the head of the answer.
pub async fn answer(core: &Rc<Core>, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
    let mut request = std::mem::take(&mut exchange.request);
    let trusted = core.config.trusts(exchange.facts.peer);
    let wants_upgrade = forwardable_request(request.headers_mut(), &exchange.facts, trusted).is_some();
    *request.version_mut() = Version::HTTP_11;
    let client = wants_upgrade.then(|| hyper::upgrade::on(&mut request));
    let (response, lease) = send(core, request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return match client {
            Some(client) => Ok(tunnel::switch(core, client, response)),
            None => Err(ProxyError::legacy(ErrorKind::BrokenAnswer, "101 that nobody asked for")),
        };
    }
    let (mut parts, body) = response.into_parts();
    // What the client is told is our own version (RFC 9110, section 7.6.3), whatever legacy speaks.
    parts.version = Version::HTTP_11;
    forwardable_response(&mut parts.headers);
    Ok(Response::from_parts(parts, Body::Upstream(body, Some(lease))))
}

/// Sends a request, and where [`may_retry`] allows it once more on a fresh connection.
async fn send(core: &Rc<Core>, request: Request<Body>) -> Result<(Response<Incoming>, Lease), ProxyError> {
    let spare = spare(&request);
    let first = match core.legacy.reuse() {
        Some(lease) => attempt(lease, request).await,
        None => attempt(fresh(core).await?, request).await,
    };
    let attempt_failed = match first {
        Ok(answered) => return Ok(answered),
        Err(failed) => failed,
    };
    let again = attempt_failed.unsent.or(spare);
    let Some(again) = again.filter(|again| may_retry(attempt_failed.stage, again.method(), true)) else {
        return Err(attempt_failed.error);
    };
    core.metrics.retried();
    attempt(fresh(core).await?, again).await.map_err(|failed| failed.error)
}

struct AttemptFailed {
    stage: Failed,
    error: ProxyError,
    /// The request, when the connection did not take it.
    unsent: Option<Request<Body>>,
}

async fn attempt(mut lease: Lease, request: Request<Body>) -> Result<(Response<Incoming>, Lease), AttemptFailed> {
    let reused = lease.is_reused();
    match lease.send(request).await {
        Ok(response) => Ok((response, lease)),
        Err(failure) => {
            let stage = match (&failure.unsent, reused) {
                (Some(_), _) => Failed::Unsent,
                (None, true) => Failed::StaleConnection,
                (None, false) => Failed::NoAnswer,
            };
            let kind = if failure.error.is_user() {
                ErrorKind::ClientGone
            } else {
                ErrorKind::BrokenAnswer
            };
            Err(AttemptFailed {
                stage,
                error: ProxyError::legacy(kind, failure.error),
                unsent: failure.unsent,
            })
        }
    }
}

async fn fresh(core: &Rc<Core>) -> Result<Lease, ProxyError> {
    let lease = core.legacy.connect().await;
    core.metrics.legacy_asked(lease.as_ref().err().map(ToString::to_string));
    lease.map_err(|error| match error.kind() {
        std::io::ErrorKind::TimedOut => ProxyError::legacy(ErrorKind::Timeout, error),
        _ => ProxyError::legacy(ErrorKind::Unreachable, error),
    })
}

/// The same request again, when its body is in hand. An upgrade is never repeated: its connection is promised away.
fn spare(request: &Request<Body>) -> Option<Request<Body>> {
    if request.headers().contains_key(http::header::UPGRADE) {
        return None;
    }
    let mut spare = Request::new(request.body().try_clone()?);
    *spare.method_mut() = request.method().clone();
    *spare.uri_mut() = request.uri().clone();
    *spare.headers_mut() = request.headers().clone();
    Some(spare)
}
