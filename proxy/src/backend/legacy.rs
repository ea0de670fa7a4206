//! The legacy app: the request goes out over the core's upstream connections and the answer streams back.

use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use tokio::time::Instant;

use super::tunnel;
use crate::body::Body;
use crate::config::Timeouts;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::Exchange;
use crate::framing::doubt_in_answer;
use crate::upstream::{AnswerBody, Call, Passing, Patience, forwardable_request, forwardable_response};

/// Answers an exchange from the legacy app, in the time that it has had since it began.
///
/// # Errors
/// Nothing listens there, or it broke off before the head of the answer.
pub async fn answer(core: &Rc<Core>, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
    let began = exchange.facts.started;
    answer_since(core, exchange, began).await
}

/// Answers an exchange from the legacy app, whose time runs from this moment.
///
/// # Errors
/// As [`answer`].
pub async fn answer_since(
    core: &Rc<Core>,
    exchange: &mut Exchange,
    began: Instant,
) -> Result<Response<Body>, ProxyError> {
    let timeouts = &core.config.timeouts;
    let mut request = std::mem::take(&mut exchange.request);
    let passing = Passing {
        trusted_peer: core.config.trusts(exchange.facts.peer),
        development: core.config.legacy.development,
    };
    let wants_upgrade = forwardable_request(request.headers_mut(), &exchange.facts, passing).is_some();
    *request.version_mut() = Version::HTTP_11;
    keep_body(&mut request);
    let client = wants_upgrade.then(|| hyper::upgrade::on(&mut request));
    let call = Call {
        deadline: began + exchange.answer_limit(timeouts),
        connect: exchange.time_limits().connect_timeout,
        metrics: &core.metrics,
    };
    let (response, lease) = core.legacy.send(request, &call).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return match client {
            Some(client) => tunnel::switch(core, client, response),
            None => Err(ProxyError::legacy(ErrorKind::BrokenAnswer, "101 that nobody asked for")),
        };
    }
    let (mut parts, body) = response.into_parts();
    if let Some(doubt) = doubt_in_answer(&parts) {
        // The connection is dropped with the answer.
        return Err(ProxyError::legacy(ErrorKind::BrokenAnswer, doubt));
    }
    // What the client is told is our own version (RFC 9110, section 7.6.3), whatever legacy speaks.
    parts.version = Version::HTTP_11;
    forwardable_response(&mut parts.headers);
    let patience = Patience {
        idle: idle_limit(exchange, timeouts, &parts.headers),
        until: exchange.total_limit(timeouts).map(|total| began + total),
    };
    Ok(Response::from_parts(parts, AnswerBody::begin(body, lease, patience)))
}

/// A body of unknown length is sent in chunks whatever the method: left to itself, the client takes it off a GET and a HEAD, and then
/// legacy would see another request than native.
fn keep_body(request: &mut Request<Body>) {
    let body = request.body();
    if body.is_end_stream() {
        // There is nothing to go on with (RFC 9110, section 10.1.1).
        request.headers_mut().remove(EXPECT);
        return;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) && body.size_hint().exact().is_none() {
        let headers = request.headers_mut();
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Events may be hours apart; every other body that is silent for long is broken.
fn idle_limit(exchange: &Exchange, timeouts: &Timeouts, headers: &HeaderMap) -> Duration {
    let events = headers
        .get(CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/event-stream"));
    if events {
        timeouts.tunnel_idle
    } else {
        exchange.time_limits().idle_timeout.unwrap_or(timeouts.body_idle)
    }
}
