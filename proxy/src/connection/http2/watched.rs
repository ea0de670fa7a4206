//! The body of an answer on an HTTP/2 stream, with a note of when the client last took a piece of it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::streams::Stream;
use crate::body::Body;
use crate::error::BoxError;

/// A body and its stream. hyper asks for the next piece when the window of the client lets the last one go.
#[derive(Debug)]
pub(super) struct Watched {
    body: Body,
    stream: Stream,
}

impl Watched {
    /// The body of the answer on this stream.
    pub(super) const fn new(body: Body, stream: Stream) -> Self {
        Self { body, stream }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.stream.has_sent();
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if matches!(frame, Some(Ok(_))) {
            self.stream.sends();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
