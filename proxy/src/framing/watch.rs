//! The answering side of a watched connection.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
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

/// Watches the requests of one HTTP/1 connection. What it gives in place of `io` belongs under the parser; what comes out of the
/// parser goes through [`Watch::serve`].
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

/// A request being answered, until dropped.
#[derive(Debug)]
struct Active(Arc<Link>);

/// The body of an answer; while it lives, its connection is not idle.
#[derive(Debug)]
pub struct Answering {
    body: Body,
    _active: Active,
}

impl Watch {
    /// Answers one request. One that stands for a refused request carries the [`Refusal`] as an extension. A client that speaks
    /// HTTP/1.0 gets no interim answers (RFC 9110, section 15.2).
    ///
    /// # Errors
    /// Those of `answer`.
    pub async fn serve<E, F>(
        &self,
        mut request: Request<Incoming>,
        answer: impl FnOnce(Request<Incoming>, Option<Interim>) -> F,
    ) -> Result<Response<Answering>, E>
    where
        F: Future<Output = Result<Response<Body>, E>>,
    {
        let (number, refused) = self.link.call();
        if let Some(refusal) = refused {
            request.extensions_mut().insert::<Refusal>(refusal);
        }
        self.link.begin();
        let active = Active(Arc::clone(&self.link));
        let interim = (request.version() != Version::HTTP_10).then(|| Interim::new(&self.link));
        let response = answer(request, interim).await?;
        self.link
            .decide(number, response.status() == StatusCode::SWITCHING_PROTOCOLS);
        Ok(response.map(|body| Answering { body, _active: active }))
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

impl Drop for Active {
    fn drop(&mut self) {
        self.0.end();
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
