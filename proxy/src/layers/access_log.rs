//! One JSON line per request, when the configuration asks for it. It never has a query, a body, a cookie or a token in it.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::Either;
use http::{Method, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::layered;
use crate::access_log::AccessLogSink;
use crate::body::Body;
use crate::core::Core;
use crate::error::BoxError;
use crate::exchange::{Answered, Exchange, RequestId, Step};

/// Writes the access log.
#[derive(Debug, Clone)]
pub struct AccessLog {
    sink: Option<AccessLogSink>,
}

/// The step of [`AccessLog`].
#[derive(Debug)]
pub struct AccessLogStep<S> {
    inner: S,
    sink: Option<AccessLogSink>,
}

layered!(AccessLog => AccessLogStep { sink });

impl AccessLog {
    /// On when the configuration says so.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            sink: core.access_log.clone(),
        }
    }
}

impl<S: Step> Step for AccessLogStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        let Some(sink) = &self.sink else {
            return Either::Left(self.inner.call(exchange));
        };
        Either::Right(Box::pin(self.logged(exchange, sink)))
    }
}

impl<S: Step> AccessLogStep<S> {
    async fn logged(&self, exchange: &mut Exchange, sink: &AccessLogSink) -> Answered {
        let request = &exchange.request;
        let asked = Asked {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            request_bytes: request.body().size_hint().exact(),
        };
        let response = self.inner.call(exchange).await?;
        Ok(logged(response, exchange, asked, sink.clone()))
    }
}

/// What is known before the request goes on.
struct Asked {
    method: Method,
    path: String,
    request_bytes: Option<u64>,
}

/// What is known when the head of the answer is.
struct Entry {
    asked: Asked,
    id: RequestId,
    client: std::net::IpAddr,
    route: Option<String>,
    side: Option<&'static str>,
    reason: Option<&'static str>,
    status: u16,
    started: Instant,
    head: Duration,
}

/// A line as it is written.
#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    id: &'a str,
    client: std::net::IpAddr,
    method: &'a str,
    path: &'a str,
    route: Option<&'a str>,
    side: Option<&'a str>,
    reason: Option<&'a str>,
    status: u16,
    request_bytes: Option<u64>,
    response_bytes: u64,
    complete: bool,
    head_ms: f64,
    total_ms: f64,
}

fn logged(response: Response<Body>, exchange: &Exchange, asked: Asked, sink: AccessLogSink) -> Response<Body> {
    let routed = exchange.routed.as_ref();
    let entry = Entry {
        asked,
        id: exchange.facts.id.clone(),
        client: exchange.facts.client,
        route: routed
            .and_then(|routed| routed.plan.as_ref())
            .map(|plan| plan.key.to_string()),
        side: routed.map(|routed| routed.serve.as_str()),
        reason: routed.map(|routed| routed.fallback.map_or_else(|| routed.reason.label(), |_| "fallback")),
        status: response.status().as_u16(),
        started: exchange.facts.started,
        head: exchange.facts.started.elapsed(),
    };
    response.map(|body| {
        let logged = LoggedBody {
            body,
            bytes: 0,
            entry,
            sink,
        };
        Body::wrapped(logged)
    })
}

/// Counts the bytes of an answer, and writes its line when it is dropped: then it is complete, or will never be.
struct LoggedBody {
    body: Body,
    bytes: u64,
    entry: Entry,
    sink: AccessLogSink,
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        let entry = &self.entry;
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let millis = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        let line = Line {
            time: &now,
            id: entry.id.as_str(),
            client: entry.client,
            method: entry.asked.method.as_str(),
            path: &entry.asked.path,
            route: entry.route.as_deref(),
            side: entry.side,
            reason: entry.reason,
            status: entry.status,
            request_bytes: entry.asked.request_bytes,
            response_bytes: self.bytes,
            complete: self.body.is_end_stream(),
            head_ms: millis(entry.head),
            total_ms: millis(entry.started.elapsed()),
        };
        // A line of numbers and text can always be written as JSON.
        if let Ok(mut line) = serde_json::to_vec(&line) {
            line.push(b'\n');
            self.sink.put(line);
        }
    }
}
