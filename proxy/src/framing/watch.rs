//! The answering side of a watched connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite};

use super::guard::{ClientPatience, Guarded};
use super::head::HeadLimits;
use super::interim::Interim;
use super::link::Link;
use super::reader::Reader;
use super::refusal::Refusal;
use super::socket::Socket;
use crate::body::Body;
use crate::config::Config;
use crate::error::BoxError;
use crate::metrics::CoreMetrics;

/// Watches the requests of one HTTP/1 connection. What it gives in place of `io` belongs under a server, which says by [`Watch::begin`] and
/// [`Watch::decide`] what becomes of each request.
pub fn watch<S: AsyncRead + AsyncWrite + Unpin>(io: S, config: &Config) -> (Socket<S>, Watch) {
    let link = Arc::new(Link::default());
    let reader = Reader::new(HeadLimits {
        uri_bytes: config.limits.uri_bytes,
        headers: config.limits.headers,
        head_bytes: config.limits.head_bytes,
    });
    let patience = ClientPatience {
        head: config.timeouts.request_head,
        idle: config.timeouts.client_idle,
        body: config.timeouts.request_body,
        bytes_per_second: config.limits.client_bytes_per_second,
        write: config.timeouts.client_write,
    };
    let guarded = Guarded::new(io, reader, patience, Arc::clone(&link));
    (Socket::new(guarded), Watch { link })
}

/// The answering side.
#[derive(Debug)]
pub struct Watch {
    link: Arc<Link>,
}

/// A request being answered, until dropped; while it lives, its connection is not idle.
#[derive(Debug)]
pub struct Turn {
    number: u64,
    /// Set when it stands for a request that is refused.
    pub refusal: Option<Refusal>,
    link: Arc<Link>,
}

/// The body of an answer; while it lives, its connection is not idle.
#[derive(Debug)]
pub struct Answering {
    body: Body,
    _turn: Turn,
}

impl Watch {
    /// One more request is to be answered.
    #[must_use]
    pub fn begin(&self) -> Turn {
        let (number, refusal) = self.link.call();
        self.link.begin();
        Turn {
            number,
            refusal,
            link: Arc::clone(&self.link),
        }
    }

    /// The answer to a request has a head, which says whether the connection leaves HTTP.
    pub fn decide(&self, turn: &Turn, status: StatusCode) {
        self.link.decide(turn.number, status == StatusCode::SWITCHING_PROTOCOLS);
    }

    /// Where interim answers go.
    #[must_use]
    pub fn interim(&self) -> Interim {
        Interim::new(&self.link)
    }

    /// Counts what only the end of a connection tells.
    pub fn ended(&self, metrics: &CoreMetrics) {
        if self.link.is_stalled() {
            metrics.refused(Refusal::SlowReader.label());
        }
        for _ in 0..self.link.late() {
            metrics.upstream("interim_dropped");
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.link.end();
    }
}

impl Answering {
    /// Of a request that is being answered until this is dropped.
    #[must_use]
    pub fn new(body: Body, turn: Turn) -> Self {
        Self { body, _turn: turn }
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
