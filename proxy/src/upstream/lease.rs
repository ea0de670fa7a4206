//! A connection in use by one request.

use std::fmt;
use std::rc::Weak;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri, Version};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use tokio::time::Instant;

use super::endpoint::Endpoint;
use super::http1::{Broken, Http1};
use super::send::Call;
use super::slots::Slot;
use crate::body::Body;
use crate::exchange::Notable;

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
    /// For one request at a time, and always HTTP/1.1.
    Http1(Box<Http1>),
    /// For a request that may leave HTTP: whoever answers 101 hands the connection over.
    Upgradable(http1::SendRequest<Body>),
    /// One of many streams.
    Http2(http2::SendRequest<Body>),
}

/// Where the body of an answer comes from.
#[derive(Debug)]
pub enum Source {
    /// From the connection that the lease is for.
    Lease,
    /// From a task that drives that connection.
    Task(Incoming),
}

/// The head of an answer, where its body comes from, and what is of note in it.
type Sent = Result<(Response<()>, Source, Notable), Box<SendFailure>>;

/// A request that was not answered.
#[derive(Debug)]
pub(super) struct SendFailure {
    /// Why.
    pub(super) error: SendError,
    /// Whether certainly nothing of it was sent.
    pub(super) unsent: bool,
    /// Whether the request is still whole.
    pub(super) whole: bool,
}

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// As the connection of our own has it.
    #[error(transparent)]
    Http1(#[from] Broken),
    /// As hyper has it.
    #[error(transparent)]
    Hyper(#[from] hyper::Error),
}

impl SendError {
    /// Whether something came that is no HTTP.
    pub(super) fn is_parse(&self) -> bool {
        match self {
            Self::Http1(broken) => broken.is_parse(),
            Self::Hyper(error) => error.is_parse(),
        }
    }

    /// Whether the body of the request is at fault.
    pub(super) fn is_user(&self) -> bool {
        match self {
            Self::Http1(broken) => matches!(broken, Broken::RequestBody(_)),
            Self::Hyper(error) => error.is_user(),
        }
    }
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

    /// Sends a request and waits for the head of its answer, which comes with what is of note in it. `scheme` is what HTTP/2 says of
    /// the request.
    ///
    /// # Errors
    /// With the word whether the request is still whole, so that it could be sent once more.
    pub(super) async fn send(&mut self, request: &mut Request<Body>, scheme: Scheme, call: &Call<'_>) -> Sent {
        match &mut self.sender {
            Sender::Http1(connection) => send_http1(connection, request, call).await,
            Sender::Upgradable(sender) => {
                call.say_who_asked(request);
                let sent = Box::pin(sender.try_send_request(std::mem::take(request))).await;
                sent.map(from_task).map_err(|mut failed| {
                    SendFailure::of_hyper(failed.take_message(), None, request, failed.into_error())
                })
            }
            Sender::Http2(sender) => {
                call.say_who_asked(request);
                to_http2(request, scheme);
                let spare = spare(request);
                let sent = Box::pin(sender.try_send_request(std::mem::take(request))).await;
                sent.map(from_task).map_err(|mut failed| {
                    SendFailure::of_hyper(failed.take_message(), spare, request, failed.into_error())
                })
            }
        }
    }

    /// The next piece of an answer whose body comes from here; none at its end.
    pub(super) fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut self.sender {
            Sender::Http1(connection) => connection.poll_body(context),
            Sender::Upgradable(_) | Sender::Http2(_) => Poll::Ready(None),
        }
    }

    /// The connection, if the body of its answer comes from here.
    pub(super) fn http1(&mut self) -> Option<&mut Http1> {
        match &mut self.sender {
            Sender::Http1(connection) => Some(connection),
            Sender::Upgradable(_) | Sender::Http2(_) => None,
        }
    }

    /// What is known of the body of an answer that comes from here: whether it has ended, and its size.
    pub(super) fn body_left(&self) -> (bool, SizeHint) {
        match &self.sender {
            Sender::Http1(connection) => (connection.is_end_stream(), connection.size_hint()),
            Sender::Upgradable(_) | Sender::Http2(_) => (true, SizeHint::with_exact(0)),
        }
    }

    /// Gives the connection back once its answer has been read to the end.
    pub fn give_back(self, now: Instant) {
        if let (Sender::Http1(connection), Some(endpoint)) = (self.sender, self.endpoint.upgrade())
            && connection.is_reusable()
        {
            endpoint.take_back(connection, now);
        }
    }
}

impl SendFailure {
    fn of_hyper(
        unsent: Option<Request<Body>>,
        spare: Option<Request<Body>>,
        request: &mut Request<Body>,
        error: hyper::Error,
    ) -> Box<Self> {
        let failure = Self {
            error: error.into(),
            unsent: unsent.is_some(),
            whole: unsent.is_some() || spare.is_some(),
        };
        if let Some(whole) = unsent.or(spare) {
            *request = whole;
        }
        Box::new(failure)
    }
}

async fn send_http1(connection: &mut Http1, request: &mut Request<Body>, call: &Call<'_>) -> Sent {
    let whole = request.body().try_clone().is_some();
    let interim = |status, headers| call.pass_on(status, headers);
    match connection.send(request, call.forwarded, &interim).await {
        Ok((response, notable)) => Ok((response, Source::Lease, notable)),
        Err(error) => Err(Box::new(SendFailure {
            error: error.into(),
            unsent: false,
            whole,
        })),
    }
}

fn from_task(response: Response<Incoming>) -> (Response<()>, Source, Notable) {
    let notable = Notable::of(response.headers());
    let (parts, incoming) = response.into_parts();
    (Response::from_parts(parts, ()), Source::Task(incoming), notable)
}

/// The same request again, if it may be needed and its body is in hand.
fn spare(request: &Request<Body>) -> Option<Request<Body>> {
    if !request.method().is_idempotent() {
        return None;
    }
    let mut spare = Request::new(request.body().try_clone()?);
    *spare.method_mut() = request.method().clone();
    *spare.uri_mut() = request.uri().clone();
    *spare.headers_mut() = request.headers().clone();
    Some(spare)
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
