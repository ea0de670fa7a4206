//! A request as endpoints see it.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri};

use super::compat::Compat;
use super::extract::json::Json;
use super::extract::path::PathSegment;
use super::extract::query::Query;

/// The id of the request, set by the proxy as an extension.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The address of the client, set by the proxy as an extension.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// The time that a live run may take, set by the proxy as an extension; without it the setting holds.
#[derive(Clone, Copy, Debug)]
pub struct Timeout(pub Duration);

/// A request with its whole body and its path parameters.
#[derive(Debug)]
pub struct Inbound {
    /// The method; `GET` for a `HEAD` request, which differs only in what is sent.
    pub method: Method,
    /// The target as it came.
    pub uri: Uri,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The id of the request, when the proxy set one.
    pub request_id: Option<String>,
    /// The address of the client, when the proxy set one.
    pub client: Option<IpAddr>,
    compat: Compat,
    path: Vec<PathSegment>,
}

impl Inbound {
    pub(crate) fn new(parts: http::request::Parts, body: Bytes, path: Vec<PathSegment>) -> Self {
        let http::request::Parts {
            method,
            uri,
            headers,
            extensions,
            ..
        } = parts;
        Self {
            method,
            uri,
            headers,
            body,
            request_id: get::<RequestId>(&extensions).map(|id| id.0),
            client: get::<ClientAddress>(&extensions).map(|address| address.0),
            compat: get::<Compat>(&extensions).unwrap_or_default(),
            path,
        }
    }

    /// The query string, with the rules of the legacy system.
    #[must_use]
    pub fn query(&self) -> Query {
        Query::parse(self.uri.query().unwrap_or_default())
    }

    /// The body as a JSON object; anything else (nothing, malformed text, a scalar, a list) counts as `{}`.
    #[must_use]
    pub fn json_or_empty(&self) -> Json {
        Json::lenient(&self.body)
    }

    /// The token of an `Authorization: Bearer …` header.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        super::extract::bearer::token(&self.headers)
    }

    /// A path parameter by its name in the pattern.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&PathSegment> {
        self.path.iter().find(|segment| segment.name == name)
    }

    /// Whether a named compatibility switch is on for this route.
    #[must_use]
    pub fn compat(&self, switch: &str) -> bool {
        self.compat.0.contains(switch)
    }
}

fn get<T: Clone + Send + Sync + 'static>(extensions: &Extensions) -> Option<T> {
    extensions.get::<T>().cloned()
}
