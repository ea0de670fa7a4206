//! The body of a request that native works on, kept meanwhile so that legacy can have it too: up to a cap for each request and
//! within one budget for all. A body that is longer streams, and the request has no fallback.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use crate::body::Body;
use crate::error::BoxError;
use crate::shadow::{ByteBudget, Share};

/// Frames under way from a core to the workshop.
const FRAMES: usize = 4;

/// A request body on its way to native.
pub(super) enum Held {
    /// All of it; legacy can have it as well.
    Whole(Bytes),
    /// The beginning, and the rest where it comes from.
    Streaming(VecDeque<Bytes>, Body, Unkept),
}

/// Why a body is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unkept {
    /// The route never falls back.
    NoNeed,
    /// It is longer than the cap.
    TooLarge,
    /// The budget of all bodies is spent.
    OutOfMemory,
}

impl Unkept {
    /// The word of the counter; none when nothing was lost by it.
    pub(super) const fn label(self) -> Option<&'static str> {
        match self {
            Self::NoNeed => None,
            Self::TooLarge => Some("too_large"),
            Self::OutOfMemory => Some("memory"),
        }
    }
}

/// Reads a body ahead, and takes what it keeps from the budget until the share is dropped.
///
/// # Errors
/// The body's own error, when the client breaks it off.
pub(super) async fn hold(mut body: Body, cap: usize, budget: &Arc<ByteBudget>) -> Result<(Held, Share), BoxError> {
    let mut share = Share::empty(budget);
    if body.size_hint().lower() > u64::try_from(cap).unwrap_or(u64::MAX) {
        return Ok((Held::Streaming(VecDeque::new(), body, Unkept::TooLarge), share));
    }
    let mut read = VecDeque::new();
    let mut length = 0;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else {
            break;
        };
        // Trailers of a request decide nothing for a handler, and legacy never got them either.
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        length += data.len();
        let unkept = if length > cap {
            Some(Unkept::TooLarge)
        } else if share.grow(data.len()) {
            None
        } else {
            Some(Unkept::OutOfMemory)
        };
        read.push_back(data);
        if let Some(unkept) = unkept {
            return Ok((Held::Streaming(read, body, unkept), Share::empty(budget)));
        }
    }
    Ok((Held::Whole(joined(read, length)), share))
}

fn joined(mut read: VecDeque<Bytes>, length: usize) -> Bytes {
    if read.len() == 1 {
        return read.pop_front().unwrap_or_default();
    }
    let mut whole = BytesMut::with_capacity(length);
    read.iter().for_each(|data| whole.extend_from_slice(data));
    whole.freeze()
}

/// The end of a body that another thread reads.
#[derive(Debug)]
pub(super) struct Piped(mpsc::Receiver<Result<Bytes, BoxError>>);

/// A body that can cross threads, and the work of feeding it, which stays on this core.
pub(super) fn pipe(read: VecDeque<Bytes>, mut rest: Body) -> (Piped, impl Future<Output = ()>) {
    let (sender, receiver) = mpsc::channel(FRAMES);
    let feed = async move {
        for data in read {
            if sender.send(Ok(data)).await.is_err() {
                return;
            }
        }
        while let Some(frame) = rest.frame().await {
            let item = match frame.map(Frame::into_data) {
                Ok(Ok(data)) => Ok(data),
                Ok(Err(_trailers)) => continue,
                Err(error) => Err(error),
            };
            let broken = item.is_err();
            if sender.send(item).await.is_err() || broken {
                return;
            }
        }
    };
    (Piped(receiver), feed)
}

impl HttpBody for Piped {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0
            .poll_recv(context)
            .map(|item| item.map(|data| data.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn chunks(chunks: &'static [&'static str]) -> Body {
        let frames = chunks
            .iter()
            .map(|chunk| Ok::<_, BoxError>(Frame::data(Bytes::from_static(chunk.as_bytes()))));
        Body::wrapped(StreamBody::new(futures_util::stream::iter(frames)))
    }

    async fn piped(held: Held) -> String {
        let Held::Streaming(read, rest, _) = held else {
            panic!("the body was kept");
        };
        let (body, feed) = pipe(read, rest);
        let (whole, ()) = tokio::join!(body.collect(), feed);
        String::from_utf8(whole.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_body_within_its_cap_is_kept_and_gives_its_memory_back() {
        let budget = Arc::new(ByteBudget::new(10));
        for body in [
            chunks(&["abc", "", "de"]),
            Body::full("abcde"),
            Body::wrapped(Full::from("abcde").map_err(Into::into)),
        ] {
            let (Held::Whole(bytes), share) = hold(body, 5, &budget).await.unwrap() else {
                panic!("the body was not kept");
            };
            assert_eq!(&bytes[..], b"abcde");
            assert_eq!(budget.used(), 5);
            drop(share);
            assert_eq!(budget.used(), 0);
        }
    }

    #[tokio::test]
    async fn a_body_over_its_cap_or_the_budget_arrives_whole_all_the_same() {
        let budget = Arc::new(ByteBudget::new(4));
        for (body, cap, why) in [
            (chunks(&["abc", "de"]), 4, Unkept::TooLarge),
            (chunks(&["abc", "de"]), 9, Unkept::OutOfMemory),
            (Body::full("abcde"), 4, Unkept::TooLarge),
            (Body::full("abcde"), 9, Unkept::OutOfMemory),
        ] {
            let (held, _share) = hold(body, cap, &budget).await.unwrap();
            assert!(matches!(&held, Held::Streaming(_, _, unkept) if *unkept == why));
            assert_eq!(budget.used(), 0, "what is not kept takes no memory");
            assert_eq!(piped(held).await, "abcde");
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error_on_both_ways() {
        let broken = || {
            let frames = [Ok(Frame::data(Bytes::from_static(b"abc"))), Err(BoxError::from("gone"))];
            Body::wrapped(StreamBody::new(futures_util::stream::iter(frames)))
        };
        let budget = Arc::new(ByteBudget::new(10));
        assert!(hold(broken(), 9, &budget).await.is_err());
        let (body, feed) = pipe(VecDeque::new(), broken());
        let (whole, ()) = tokio::join!(body.collect(), feed);
        assert!(whole.is_err());
    }
}
