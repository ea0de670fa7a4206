//! The legacy app: the request goes out over the core's upstream connections and the answer streams back.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use http_body::Body as _;
use tokio::time::Instant;

use super::tunnel;
use crate::body::Body;
use crate::config::Timeouts;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Answered, Exchange, Notable};
use crate::framing::doubt_in_answer;
use crate::upstream::{AnswerBody, Call, Head, Passing, Patience, forwardable_request, forwardable_response};

/// Answers an exchange from the legacy app, in the time that it has had since it began.
///
/// # Errors
/// Nothing listens there, or it broke off before the head of the answer.
pub fn answer(core: &Rc<Core>, exchange: &mut Exchange) -> impl Future<Output = Answered> {
    let began = exchange.facts.started;
    answer_since(core, exchange, began)
}

/// Answers an exchange from the legacy app, whose time runs from this moment.
///
/// # Errors
/// As [`answer`].
pub async fn answer_since(core: &Rc<Core>, exchange: &mut Exchange, began: Instant) -> Answered {
    let timeouts = &core.config.timeouts;
    let limits = Limits::of(exchange, timeouts, began);
    let Exchange {
        request,
        facts,
        interim,
        ..
    } = exchange;
    let passing = Passing {
        trusted_peer: core.config.trusts(facts.peer),
        development: core.config.legacy.development,
    };
    let passed = forwardable_request(request.headers_mut(), facts, passing);
    *request.version_mut() = Version::HTTP_11;
    keep_body(request, facts.notable);
    let upgrade = passed.upgrade.is_some();
    let client = upgrade.then(|| hyper::upgrade::on(&mut *request));
    let call = Call {
        began,
        deadline: limits.head,
        connect: limits.connect,
        interim: interim.as_ref(),
        interims: Cell::new(0),
        upgrade,
        forwarded: passed.forwarded,
        metrics: &core.metrics,
    };
    let Head {
        mut response,
        source,
        notable,
        lease,
        at,
    } = core.legacy.send(request, &call).await?;
    facts.answered = Some(at);
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return match client {
            Some(client) => tunnel::switch(core, client, response, source),
            None => Err(ProxyError::legacy(ErrorKind::BrokenAnswer, "101 that nobody asked for")),
        };
    }
    if let Some(doubt) = doubt_in_answer(&response, notable) {
        // The connection is dropped with the answer.
        return Err(ProxyError::legacy(ErrorKind::BrokenAnswer, doubt));
    }
    // What the client is told is our own version (RFC 9110, section 7.6.3), whatever legacy speaks.
    *response.version_mut() = Version::HTTP_11;
    forwardable_response(response.headers_mut(), notable);
    let patience = || Patience {
        idle: match is_stream_of_events(response.headers()) {
            // Events may be hours apart; every other body that is silent for long is broken.
            true => timeouts.tunnel_idle,
            false => limits.idle,
        },
        until: limits.total,
    };
    let body = AnswerBody::begin(source, lease, at, patience);
    Ok(response.map(|()| body))
}

/// How long legacy may take for one exchange.
struct Limits {
    /// For a connection; none is the limit of the upstream.
    connect: Option<Duration>,
    /// Until the head is there.
    head: Instant,
    /// From one piece of the body to the next.
    idle: Duration,
    /// Until everything is there; none for an answer that may go on for ever.
    total: Option<Instant>,
}

impl Limits {
    fn of(exchange: &Exchange, timeouts: &Timeouts, began: Instant) -> Self {
        let route = exchange.time_limits();
        Self {
            connect: route.connect_timeout,
            head: began + exchange.answer_limit(timeouts),
            idle: route.idle_timeout.unwrap_or(timeouts.body_idle),
            total: exchange.total_limit(timeouts).map(|total| began + total),
        }
    }
}

/// A body of unknown length is sent in chunks whatever the method: left to itself, the client takes it off a GET and a HEAD, and then
/// legacy would see another request than native.
fn keep_body(request: &mut Request<Body>, notable: Notable) {
    let body = request.body();
    if body.is_end_stream() {
        // There is nothing to go on with (RFC 9110, section 10.1.1).
        if notable.has(Notable::EXPECT) {
            request.headers_mut().remove(EXPECT);
        }
        return;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) && body.size_hint().exact().is_none() {
        let headers = request.headers_mut();
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

fn is_stream_of_events(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/event-stream"))
}
