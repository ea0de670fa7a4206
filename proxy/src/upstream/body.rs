//! The body of an upstream's answer: its connection goes back to the pool with the last byte, and it may not stall for ever.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::lease::Lease;
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
    incoming: Incoming,
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
    /// The body of an answer on a leased connection.
    #[must_use]
    pub fn new(incoming: Incoming, lease: Lease, patience: Patience) -> Self {
        Self {
            incoming,
            lease: Some(lease),
            patience,
            waiting_since: None,
            alarm: None,
        }
    }

    /// The next piece.
    pub fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(context) else {
            return self.poll_alarm(context).map(|stalled| Some(Err(stalled.into())));
        };
        self.waiting_since = None;
        let ended = match &frame {
            None => true,
            Some(Ok(_)) => self.incoming.is_end_stream(),
            Some(Err(_)) => false,
        };
        if let Some(lease) = self.lease.take_if(|_| ended) {
            lease.give_back();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
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
        self.incoming.is_end_stream()
    }

    /// How much is to come.
    #[must_use]
    pub fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
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
