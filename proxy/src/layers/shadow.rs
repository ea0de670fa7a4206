//! Shadow: on routes that the flags shadow, native runs dry beside legacy (reads) or before it (writes), and the answers are
//! compared afterwards. The client always gets legacy's answer, unchanged. Where native answers, legacy is asked the same on a
//! sample of safe requests, after native's head is there: the reverse shadow, which delays nobody either.
//!
//! Below the decision, which says whether to shadow, and above dispatch, whose answer is copied on its way out.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use flags::{RoutePlan, Shadowing, Side};
use futures_util::future::Either;
use http::Request;
use http::header::{CONNECTION, UPGRADE};
use http_body::Body as _;

use crate::body::Body;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Answered, Exchange, RequestFacts, Routed, Step};
use crate::shadow::{self, Lane, NotCompared, Pending, Shadow};

/// Adds the step; see the module.
#[derive(Clone, Debug)]
pub struct ShadowLayer {
    shadow: Shadow,
}

impl ShadowLayer {
    /// A layer that gives its work to this worker.
    #[must_use]
    pub fn new(shadow: Shadow) -> Self {
        Self { shadow }
    }
}

impl<S> tower::Layer<S> for ShadowLayer {
    type Service = ShadowStep<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ShadowStep {
            inner,
            shadow: self.shadow.clone(),
        }
    }
}

/// The step.
#[derive(Debug)]
pub struct ShadowStep<S> {
    inner: S,
    shadow: Shadow,
}

impl<S: Step> Step for ShadowStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        match shadowed(exchange) {
            None => Either::Left(self.inner.call(exchange)),
            // Boxed: most requests are not shadowed and need not carry its state.
            Some((plan, routed)) => Either::Right(Box::pin(self.shadowed(exchange, plan, routed))),
        }
    }
}

impl<S: Step> ShadowStep<S> {
    /// Answers a request that the flags shadow.
    async fn shadowed(&self, exchange: &mut Exchange, plan: Arc<RoutePlan>, routed: Routed) -> Answered {
        match routed.shadowing {
            Shadowing::Native if is_upgrade(&exchange.request) => {
                self.shadow.skip(&plan, NotCompared::Streamed);
                self.inner.call(exchange).await
            }
            Shadowing::Native => self.beside(exchange, plan, &routed).await,
            Shadowing::SampledOut => {
                let _under_way = self.lane(&exchange.request, None);
                self.shadow.skip(&plan, NotCompared::SampledOut);
                self.inner.call(exchange).await
            }
            Shadowing::Legacy if is_upgrade(&exchange.request) => {
                self.shadow.skip(&plan, NotCompared::Streamed);
                self.inner.call(exchange).await
            }
            Shadowing::Legacy => self.reverse(exchange, plan, &routed).await,
            _ => self.inner.call(exchange).await,
        }
    }

    /// Starts the dry run, then asks legacy in any case.
    async fn beside(&self, exchange: &mut Exchange, plan: Arc<RoutePlan>, routed: &Routed) -> Answered {
        let mut unsaid = Unsaid {
            shadow: &self.shadow,
            plan: Some(Arc::clone(&plan)),
        };
        let held = self.held(&mut exchange.request).await?;
        unsaid.plan = None;
        let lane = self.lane(&exchange.request, held.as_ref().ok());
        let body = match held {
            Ok(body) => body,
            Err(reason) => {
                self.shadow.skip(&plan, reason);
                return self.inner.call(exchange).await;
            }
        };
        let copy = copy_for_shadow(exchange, plan, routed, body);
        let pending = match &lane {
            None => self.shadow.begin_read(copy),
            Some(lane) => self.shadow.run_write(copy, Arc::clone(lane)).await,
        };
        let answer = self.inner.call(exchange).await;
        match pending {
            Some(pending) => copied(pending, answer),
            None => answer,
        }
    }

    /// Native answers the client, and the shadow then asks legacy the same. A native failure leaves nothing to compare.
    async fn reverse(&self, exchange: &mut Exchange, plan: Arc<RoutePlan>, routed: &Routed) -> Answered {
        let body = match self.held(&mut exchange.request).await? {
            Ok(body) => body,
            Err(reason) => {
                self.shadow.skip(&plan, reason);
                return self.inner.call(exchange).await;
            }
        };
        let copy = copy_for_shadow(exchange, plan, routed, body);
        let started = shadow::Started::now();
        let answer = self.inner.call(exchange).await;
        let by_native = exchange.routed.as_ref().map(|routed| routed.serve) == Some(Side::Native);
        match answer {
            Ok(response) if by_native => Ok(self.shadow.reverse(copy, started, response).map(Body::wrapped)),
            answer => {
                self.shadow.skip(&copy.plan, NotCompared::FellBack);
                answer
            }
        }
    }

    /// Of a write, kept until legacy has answered: also one that is not compared may change what another one sees.
    fn lane(&self, request: &Request<Body>, body: Option<&Bytes>) -> Option<Arc<Lane>> {
        (!request.method().is_safe()).then(|| self.shadow.enter(request, body))
    }

    /// The whole request body; the request keeps the same body for legacy. The inner error says why it is not whole.
    async fn held(&self, request: &mut Request<Body>) -> Result<Result<Bytes, NotCompared>, ProxyError> {
        if request.body().is_end_stream() {
            return Ok(Ok(Bytes::new()));
        }
        let body = std::mem::take(request.body_mut());
        let held = self.shadow.hold(body).await.map_err(|error| ProxyError {
            source: Some(error),
            ..ProxyError::client(ErrorKind::ClientGone)
        })?;
        *request.body_mut() = Body::wrapped(held.body);
        Ok(held.whole)
    }
}

/// Says that the client is gone when the request ends while its body is still read: by an error, or by dropping the future.
struct Unsaid<'s> {
    shadow: &'s Shadow,
    plan: Option<Arc<RoutePlan>>,
}

impl Drop for Unsaid<'_> {
    fn drop(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.shadow.skip(&plan, NotCompared::ClientGone);
        }
    }
}

/// The plan and the decision of a request that the flags shadow.
fn shadowed(exchange: &Exchange) -> Option<(Arc<RoutePlan>, Routed)> {
    let routed = exchange.routed.as_ref()?;
    if routed.shadowing == Shadowing::Off {
        return None;
    }
    Some((Arc::clone(routed.plan.as_ref()?), routed.clone()))
}

fn copy_for_shadow(exchange: &Exchange, plan: Arc<RoutePlan>, routed: &Routed, body: Bytes) -> shadow::Exchange {
    shadow::Exchange {
        request: request_for_native(exchange, &plan, body),
        flag_version: Arc::from(routed.version.to_str().unwrap_or_default()),
        client: Some(exchange.facts.client),
        plan,
    }
}

fn is_upgrade(request: &Request<Body>) -> bool {
    let headers = request.headers();
    headers.contains_key(UPGRADE)
        && headers.get(CONNECTION).is_some_and(|value| {
            value
                .as_bytes()
                .to_ascii_lowercase()
                .windows(7)
                .any(|word| word == b"upgrade")
        })
}

/// The request as the native side gets it; the facts and the plan travel as extensions.
fn request_for_native(exchange: &Exchange, plan: &Arc<RoutePlan>, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = exchange.request.method().clone();
    *request.uri_mut() = exchange.request.uri().clone();
    *request.headers_mut() = exchange.request.headers().clone();
    request.extensions_mut().insert::<RequestFacts>(exchange.facts.clone());
    request.extensions_mut().insert::<Arc<RoutePlan>>(Arc::clone(plan));
    request
}

fn copied(pending: Pending, answer: Answered) -> Answered {
    match answer {
        Ok(response) => Ok(pending.copy(response).map(Body::wrapped)),
        Err(error) => {
            pending.give_up(NotCompared::LegacyUnreachable);
            Err(error)
        }
    }
}
