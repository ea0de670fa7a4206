//! One timer for all the waits of a connection. It is set again only when a wait would end before it rings, so a request costs a
//! look at the clock and nothing more.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The timer, and since when something is waited for.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    since: Option<Instant>,
    /// Time that was waited before, in the same body.
    waited: Duration,
}

impl Alarm {
    /// Whether what began with the first of these calls has lasted for `limit`. Otherwise the task is woken when it has.
    pub(crate) fn poll(&mut self, limit: Duration, context: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        self.poll_until(since + limit.saturating_sub(self.waited), context)
    }

    /// Whether this moment has come. Otherwise the task is woken when it has.
    pub(crate) fn poll_until(&mut self, due: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            // It was set for an earlier wait.
            sleep.as_mut().reset(due);
        }
        Poll::Pending
    }

    /// The wait is over; the next one begins afresh.
    pub(crate) fn over(&mut self) {
        self.since = None;
        self.waited = Duration::ZERO;
    }

    /// The wait is over for now, and counts towards the next one.
    pub(crate) fn pause(&mut self) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
    }
}
