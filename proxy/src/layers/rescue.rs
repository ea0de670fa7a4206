//! The only place where an error becomes a response. It is logged here, once.

use std::rc::Rc;

use http::header::{ACCEPT, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::{decide, layered};
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, FaultSide, ProxyError};
use crate::exchange::{Answered, Exchange, Notable, PathVerdict, Step};

/// Turns errors into answers.
#[derive(Debug, Clone, Copy)]
pub struct Rescue {
    marks: bool,
}

/// The step of [`Rescue`].
#[derive(Debug)]
pub struct RescueStep<S> {
    inner: S,
    marks: bool,
}

layered!(Rescue => RescueStep { marks });

impl Rescue {
    /// Errors are marked as answers are.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            marks: core.config.answer_headers,
        }
    }
}

impl<S: Step> Step for RescueStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        // The request is gone when it is known whether this matters.
        let accept = match exchange.facts.notable.has(Notable::ACCEPT) {
            true => exchange.request.headers().get(ACCEPT).cloned(),
            false => None,
        };
        if let PathVerdict::Redirect(location) = &exchange.facts.path {
            return Ok(redirect(location));
        }
        match self.inner.call(exchange).await {
            Ok(response) => Ok(response),
            Err(error) => {
                log(exchange, &error);
                if self.marks {
                    decide::mark(exchange);
                }
                Ok(answer(
                    &error,
                    exchange.facts.id.as_str(),
                    prefers_html(accept.as_ref()),
                ))
            }
        }
    }
}

fn log(exchange: &Exchange, error: &ProxyError) {
    let cause = error
        .source
        .as_ref()
        .map(|source| format!("{source:?}"))
        .unwrap_or_default();
    let route = exchange
        .routed
        .as_ref()
        .and_then(|routed| routed.plan.as_ref())
        .map(|plan| plan.key.to_string());
    let (id, kind, side) = (exchange.facts.id.as_str(), error.kind.label(), error.side.as_str());
    if error.side == FaultSide::Client {
        tracing::debug!(request.id = id, kind, side, cause, "refused a request: {error}");
    } else {
        tracing::warn!(request.id = id, kind, side, route, cause, "no answer: {error}");
    }
}

/// The status that tells the client who failed and how.
#[must_use]
pub const fn status(error: &ProxyError) -> StatusCode {
    match error.kind {
        ErrorKind::Refused(refusal) => refusal.status(),
        ErrorKind::BadRequest(_) => StatusCode::BAD_REQUEST,
        ErrorKind::Overloaded { .. } | ErrorKind::NativeUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Unreachable | ErrorKind::BrokenAnswer | ErrorKind::NativeFailed => StatusCode::BAD_GATEWAY,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::ClientGone => StatusCode::BAD_REQUEST,
    }
}

/// The answer that an error becomes.
pub(crate) fn answer(error: &ProxyError, id: &str, html: bool) -> Response<Body> {
    let status = status(error);
    let (content_type, text) = if html {
        page(status, error, id)
    } else {
        document(status, error, id)
    };
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let ErrorKind::Overloaded { retry_after } = error.kind {
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
    let closes = match error.kind {
        ErrorKind::Refused(refusal) => refusal.closes(),
        ErrorKind::BadRequest(_) => true,
        _ => false,
    };
    if closes {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn document(status: StatusCode, error: &ProxyError, id: &str) -> (&'static str, String) {
    let body = serde_json::json!({
        "error": error.kind.message(),
        "statusCode": status.as_u16(),
        "requestId": id,
    });
    ("application/json", body.to_string())
}

/// Nothing in the page comes from the request but its id, which is visible ASCII without `<` or `&`.
fn page(status: StatusCode, error: &ProxyError, id: &str) -> (&'static str, String) {
    let title = status.canonical_reason().unwrap_or("Error");
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{code} {title}</title>\
         <h1>{code} {title}</h1><p>{message}.</p><p>Request <code>{id}</code></p></html>",
        code = status.as_u16(),
        message = error.kind.message(),
    );
    ("text/html; charset=utf-8", text)
}

/// Whether a person looks at the answer: `text/html` is named, and not after JSON.
fn prefers_html(accept: Option<&HeaderValue>) -> bool {
    let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let place = |kind: &str| accept.find(kind);
    place("text/html").is_some_and(|html| place("application/json").is_none_or(|json| html < json))
}

/// Next.js sends the target as the body too.
fn redirect(location: &str) -> Response<Body> {
    let mut response = Response::new(Body::full(location.to_owned()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_for_those_who_ask_for_it_first() {
        let prefers = |accept: &'static str| prefers_html(Some(&HeaderValue::from_static(accept)));
        assert!(prefers("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!prefers("*/*"));
        assert!(!prefers("application/json, text/html"));
        assert!(!prefers_html(None));
    }

    #[test]
    fn each_side_has_its_status() {
        let error = |kind| status(&ProxyError::new(kind, FaultSide::Legacy)).as_u16();
        assert_eq!(error(ErrorKind::Unreachable), 502);
        assert_eq!(error(ErrorKind::Timeout), 504);
        assert_eq!(error(ErrorKind::NativeUnavailable), 503);
        assert_eq!(error(ErrorKind::Refused(crate::framing::Refusal::Path)), 400);
    }
}
