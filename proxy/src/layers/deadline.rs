//! The head of the answer comes in time, or the client hears that it did not. Bodies and upgraded connections have their
//! own limits.

use std::cell::RefCell;
use std::future::Future as _;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use flags::Side;
use tokio::time::Instant;

use super::layered;
use crate::core::Core;
use crate::error::{ErrorKind, FaultSide, ProxyError};
use crate::exchange::{Answered, Exchange, Step};
use crate::framing::Alarm;

/// So many alarms are kept for requests to come.
const KEPT: usize = 256;

/// Bounds the wait for the head of an answer.
#[derive(Debug, Clone)]
pub struct Deadline {
    core: Rc<Core>,
    alarms: Rc<Alarms>,
}

/// The step of [`Deadline`].
#[derive(Debug)]
pub struct DeadlineStep<S> {
    inner: S,
    core: Rc<Core>,
    alarms: Rc<Alarms>,
}

/// Alarms of requests that are over. They need not be set again for the next one: it hardly ever waits so long that it would
/// matter, and then they are.
#[derive(Debug, Default)]
struct Alarms(RefCell<Vec<Alarm>>);

/// An alarm in use, given back when dropped.
struct Borrowed<'a> {
    alarms: &'a Alarms,
    alarm: Option<Alarm>,
}

layered!(Deadline => DeadlineStep { core, alarms });

impl Deadline {
    /// The route's own limit, else that of the configuration.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            alarms: Rc::default(),
        }
    }
}

impl<S: Step> Step for DeadlineStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        // Native keeps its own time, because a fallback begins where that ends and a commit that has begun is waited for.
        if exchange.routed.as_ref().map(|routed| routed.serve) == Some(Side::Native) {
            return self.inner.call(exchange).await;
        }
        let due = exchange.facts.started + exchange.answer_limit(&self.core.config.timeouts);
        // In place, unlike `timeout`, which moves the whole state of the steps below.
        let mut answer = std::pin::pin!(self.inner.call(exchange));
        let mut alarm = self.alarms.borrow();
        std::future::poll_fn(|context| {
            if let Poll::Ready(answered) = answer.as_mut().poll(context) {
                return Poll::Ready(answered);
            }
            ready!(alarm.poll_until(due, context));
            Poll::Ready(Err(ProxyError::new(ErrorKind::Timeout, FaultSide::Legacy)))
        })
        .await
    }
}

impl Alarms {
    fn borrow(&self) -> Borrowed<'_> {
        Borrowed {
            alarms: self,
            alarm: self.0.borrow_mut().pop(),
        }
    }
}

impl Borrowed<'_> {
    fn poll_until(&mut self, due: Instant, context: &mut Context<'_>) -> Poll<()> {
        self.alarm.get_or_insert_default().poll_until(due, context)
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut kept = self.alarms.0.borrow_mut();
        if kept.len() < KEPT {
            kept.extend(self.alarm.take());
        }
    }
}
