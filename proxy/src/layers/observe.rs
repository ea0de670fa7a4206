//! Counts every request: who answered which route how, and how long the head of the answer took.

use std::rc::Rc;

use super::layered;
use crate::core::Core;
use crate::exchange::{Answered, AnsweredByFicus, Exchange, Step};

/// Moves the counters.
#[derive(Debug, Clone)]
pub struct Observe {
    core: Rc<Core>,
}

/// The step of [`Observe`].
#[derive(Debug)]
pub struct ObserveStep<S> {
    inner: S,
    core: Rc<Core>,
}

layered!(Observe => ObserveStep { core });

impl Observe {
    /// Counts on this core.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self { core: Rc::clone(core) }
    }
}

impl<S: Step> Step for ObserveStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        let started = exchange.facts.started;
        let in_flight = self.core.metrics.begin();
        let result = self.inner.call(exchange).await;
        drop(in_flight);
        if let Ok(response) = &result
            && response.extensions().get::<AnsweredByFicus>().is_none()
        {
            let took = exchange
                .facts
                .answered
                .map_or_else(|| started.elapsed(), |answered| answered - started);
            self.core
                .metrics
                .answered(exchange.routed.as_ref(), response.status(), took);
        }
        result
    }
}
