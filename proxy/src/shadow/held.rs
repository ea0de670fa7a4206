//! A request body held in memory up to a cap, and replayed to legacy exactly as it came.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;

use super::budget::Share;
use super::{NotCompared, Shadow};

/// A body that was read ahead.
#[derive(Debug)]
pub struct Held<B> {
    /// The whole body for the dry run, or why it is not whole.
    pub whole: Result<Bytes, NotCompared>,
    /// The same body for legacy: what was read, then the rest.
    pub body: HeldBody<B>,
}

/// What was read ahead, then the rest of the body.
#[derive(Debug)]
pub struct HeldBody<B> {
    read: VecDeque<Frame<Bytes>>,
    read_bytes: u64,
    rest: Option<B>,
    _share: Share,
}

impl Shadow {
    /// Reads a request body ahead, up to the cap and within the memory.
    ///
    /// # Errors
    /// The body's own error, when the client breaks it off.
    pub async fn hold<B: Body<Data = Bytes> + Unpin>(&self, mut body: B) -> Result<Held<B>, B::Error> {
        let cap = self.shared.limits.request_bytes;
        let mut held = HeldBody {
            read: VecDeque::new(),
            read_bytes: 0,
            rest: None,
            _share: Share::empty(&self.shared.memory),
        };
        if body.size_hint().lower() > u64::try_from(cap).unwrap_or(u64::MAX) {
            held.rest = Some(body);
            return Ok(Held {
                whole: Err(NotCompared::BodyTooLarge),
                body: held,
            });
        }
        let mut copy = BytesMut::new();
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                break;
            };
            let frame = frame?;
            let data = frame.data_ref().cloned().unwrap_or_default();
            held.read_bytes += u64::try_from(data.len()).unwrap_or(u64::MAX);
            held.read.push_back(frame);
            let fits = copy.len() + data.len() <= cap;
            if !fits || !held._share.grow(data.len()) {
                held.rest = Some(body);
                let reason = if fits {
                    NotCompared::OutOfMemory
                } else {
                    NotCompared::BodyTooLarge
                };
                return Ok(Held {
                    whole: Err(reason),
                    body: held,
                });
            }
            copy.extend_from_slice(&data);
        }
        Ok(Held {
            whole: Ok(copy.freeze()),
            body: held,
        })
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for HeldBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(frame) = self.read.pop_front() {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.read_bytes = self
                .read_bytes
                .saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            return Poll::Ready(Some(Ok(frame)));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let Some(rest) = &self.rest else {
            return SizeHint::with_exact(self.read_bytes);
        };
        let rest = rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(self.read_bytes.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(self.read_bytes.saturating_add(upper));
        }
        hint
    }
}
