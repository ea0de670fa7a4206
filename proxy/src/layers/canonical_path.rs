//! One canonical path, made once: the decision and the forwarded request use the same form.

use http::uri::PathAndQuery;
use http::{Method, Uri};

use super::layered;
use crate::body::Body;
use crate::error::ProxyError;
use crate::exchange::{Exchange, PathVerdict, Step};
use crate::framing::Refusal;
use http::Response;

mod form;

pub use form::{Form, canonical_form};

/// Rewrites the target to its canonical form, or notes why it has none; a later step answers then.
#[derive(Debug, Clone, Copy)]
pub struct CanonicalPath;

/// The step of [`CanonicalPath`].
#[derive(Debug)]
pub struct CanonicalPathStep<S> {
    inner: S,
}

layered!(CanonicalPath => CanonicalPathStep {});

impl<S: Step> Step for CanonicalPathStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        exchange.facts.path = settle(exchange);
        self.inner.call(exchange).await
    }
}

fn settle(exchange: &mut Exchange) -> PathVerdict {
    let uri = exchange.request.uri();
    if exchange.request.method() == Method::CONNECT {
        return PathVerdict::Refused(Refusal::Connect);
    }
    if uri.path() == "*" {
        return PathVerdict::Refused(Refusal::Target);
    }
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return PathVerdict::Refused(Refusal::Target);
    }
    match canonical_form(uri.path()) {
        Form::Refused(_) => PathVerdict::Refused(Refusal::Path),
        Form::Redirect(path) => PathVerdict::Redirect(with_query(&path, uri)),
        Form::Kept => {
            if uri.scheme().is_some() {
                keep_origin_form(exchange);
            }
            PathVerdict::Canonical
        }
        Form::Changed(path) => match with_query(&path, uri).parse::<PathAndQuery>() {
            Ok(target) => {
                *exchange.request.uri_mut() = Uri::from(target);
                PathVerdict::Canonical
            }
            Err(_) => PathVerdict::Refused(Refusal::Path),
        },
    }
}

fn with_query(path: &str, uri: &Uri) -> String {
    uri.query()
        .map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// An absolute target (`GET http://host/path`) is forwarded in origin form; where to is ours to say, never the client's.
fn keep_origin_form(exchange: &mut Exchange) {
    let uri = exchange.request.uri();
    let authority = uri
        .authority()
        .and_then(|authority| http::HeaderValue::from_str(authority.as_str()).ok());
    let target = uri
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    if let Some(host) = authority {
        // RFC 9112, section 3.2.2: the host of an absolute target wins over the Host header.
        exchange.request.headers_mut().insert(http::header::HOST, host);
    }
    *exchange.request.uri_mut() = Uri::from(target);
}
