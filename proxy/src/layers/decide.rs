//! Asks the flags who answers, and marks the answer with who did and why.

use std::rc::Rc;
use std::sync::Arc;

use flags::{Decision, Facts, decide};
use http::{HeaderName, HeaderValue, Response};

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::ProxyError;
use crate::exchange::{Exchange, Routed, Step};

const SERVED_BY: HeaderName = HeaderName::from_static("x-ficus-served-by");
const REASON: HeaderName = HeaderName::from_static("x-ficus-reason");
const VERSION: HeaderName = HeaderName::from_static("x-ficus-flags");

/// Decides each request by the flags in force at its moment.
#[derive(Debug, Clone)]
pub struct Decide {
    core: Rc<Core>,
}

/// The step of [`Decide`].
#[derive(Debug)]
pub struct DecideStep<S> {
    inner: S,
    core: Rc<Core>,
}

layered!(Decide => DecideStep { core });

impl Decide {
    /// By the flags of this core.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self { core: Rc::clone(core) }
    }
}

impl<S: Step> Step for DecideStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        exchange.routed = Some(self.route(exchange));
        let mut response = self.inner.call(exchange).await?;
        if self.core.config.answer_headers
            && let Some(routed) = &exchange.routed
        {
            mark(&mut response, routed);
        }
        Ok(response)
    }
}

impl<S> DecideStep<S> {
    fn route(&self, exchange: &Exchange) -> Routed {
        let snapshot = self.core.flags.peek();
        let request = &exchange.request;
        let facts = Facts {
            method: request.method(),
            path: request.uri().path(),
            ticket: exchange.facts.id.ticket,
        };
        let Decision {
            plan,
            serve,
            shadow,
            reason,
        } = decide(&snapshot, &facts);
        let version = HeaderValue::from_str(snapshot.version()).unwrap_or_else(|_| HeaderValue::from_static("-"));
        Routed {
            plan: plan.map(Arc::clone),
            serve,
            shadowing: shadow,
            reason,
            version,
            fallback: None,
        }
    }
}

fn mark(response: &mut Response<Body>, routed: &Routed) {
    let headers = response.headers_mut();
    headers.insert(SERVED_BY, HeaderValue::from_static(routed.serve.as_str()));
    let reason = if routed.fallback.is_some() {
        "fallback"
    } else {
        routed.reason.label()
    };
    headers.insert(REASON, HeaderValue::from_static(reason));
    headers.insert(VERSION, routed.version.clone());
}
