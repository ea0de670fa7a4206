//! `Server-Timing` on answers, where the configuration asks for it: how long the head took, and who gave it.

use std::rc::Rc;

use futures_util::future::Either;
use http::{HeaderName, HeaderValue};

use super::layered;
use crate::core::Core;
use crate::exchange::{Answered, Exchange, Step};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Adds the header.
#[derive(Debug, Clone, Copy)]
pub struct ServerTiming {
    on: bool,
}

/// The step of [`ServerTiming`].
#[derive(Debug)]
pub struct ServerTimingStep<S> {
    inner: S,
    on: bool,
}

layered!(ServerTiming => ServerTimingStep { on });

impl ServerTiming {
    /// On when the configuration says so.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            on: core.config.server_timing,
        }
    }
}

impl<S: Step> Step for ServerTimingStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        if !self.on {
            return Either::Left(self.inner.call(exchange));
        }
        Either::Right(Box::pin(async move {
            let mut response = self.inner.call(exchange).await?;
            let side = exchange.routed.as_ref().map_or("ficus", |routed| routed.serve.as_str());
            let millis = exchange.facts.started.elapsed().as_secs_f64() * 1e3;
            if let Ok(timing) = HeaderValue::try_from(format!("ficus;dur={millis:.3};desc=\"{side}\"")) {
                // Beside what the app itself says there.
                response.headers_mut().append(SERVER_TIMING, timing);
            }
            Ok(response)
        }))
    }
}
