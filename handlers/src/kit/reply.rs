//! The answer of an endpoint.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;

/// An answer, 4xx included. Its writes are committed unless [`Reply::rollback`] is said.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: ReplyBody,
    rollback: bool,
}

#[derive(Debug)]
enum ReplyBody {
    Whole(Bytes),
    Streamed(Body),
}

impl Reply {
    /// 200 with a JSON body.
    #[must_use]
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// A JSON body with any status; the content type has no charset, as in the contract of the browser-facing routes.
    #[must_use]
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                Self::whole(status, bytes.into()).header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            }
            // Only a map with keys that are no strings can get here; wire types have none.
            Err(error) => {
                tracing::error!(%error, "a reply could not be written as JSON");
                Self::empty(StatusCode::INTERNAL_SERVER_ERROR).rollback()
            }
        }
    }

    /// No body and no content type.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self::whole(status, Bytes::new())
    }

    /// Bytes as they are; the caller states the content type.
    #[must_use]
    pub fn whole(status: StatusCode, body: Bytes) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: ReplyBody::Whole(body),
            rollback: false,
        }
    }

    /// A body that is made while it is sent (server-sent events, files); never dry-run.
    #[must_use]
    pub fn streamed(status: StatusCode, body: Body) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: ReplyBody::Streamed(body),
            rollback: false,
        }
    }

    /// Adds one header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The headers, to add several.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Undoes the writes of this unit of work; announced effects are dropped with them.
    #[must_use]
    pub fn rollback(mut self) -> Self {
        self.rollback = true;
        self
    }

    /// Whether the writes are undone.
    #[must_use]
    pub fn wants_rollback(&self) -> bool {
        self.rollback
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body; `None` when it is a stream.
    #[must_use]
    pub fn whole_body(&self) -> Option<&[u8]> {
        match &self.body {
            ReplyBody::Whole(bytes) => Some(bytes),
            ReplyBody::Streamed(_) => None,
        }
    }

    /// The answer with its body in memory; `None` when the body is a stream.
    pub(crate) fn into_whole(self) -> Option<Response<Bytes>> {
        let ReplyBody::Whole(body) = self.body else {
            return None;
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        Some(response)
    }
}

impl axum::response::IntoResponse for Reply {
    fn into_response(self) -> axum::response::Response {
        let body = match self.body {
            ReplyBody::Whole(bytes) => Body::from(bytes),
            ReplyBody::Streamed(body) => body,
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
