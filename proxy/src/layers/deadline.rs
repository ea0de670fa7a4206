//! The head of the answer comes in time, or the client hears that it did not. Bodies and upgraded connections have their
//! own, idle, limits.

use std::rc::Rc;
use std::time::Duration;

use flags::Side;
use http::Response;
use tokio::time::timeout;

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, FaultSide, ProxyError};
use crate::exchange::{Exchange, Step};

/// Bounds the wait for the head of an answer.
#[derive(Debug, Clone)]
pub struct Deadline {
    standard: Duration,
}

/// The step of [`Deadline`].
#[derive(Debug)]
pub struct DeadlineStep<S> {
    inner: S,
    standard: Duration,
}

layered!(Deadline => DeadlineStep { standard });

impl Deadline {
    /// The route's own limit, else that of the configuration.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            standard: core.config.timeouts.answer,
        }
    }
}

impl<S: Step> Step for DeadlineStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        let limit = exchange.answer_limit(self.standard);
        let side = match exchange.routed.as_ref().map(|routed| routed.serve) {
            Some(Side::Native) => FaultSide::Native,
            _ => FaultSide::Legacy,
        };
        timeout(limit, self.inner.call(exchange))
            .await
            .unwrap_or_else(|_| Err(ProxyError::new(ErrorKind::Timeout, side)))
    }
}
