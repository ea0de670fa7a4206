//! The head of the answer comes in time, or the client hears that it did not. Bodies and upgraded connections have their
//! own limits.

use std::future::Future as _;
use std::rc::Rc;
use std::task::{Poll, ready};

use flags::Side;
use http::Response;
use tokio::time::sleep;

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, FaultSide, ProxyError};
use crate::exchange::{Exchange, Step};

/// Bounds the wait for the head of an answer.
#[derive(Debug, Clone)]
pub struct Deadline {
    core: Rc<Core>,
}

/// The step of [`Deadline`].
#[derive(Debug)]
pub struct DeadlineStep<S> {
    inner: S,
    core: Rc<Core>,
}

layered!(Deadline => DeadlineStep { core });

impl Deadline {
    /// The route's own limit, else that of the configuration.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self { core: Rc::clone(core) }
    }
}

impl<S: Step> Step for DeadlineStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        // Native keeps its own time, because a fallback begins where that ends and a commit that has begun is waited for.
        if exchange.routed.as_ref().map(|routed| routed.serve) == Some(Side::Native) {
            return self.inner.call(exchange).await;
        }
        let limit = exchange.answer_limit(&self.core.config.timeouts);
        // In place, unlike `timeout`, which moves the whole state of the steps below.
        let mut answer = std::pin::pin!(self.inner.call(exchange));
        let mut alarm = std::pin::pin!(sleep(limit));
        std::future::poll_fn(|context| {
            if let Poll::Ready(answered) = answer.as_mut().poll(context) {
                return Poll::Ready(answered);
            }
            ready!(alarm.as_mut().poll(context));
            Poll::Ready(Err(ProxyError::new(ErrorKind::Timeout, FaultSide::Legacy)))
        })
        .await
    }
}
