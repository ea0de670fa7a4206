//! One canonical path, made once: the decision and the forwarded request use the same form.

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Uri};

use super::layered;
use crate::exchange::{Answered, Exchange, PathVerdict, Step};
use crate::framing::Refusal;

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
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        exchange.facts.path = settle(exchange);
        self.inner.call(exchange)
    }
}

fn settle(exchange: &mut Exchange) -> PathVerdict {
    let uri = exchange.request.uri();
    if exchange.request.method() == Method::CONNECT {
        return PathVerdict::Refused(Refusal::Connect);
    }
    if uri.path() == "*" {
        return match *exchange.request.method() {
            Method::OPTIONS => PathVerdict::Server,
            _ => PathVerdict::Refused(Refusal::Target),
        };
    }
    if let Some(authority) = uri.authority()
        && !is_own(authority, exchange.request.headers())
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

/// An absolute target names the same host as `Host` does, and no user (RFC 9112, section 3.2).
fn is_own(authority: &Authority, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let same = hosts
        .next()
        .is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()));
    // HTTP/2 may leave the header out; a second one is for a later step.
    (same || !headers.contains_key(HOST)) && !authority.as_str().contains('@')
}

/// An absolute target (`GET http://host/path`) is forwarded in origin form; where to is ours to say, never the client's.
fn keep_origin_form(exchange: &mut Exchange) {
    let target = exchange.request.uri().path_and_query().cloned();
    let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
    *exchange.request.uri_mut() = Uri::from(target);
}
