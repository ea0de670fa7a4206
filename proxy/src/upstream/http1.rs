//! HTTP/1.1 to the upstream, driven by whoever asks: no task stands behind a connection, so a request costs no channel, no second
//! waking and no copy of its headers. An answer that is whole when its head is read needs nothing more than that read.
//!
//! Upgrades go through hyper, which hands both sides of a connection over afterwards.

mod decode;
mod encode;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

use super::headers::Forwarded;
use super::stream::Stream;
use crate::body::Body;
use crate::error::BoxError;
use crate::exchange::Notable;
use crate::http1::{Intake, LEAST, Malformed, Remaining};
use decode::{Found, Head};
use encode::Outgoing;

/// The largest head of an answer.
const MOST_HEAD: usize = 128 * 1024;
/// What of a request's body may wait to be written.
const MOST_OUTPUT: usize = 64 * 1024;

/// A connection, and the exchange that it is busy with.
#[derive(Debug)]
pub(super) struct Http1 {
    stream: Stream,
    input: Intake,
    output: Vec<u8>,
    written: usize,
    outgoing: Outgoing,
    remaining: Remaining,
    /// Whether another request may follow this one.
    keeps_alive: bool,
    /// Memory for the headers of an answer.
    headers: HeaderMap,
}

/// What went wrong with an exchange.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[from] io::Error),
    /// It was closed before the head of an answer was there.
    #[error("the connection was closed before it was answered")]
    NoAnswer,
    /// The bytes are no HTTP.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The head of the answer never ends.
    #[error("the head of the answer is larger than {MOST_HEAD} bytes")]
    HeadTooLarge,
    /// The body of the answer ends before its time.
    #[error("the body of the answer ended early")]
    Short,
    /// The body of the request went wrong.
    #[error("the body of the request failed")]
    RequestBody(#[source] BoxError),
}

impl Broken {
    /// Whether something came that is no HTTP.
    pub(super) fn is_parse(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::HeadTooLarge)
    }
}

impl Http1 {
    /// Takes a connection on which nothing has been sent.
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            input: Intake::new(),
            output: Vec::new(),
            written: 0,
            outgoing: Outgoing::Nothing,
            remaining: Remaining::Nothing,
            keeps_alive: true,
            headers: HeaderMap::new(),
        }
    }

    /// Whether an idle connection may take a request: open, and silent. What is said without being asked belongs to no request.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut byte = [0; 1];
        let mut byte = ReadBuf::new(&mut byte);
        Pin::new(&mut self.stream)
            .poll_read(&mut context, &mut byte)
            .is_pending()
    }

    /// Whether the exchange is over and left the connection fit for another.
    pub(super) fn is_reusable(&self) -> bool {
        self.keeps_alive
            && self.remaining.is_over()
            && self.input.pending.is_empty()
            && self.outgoing.is_over()
            && self.output.is_empty()
    }

    /// Gives up memory that an idle connection need not have.
    pub(super) fn rest(&mut self) {
        self.input.rest();
        self.headers = HeaderMap::new();
        if self.output.capacity() > LEAST {
            self.output = Vec::new();
        }
    }

    /// Sends a request and waits for the head of its answer. The body of the request may still be on its way then; it goes on with
    /// [`Self::poll_body`]. The headers of the answer take the place of the request's once they are there; before that, a request
    /// whose body was in hand is still whole. `forwarded` is sent with its headers; interim answers go to `interim`.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn send(
        &mut self,
        request: &mut Request<Body>,
        forwarded: Option<Forwarded<'_>>,
        interim: &impl Fn(StatusCode, HeaderMap),
    ) -> Result<(Response<()>, Notable), Broken> {
        self.outgoing = encode::request(request, forwarded, &mut self.output);
        self.written = 0;
        let bodiless = *request.method() == Method::HEAD;
        let head = std::future::poll_fn(|context| self.poll_head(context, interim)).await?;
        std::mem::swap(request.headers_mut(), &mut self.headers);
        self.headers.clear();
        self.remaining = decode::remaining(&head, request.headers(), bodiless)?;
        self.keeps_alive &= head.keeps_alive(request.headers()) && !matches!(self.remaining, Remaining::UntilClosed);
        let mut response = Response::new(());
        *response.status_mut() = head.status;
        *response.version_mut() = head.version;
        if let Some(reason) = head.reason {
            response.extensions_mut().insert(reason);
        }
        std::mem::swap(response.headers_mut(), request.headers_mut());
        Ok((response, head.notable))
    }

    fn poll_head(
        &mut self,
        context: &mut Context<'_>,
        interim: &impl Fn(StatusCode, HeaderMap),
    ) -> Poll<Result<Head, Broken>> {
        self.poll_output(context)?;
        loop {
            while !self.input.pending.is_empty() {
                match decode::head(&mut self.input.pending, &mut self.headers)? {
                    Some(Found::Interim(status, headers)) => interim(status, headers),
                    Some(Found::Final(head)) => return Poll::Ready(Ok(head)),
                    None if self.input.pending.len() >= MOST_HEAD => return Poll::Ready(Err(Broken::HeadTooLarge)),
                    None => break,
                }
            }
            if ready!(self.input.poll_read(&mut self.stream, context, 0))? == 0 {
                return Poll::Ready(Err(Broken::NoAnswer));
            }
        }
    }

    /// The next piece of the answer's body; none at its end.
    pub(super) fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Err(error) = self.poll_output(context) {
            return self.fail(error);
        }
        loop {
            match self.remaining.take(&mut self.input.pending) {
                Err(error) => return self.fail(error.into()),
                Ok(Some(frame)) => return Poll::Ready(Some(Ok(frame))),
                Ok(None) if self.remaining.is_over() => return Poll::Ready(None),
                Ok(None) => {}
            }
            let wanted = self.remaining.known();
            match ready!(self.input.poll_read(&mut self.stream, context, wanted)) {
                Ok(0) if matches!(self.remaining, Remaining::UntilClosed) => self.remaining = Remaining::Nothing,
                Ok(0) => return self.fail(Broken::Short),
                Ok(_) => {}
                Err(error) => return self.fail(error.into()),
            }
        }
    }

    /// The body that is left, when all of it has come already.
    pub(super) fn whole_body(&mut self) -> Option<Bytes> {
        self.remaining.whole(&mut self.input.pending)
    }

    /// The socket and what it has yet to give, when nothing but that is left of an exchange: a body of known length, of which
    /// everything that was read has been taken.
    pub(super) fn direct(&mut self) -> Option<(&TcpStream, &mut u64)> {
        let quiet = self.input.pending.is_empty() && self.output.is_empty() && self.outgoing.is_over();
        match &mut self.remaining {
            Remaining::Length(left @ 1..) if quiet => Some((self.stream.tcp()?, left)),
            _ => None,
        }
    }

    /// Whether the body of the answer has ended.
    pub(super) fn is_end_stream(&self) -> bool {
        self.remaining.is_over()
    }

    /// How much of the body of the answer is left.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.remaining.size_hint()
    }

    fn fail<T>(&mut self, error: Broken) -> Poll<Option<Result<T, Broken>>> {
        self.keeps_alive = false;
        self.remaining = Remaining::Nothing;
        Poll::Ready(Some(Err(error)))
    }

    /// Writes as much of the request as can be written. An upstream that answers without reading a body to its end is listened to
    /// nevertheless, so only the request's own failure is one here.
    fn poll_output(&mut self, context: &mut Context<'_>) -> Result<(), Broken> {
        loop {
            let more = self.outgoing.poll_encode(context, &mut self.output, MOST_OUTPUT)?;
            if self.output.is_empty() {
                return Ok(());
            }
            match self.poll_write(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(())) if more => {}
                Poll::Ready(Ok(())) => return Ok(()),
                Poll::Ready(Err(_)) => {
                    // What the upstream says before it closes is the better word; if it says nothing, that is the failure.
                    self.keeps_alive = false;
                    self.outgoing = Outgoing::Nothing;
                    self.output.clear();
                    return Ok(());
                }
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.output.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.output.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
