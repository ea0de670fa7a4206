//! Record: while somebody records, what legacy is asked and answers is copied on its way.
//!
//! Right above dispatch: the request is the one that legacy gets, and the answer is the one that it gives. Both stream on as they
//! would; the copies are bounded, and dropped when nobody keeps up.

use std::sync::{Arc, OnceLock};

use flags::Side;
use futures_util::future::Either;
use http::header::UPGRADE;
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use http_body::Body as _;

use crate::body::Body;
use crate::exchange::{Answered, Exchange, Step};
use crate::layers::layered;
use crate::record::{Open, Raw, Tap};
use crate::shadow::{Copier, Share, Tee, Whole, now_ms};

/// Longest body of a recording, in bytes.
const LONGEST_BODY: usize = 2 << 20;

/// Adds the step; see the module.
#[derive(Clone, Debug)]
pub struct Record {
    tap: Tap,
}

impl Record {
    /// A layer that offers exchanges to this tap.
    #[must_use]
    pub fn new(tap: Tap) -> Self {
        Self { tap }
    }
}

layered!(Record => RecordStep { tap });

/// The step.
#[derive(Debug)]
pub struct RecordStep<S> {
    inner: S,
    tap: Tap,
}

impl<S: Step> Step for RecordStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        let open = self.tap.open_for(exchange);
        match open.filter(|_| !exchange.request.headers().contains_key(UPGRADE)) {
            None => Either::Left(self.inner.call(exchange)),
            Some(open) => Either::Right(Box::pin(self.recorded(exchange, open))),
        }
    }
}

impl<S: Step> RecordStep<S> {
    async fn recorded(&self, exchange: &mut Exchange, open: Arc<Open>) -> Answered {
        let take = Take::begin(self.tap.clone(), open, exchange);
        let answer = self.inner.call(exchange).await?;
        let by_legacy = exchange
            .routed
            .as_ref()
            .is_none_or(|routed| routed.serve == Side::Legacy);
        Ok(if by_legacy && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            take.copy(answer)
        } else {
            answer
        })
    }
}

/// One exchange that is being copied.
struct Take {
    tap: Tap,
    open: Arc<Open>,
    route: String,
    started_ms: i64,
    scheme: &'static str,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Asked,
}

/// The body of the request.
enum Asked {
    None,
    /// Filled when legacy has read it all.
    Copied(Arc<OnceLock<Whole>>),
}

impl Take {
    fn begin(tap: Tap, open: Arc<Open>, exchange: &mut Exchange) -> Self {
        let body = if exchange.request.body().is_end_stream() {
            Asked::None
        } else {
            let whole = Arc::new(OnceLock::new());
            let body = std::mem::take(exchange.request.body_mut());
            let keep = Arc::clone(&whole);
            let copier = copier(&open, move |copied| {
                if let Some(copied) = copied {
                    // Set once: a body ends once.
                    let _ = keep.set(copied);
                }
            });
            *exchange.request.body_mut() = Body::wrapped(Tee::new(body, Some(copier)));
            Asked::Copied(whole)
        };
        let plan = exchange.routed.as_ref().and_then(|routed| routed.plan.as_ref());
        Self {
            tap,
            open,
            route: plan.map(|plan| plan.key.to_string()).unwrap_or_default(),
            started_ms: now_ms(),
            scheme: exchange.facts.scheme,
            method: exchange.request.method().clone(),
            uri: exchange.request.uri().clone(),
            headers: exchange.request.headers().clone(),
            body,
        }
    }

    fn copy(self, answer: Response<Body>) -> Response<Body> {
        let (status, answer_headers) = (answer.status(), answer.headers().clone());
        let open = Arc::clone(&self.open);
        let copier = copier(&open, move |copied| {
            let (tap, open) = (self.tap.clone(), Arc::clone(&self.open));
            let raw = copied.and_then(|answer| self.raw(status, answer_headers, answer));
            tap.offer(&open, raw);
        });
        answer.map(|body| Body::wrapped(Tee::new(body, Some(copier))))
    }

    /// Whole, or nothing: legacy may have answered before it had read the whole request.
    fn raw(self, status: StatusCode, answer_headers: HeaderMap, answer: Whole) -> Option<Raw> {
        let body = match self.body {
            Asked::None => None,
            Asked::Copied(whole) => Some(Arc::into_inner(whole)?.into_inner()?),
        };
        Some(Raw {
            route: self.route,
            started_ms: self.started_ms,
            scheme: self.scheme,
            method: self.method,
            uri: self.uri,
            headers: self.headers,
            body,
            status,
            answer_headers,
            answer,
        })
    }
}

fn copier(open: &Open, done: impl FnOnce(Option<Whole>) + Send + 'static) -> Copier {
    Copier {
        share: Share::empty(&open.memory),
        cap: LONGEST_BODY,
        done: Box::new(|copied| done(copied.ok())),
    }
}
