//! Answers that belong to no endpoint, and the headers that belong to all.

use axum::body::Body;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};

use super::Inner;
use crate::kit::error::Unexpected;
use crate::kit::{ApiError, Reply};

impl Inner {
    /// Adds the headers that every browser-facing answer carries, and takes the body from an answer to `HEAD`.
    pub(super) fn dress(&self, reply: Reply, path: &str, head_only: bool) -> Response<Body> {
        let mut response = reply.into_response();
        self.add_headers(response.headers_mut(), path);
        if head_only {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        response
    }

    /// As [`Inner::dress`], for an answer in memory.
    pub(super) fn dress_whole(&self, mut response: Response<Bytes>, path: &str, head_only: bool) -> Response<Bytes> {
        self.add_headers(response.headers_mut(), path);
        if head_only {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    fn add_headers(&self, headers: &mut HeaderMap, path: &str) {
        if is_backend(path) {
            return;
        }
        for (name, value) in &self.context.settings.response_headers {
            headers.append(name, value.clone());
        }
    }
}

/// Whether a path is one of the legacy backend's own.
fn is_backend(path: &str) -> bool {
    path.starts_with("/api/v1/") || path == "/api/v1"
}

/// The pattern exists, the method does not. At the backend that is as good as no pattern (auth contract, "Backend HTTP rules").
pub(super) fn unknown_method(method: &Method, uri: &Uri, methods: &[Method]) -> Reply {
    if is_backend(uri.path()) {
        nothing(method, uri)
    } else {
        other_method(method, methods)
    }
}

/// The pattern exists, the method does not (auth contract, "Routing facts"): `OPTIONS` gets 204 with the methods in alphabetical
/// order, everything else 405 without a body and without `allow`.
fn other_method(method: &Method, methods: &[Method]) -> Reply {
    if method != Method::OPTIONS {
        return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.dedup();
    let reply = Reply::empty(StatusCode::NO_CONTENT);
    match HeaderValue::from_str(&names.join(", ")) {
        Ok(allow) => reply.header(ALLOW, allow),
        Err(_) => reply,
    }
}

/// No pattern matches. Legacy's page for it is left to legacy; what comes here anyway gets the backend's envelope.
pub(super) fn nothing(method: &Method, uri: &Uri) -> Reply {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    ApiError::envelope(StatusCode::NOT_FOUND, &format!("Cannot {method} {target}")).into()
}

/// The backend's answer to a body over its limit (auth contract, "Backend HTTP rules").
pub(super) fn too_large() -> Reply {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    Reply::json(status, &Unexpected::new(status, "request entity too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_lists_the_methods_in_alphabetical_order() {
        let reply = other_method(&Method::OPTIONS, &[Method::POST, Method::GET]).into_response();
        assert_eq!(reply.status(), StatusCode::NO_CONTENT);
        assert_eq!(reply.headers()[ALLOW], "GET, HEAD, OPTIONS, POST");
        let reply = other_method(&Method::PATCH, &[Method::GET]).into_response();
        assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert!(reply.headers().is_empty());
    }
}
