//! The body of an upstream's answer: its connection goes back to the pool with the last byte, and it may not stall for ever.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::http1::{Broken, Http1};
use super::lease::{Lease, Source};
use crate::body::Body;
use crate::error::BoxError;

/// How long a body may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From one piece to the next.
    pub idle: Duration,
    /// Until the last byte; none for a body that may go on for ever.
    pub until: Option<Instant>,
}

/// A body that an upstream is sending.
pub struct AnswerBody {
    /// None when the body comes from the lease itself.
    incoming: Option<Incoming>,
    lease: Option<Lease>,
    patience: Patience,
    /// When the last piece came; only looked at while waiting.
    waiting_since: Option<Instant>,
    /// Made at the first wait: most bodies are there at once.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// The body did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the body of the answer {0}")]
pub(super) struct Stalled(&'static str);

impl AnswerBody {
    /// The body of an answer on a leased connection, whose head was there at `at`. When all of it is there already, the connection goes
    /// back at once, and nobody asks for patience.
    #[must_use]
    pub(crate) fn begin(source: Source, mut lease: Lease, at: Instant, patience: impl FnOnce() -> Patience) -> Body {
        let incoming = match source {
            Source::Task(incoming) => Some(incoming),
            Source::Lease => {
                let whole = lease.http1().and_then(Http1::whole_body);
                if whole.is_some() || lease.body_left().0 {
                    lease.give_back(at);
                    return whole.map_or(Body::Empty, Body::full);
                }
                None
            }
        };
        Body::Upstream(Box::new(Self {
            incoming,
            lease: Some(lease),
            patience: patience(),
            waiting_since: None,
            alarm: None,
        }))
    }

    /// The next piece.
    pub fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = self.poll_source(context) else {
            return self.poll_alarm(context).map(|stalled| Some(Err(stalled.into())));
        };
        self.waiting_since = None;
        let ended = match &frame {
            None => true,
            Some(Ok(_)) => self.is_end_stream(),
            Some(Err(_)) => false,
        };
        if let Some(lease) = self.lease.take_if(|_| ended) {
            lease.give_back(Instant::now());
        }
        Poll::Ready(frame)
    }

    /// Whether the rest of it can be taken from the socket that it comes by.
    pub(crate) fn is_direct(&mut self) -> bool {
        self.http1().and_then(Http1::direct).is_some()
    }

    /// Has somebody take the next bytes from the socket: no more than he is told. How many he has taken; there is an error where none
    /// come any more.
    pub(crate) fn poll_direct(
        &mut self,
        context: &mut Context<'_>,
        take: impl FnOnce(&TcpStream, usize, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<usize, BoxError>> {
        let Some((socket, left)) = self.http1().and_then(Http1::direct) else {
            return Poll::Ready(Err(Broken::Short.into()));
        };
        let most = usize::try_from(*left).unwrap_or(usize::MAX);
        let Poll::Ready(taken) = take(socket, most, context) else {
            return self.poll_alarm(context).map(|stalled| Err(stalled.into()));
        };
        let count = match taken {
            Ok(0) => return Poll::Ready(Err(Broken::Short.into())),
            Ok(count) => count,
            Err(error) => return Poll::Ready(Err(Broken::from(error).into())),
        };
        *left = left.saturating_sub(count as u64);
        let ended = *left == 0;
        self.waiting_since = None;
        if let Some(lease) = self.lease.take_if(|_| ended) {
            lease.give_back(Instant::now());
        }
        Poll::Ready(Ok(count))
    }

    fn http1(&mut self) -> Option<&mut Http1> {
        self.lease.as_mut().filter(|_| self.incoming.is_none())?.http1()
    }

    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match (&mut self.incoming, &mut self.lease) {
            (Some(incoming), _) => Pin::new(incoming).poll_frame(context).map_err(Into::into),
            (None, Some(lease)) => lease.poll_body(context).map_err(Into::into),
            (None, None) => Poll::Ready(None),
        }
    }

    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<Stalled> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let idle_until = since + self.patience.idle;
        let (due, what) = match self.patience.until {
            Some(until) if until < idle_until => (until, "took too long"),
            _ => (idle_until, "stalled"),
        };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
        // An alarm that rings too early is set again; one that would ring too late cannot be: idle times only move on.
        loop {
            ready!(alarm.as_mut().poll(context));
            if Instant::now() >= due {
                return Poll::Ready(Stalled(what));
            }
            alarm.as_mut().reset(due);
        }
    }

    /// Whether nothing more will come.
    #[must_use]
    pub fn is_end_stream(&self) -> bool {
        match (&self.incoming, &self.lease) {
            (Some(incoming), _) => incoming.is_end_stream(),
            (None, Some(lease)) => lease.body_left().0,
            (None, None) => true,
        }
    }

    /// How much is to come.
    #[must_use]
    pub fn size_hint(&self) -> SizeHint {
        match (&self.incoming, &self.lease) {
            (Some(incoming), _) => incoming.size_hint(),
            (None, Some(lease)) => lease.body_left().1,
            (None, None) => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AnswerBody")
            .field("lease", &self.lease)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
