//! A body that is passed on to the client unchanged and without delay, while a bounded copy is kept.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::budget::Share;
use super::reason::NotCompared;

/// Legacy's answer as the client got it, or why there is no copy.
pub type Captured = Result<Copied, NotCompared>;

/// A whole copied answer.
#[derive(Debug)]
pub struct Copied {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, still encoded.
    pub body: Bytes,
    /// When it was complete, in milliseconds since 1970.
    pub ended_ms: i64,
    /// Its part of the memory.
    _share: Share,
}

impl Copied {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, whole: Whole) -> Self {
        Self {
            status,
            headers,
            body: whole.body,
            ended_ms: whole.ended_ms,
            _share: whole.share,
        }
    }
}

/// A whole copied body.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) body: Bytes,
    /// When it was complete, in milliseconds since 1970.
    pub(crate) ended_ms: i64,
    pub(crate) share: Share,
}

/// The copying end of a [`Tee`]: what may be kept, and who gets it.
pub(crate) struct Copier {
    pub(crate) share: Share,
    /// Longest body, in bytes.
    pub(crate) cap: usize,
    /// Called once, with the whole body or with the reason why there is none.
    pub(crate) done: Done,
}

/// What happens with a copy.
pub(crate) type Done = Box<dyn FnOnce(Result<Whole, NotCompared>) + Send>;

impl std::fmt::Debug for Copier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Copier")
            .field("cap", &self.cap)
            .finish_non_exhaustive()
    }
}

/// A body with a copier. When the copy ends early (too long, no memory) the body goes on alone.
#[derive(Debug)]
pub struct Tee<B> {
    inner: B,
    copier: Option<Copier>,
    copy: BytesMut,
    expected: Option<u64>,
}

impl<B: Body<Data = Bytes> + Unpin> Tee<B> {
    pub(crate) fn new(inner: B, copier: Option<Copier>) -> Self {
        let expected = inner.size_hint().exact();
        let mut tee = Self {
            inner,
            copier,
            copy: BytesMut::new(),
            expected,
        };
        if tee.is_whole() {
            tee.finish();
        }
        tee
    }

    fn is_whole(&self) -> bool {
        self.inner.is_end_stream()
            || self
                .expected
                .is_some_and(|expected| u64::try_from(self.copy.len()) == Ok(expected))
    }

    fn take(&mut self, data: &Bytes) {
        let Some(copier) = &mut self.copier else {
            return;
        };
        if self.copy.len() + data.len() > copier.cap {
            self.give_up(NotCompared::BodyTooLarge);
        } else if !copier.share.grow(data.len()) {
            self.give_up(NotCompared::OutOfMemory);
        } else {
            self.copy.extend_from_slice(data);
            if self.is_whole() {
                self.finish();
            }
        }
    }

    fn finish(&mut self) {
        if let Some(Copier { share, done, .. }) = self.copier.take() {
            done(Ok(Whole {
                body: std::mem::take(&mut self.copy).freeze(),
                ended_ms: super::now_ms(),
                share,
            }));
        }
    }
}

impl<B> Tee<B> {
    fn give_up(&mut self, reason: NotCompared) {
        self.copy = BytesMut::new();
        if let Some(copier) = self.copier.take() {
            (copier.done)(Err(reason));
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Tee<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.take(data);
                }
            }
            Some(Err(_)) => self.give_up(NotCompared::LegacyUnreachable),
            None => self.finish(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Tee<B> {
    /// Dropped before its end: the client went away.
    fn drop(&mut self) {
        self.give_up(NotCompared::ClientGone);
    }
}
