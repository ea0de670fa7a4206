//! The body of a request or an answer, whoever it comes from. Bodies stream; only what a feature needs is held.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use crate::connection::ClientBody;
use crate::error::BoxError;
use crate::framing::{Refusal, belongs_into_head};
use crate::upstream::AnswerBody;

/// A body on the data plane.
#[derive(Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// All of it, in hand.
    Full(Bytes),
    /// What a client sends over HTTP/1.1.
    Client(ClientBody),
    /// What hyper reads from a client.
    Incoming(Incoming),
    /// What an upstream answers.
    Upstream(Box<AnswerBody>),
    /// What a native handler answers.
    Native(axum::body::Body),
    /// A body that something watches or limits.
    Wrapped(Pin<Box<dyn HttpBody<Data = Bytes, Error = BoxError>>>),
}

impl Body {
    /// A body in hand.
    #[must_use]
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Full(bytes)
        }
    }

    /// Wraps a body of another kind.
    pub fn wrapped(body: impl HttpBody<Data = Bytes, Error = BoxError> + 'static) -> Self {
        Self::Wrapped(Box::pin(body))
    }

    /// The same body again, when it is in hand: such a request can be sent twice.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Full(bytes) => Some(Self::Full(bytes.clone())),
            Self::Client(_) | Self::Incoming(_) if self.is_end_stream() => Some(Self::Empty),
            _ => None,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(_) => match std::mem::take(&mut *self) {
                Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                _ => Poll::Ready(None),
            },
            Self::Client(body) => body.poll_piece(context),
            Self::Incoming(incoming) => {
                let frame = Pin::new(incoming).poll_frame(context);
                frame.map(|frame| frame.map(|frame| admitted(frame?)))
            }
            Self::Upstream(answer) => answer.poll_piece(context),
            Self::Native(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Self::Wrapped(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Client(body) => body.is_end_stream(),
            Self::Incoming(incoming) => incoming.is_end_stream(),
            Self::Upstream(answer) => answer.is_end_stream(),
            Self::Native(body) => body.is_end_stream(),
            Self::Wrapped(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Client(body) => body.size_hint(),
            Self::Incoming(incoming) => incoming.size_hint(),
            Self::Upstream(answer) => answer.size_hint(),
            Self::Native(body) => body.size_hint(),
            Self::Wrapped(body) => body.size_hint(),
        }
    }
}

/// What a client may send. The framing of HTTP/1 has seen to it; trailers of HTTP/2 are first seen here.
fn admitted(frame: Frame<Bytes>) -> Result<Frame<Bytes>, BoxError> {
    let mut names = frame.trailers_ref().into_iter().flat_map(HeaderMap::keys);
    if names.any(|name| belongs_into_head(name.as_str().as_bytes())) {
        return Err(Refusal::Trailer.into());
    }
    Ok(frame)
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "Empty",
            Self::Full(_) => "Full",
            Self::Client(_) => "Client",
            Self::Incoming(_) => "Incoming",
            Self::Upstream(_) => "Upstream",
            Self::Native(_) => "Native",
            Self::Wrapped(_) => "Wrapped",
        })
    }
}
