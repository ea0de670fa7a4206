//! Two whole answers and the moment of their exchange, ready for a verdict.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};

use crate::compare::{Answer, Known, Occasion, Rules, Verdict, compare};
use crate::shadow::now_ms;

/// One answer, owned and decoded.
#[derive(Clone)]
pub(super) struct Plain {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Plain {
    pub(super) fn of(response: &Response<Bytes>) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.body().clone(),
        }
    }

    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    fn answer(&self) -> Answer<'_> {
        Answer {
            status: self.status,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

/// Both answers to one request.
pub(super) struct Pair {
    pub(super) legacy: Plain,
    pub(super) native: Plain,
    pub(super) started_ms: i64,
    pub(super) ended_ms: i64,
    pub(super) known: Known,
    pub(super) may_mint: bool,
    pub(super) head: bool,
}

impl Pair {
    /// Two other answers to the same request, given by now.
    pub(super) fn between(&self, legacy: Plain, native: Plain) -> Self {
        Self {
            legacy,
            native,
            started_ms: self.started_ms,
            ended_ms: now_ms(),
            known: self.known.clone(),
            may_mint: self.may_mint,
            head: self.head,
        }
    }

    pub(super) fn verdict(&self, rules: &Rules) -> Verdict {
        let at = Occasion {
            started_ms: self.started_ms,
            ended_ms: self.ended_ms,
            known: &self.known,
            may_mint: self.may_mint,
            head: self.head,
        };
        compare(&self.legacy.answer(), &self.native.answer(), rules, &at)
    }
}

pub(super) fn is_head(request: &Request<Bytes>) -> bool {
    *request.method() == Method::HEAD
}

/// Every value that the request carries was there before the exchange.
pub(super) fn known_from(request: &Request<Bytes>) -> Known {
    let mut known = Known::nothing()
        .and(&request.uri().to_string())
        .and(&String::from_utf8_lossy(request.body()));
    for value in request.headers().values() {
        known = known.and(&String::from_utf8_lossy(value.as_bytes()));
    }
    known
}
