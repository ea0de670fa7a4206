//! A connection in use by one request.

use std::fmt;
use std::rc::Weak;

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};

use super::endpoint::Endpoint;
use super::slots::Slot;
use crate::body::Body;

/// A connection in use. Dropping it closes an HTTP/1.1 connection unless it was given back.
pub struct Lease {
    sender: Sender,
    endpoint: Weak<Endpoint>,
    /// Whether an earlier request has used the connection.
    reused: bool,
    /// The turn of this request.
    _slot: Slot,
}

/// The sending end of a connection.
pub(super) enum Sender {
    /// For one request at a time.
    Http1(http1::SendRequest<Body>),
    /// One of many streams.
    Http2(http2::SendRequest<Body>),
}

/// A request that was not answered.
#[derive(Debug)]
pub(super) struct SendFailure {
    /// Why.
    pub error: hyper::Error,
    /// The request, when the connection did not take it.
    pub unsent: Option<Request<Body>>,
}

impl Lease {
    pub(super) fn new(sender: Sender, endpoint: Weak<Endpoint>, reused: bool, slot: Slot) -> Self {
        Self {
            sender,
            endpoint,
            reused,
            _slot: slot,
        }
    }

    /// Whether an earlier request has used the connection.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Sends a request and waits for the head of its answer. `scheme` is what HTTP/2 says of the request.
    ///
    /// # Errors
    /// With the request, when it was certainly not sent.
    pub(super) async fn send(
        &mut self,
        mut request: Request<Body>,
        scheme: Scheme,
    ) -> Result<Response<Incoming>, Box<SendFailure>> {
        let sent = match &mut self.sender {
            Sender::Http1(sender) => sender.try_send_request(request).await,
            Sender::Http2(sender) => {
                to_http2(&mut request, scheme);
                sender.try_send_request(request).await
            }
        };
        sent.map_err(|mut failed| {
            let unsent = failed.take_message();
            Box::new(SendFailure {
                error: failed.into_error(),
                unsent,
            })
        })
    }

    /// Hands the connection back; the answer has been read to its end.
    pub fn give_back(self) {
        if let (Sender::Http1(sender), Some(endpoint)) = (self.sender, self.endpoint.upgrade()) {
            endpoint.take_back(sender);
        }
    }
}

/// HTTP/2 says in the target what HTTP/1.1 says in `Host` (RFC 9113, section 8.3.1).
fn to_http2(request: &mut Request<Body>, scheme: Scheme) {
    *request.version_mut() = Version::HTTP_2;
    let authority = request
        .headers()
        .get(HOST)
        .and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let Some(authority) = authority else {
        return;
    };
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(scheme);
    parts.authority = Some(authority);
    if let Ok(target) = Uri::from_parts(parts) {
        *request.uri_mut() = target;
        request.headers_mut().remove(HOST);
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("reused", &self.reused)
            .finish_non_exhaustive()
    }
}
