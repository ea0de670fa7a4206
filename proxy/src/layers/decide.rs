//! Asks the flags who answers, and marks the answer with who did and why.

pub(super) mod control;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use flags::{Decision, Facts, Match, Session, Side};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, Uri};

use super::layered;
use crate::backend::native::{Identity, NativeBackend};
use crate::body::Body;
use crate::core::Core;
use crate::exchange::{Answered, Exchange, Routed, Step};
use crate::overrides::Outcome;
use crate::shadow::now_ms;

const SERVED_BY: HeaderName = HeaderName::from_static("x-ficus-served-by");
const REASON: HeaderName = HeaderName::from_static("x-ficus-reason");
const VERSION: HeaderName = HeaderName::from_static("x-ficus-flags");

/// Decides each request by the flags in force at its moment.
#[derive(Debug, Clone)]
pub struct Decide {
    core: Rc<Core>,
    /// The version that the last request was told, so that it need not be made for each.
    version: Rc<RefCell<HeaderValue>>,
}

/// The step of [`Decide`].
#[derive(Debug)]
pub struct DecideStep<S> {
    inner: S,
    core: Rc<Core>,
    /// The version that the last request was told, so that it need not be made for each.
    version: Rc<RefCell<HeaderValue>>,
}

layered!(Decide => DecideStep { core, version });

impl Decide {
    /// By the flags of this core.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            version: Rc::new(RefCell::new(HeaderValue::from_static("-"))),
        }
    }
}

impl<S: Step> Step for DecideStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        let token = control::take(exchange.request.headers_mut(), exchange.facts.notable);
        exchange.routed = Some(self.route(exchange, token.as_deref()));
        let response = self.inner.call(exchange).await?;
        if self.core.config.answer_headers {
            mark(exchange);
        }
        Ok(response)
    }
}

impl<S> DecideStep<S> {
    fn route(&self, exchange: &mut Exchange, token: Option<&str>) -> Routed {
        let snapshot = self.core.flags.peek();
        let target = exchange.request.uri().path();
        let mut matched = snapshot.look_up(exchange.request.method(), target);
        if let Some(behind) = matched.path_behind_alias(target) {
            follow_alias(&mut exchange.request, behind);
            matched = snapshot.look_up(exchange.request.method(), exchange.request.uri().path());
        }
        let request = &exchange.request;
        let (method, path) = (request.method(), request.uri().path());
        let identity = self.identify(&matched, request);
        let facts = Facts {
            headers: Some(request.headers()),
            host: host(request),
            client: Some(exchange.facts.client),
            session: identity.as_ref().map(session).unwrap_or_default(),
            wanted: token.and_then(|token| self.wanted(&matched, token)),
            ..Facts::new(method, path, exchange.facts.id.ticket)
        };
        let Decision {
            plan,
            serve,
            shadow,
            reason,
        } = matched.decide(&facts);
        Routed {
            plan: plan.map(Arc::clone),
            serve,
            shadowing: shadow,
            reason,
            version: self.version(snapshot.version()),
            fallback: None,
        }
    }

    fn version(&self, text: &str) -> HeaderValue {
        let mut last = self.version.borrow_mut();
        if *last != text {
            *last = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("-"));
        }
        last.clone()
    }

    /// Who the client is, on routes where that decides. Without native handlers nobody can tell, and nobody is known.
    fn identify(&self, matched: &Match<'_>, request: &Request<Body>) -> Option<Identity> {
        match &self.core.native {
            NativeBackend::On { native, .. } if matched.needs_session() => native.identify(request.headers()),
            _ => None,
        }
    }

    /// The side that an override wants, if it is worth something. Each is counted, whatever it is worth.
    fn wanted(&self, matched: &Match<'_>, token: &str) -> Option<Side> {
        let outcome = match (&self.core.config.overrides.key, matched.plan()) {
            (None, _) => Outcome::Off,
            (Some(_), None) => Outcome::OtherRoute,
            (Some(key), Some(plan)) => key.judge(token, plan, now_ms() / 1_000),
        };
        self.core.metrics.override_seen(outcome.label());
        match outcome {
            Outcome::Honoured(side) => Some(side),
            _ => None,
        }
    }
}

pub(super) fn session(identity: &Identity) -> Session<'_> {
    Session {
        user: identity.user.as_deref(),
        tenant: identity.tenant.as_deref(),
        role: identity.role,
    }
}

/// A request for an alias becomes one for the route, for both sides and for the decision.
fn follow_alias<B>(request: &mut Request<B>, behind: String) {
    let target = match request.uri().query() {
        Some(query) => format!("{behind}?{query}"),
        None => behind,
    };
    let mut parts = request.uri().clone().into_parts();
    // What an alias caught stood in a target before, so it can stand in one again.
    if let Ok(target) = PathAndQuery::try_from(target) {
        parts.path_and_query = Some(target);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
}

/// The host that the client asked for: in HTTP/2 it is part of the target.
pub(super) fn host<B>(request: &Request<B>) -> Option<&str> {
    let in_target = request.uri().authority().map(http::uri::Authority::as_str);
    in_target.or_else(|| request.headers().get(HOST)?.to_str().ok())
}

/// Says on the answer who gave it, why, and by which flags.
pub(super) fn mark(exchange: &mut Exchange) {
    if let Some(routed) = &exchange.routed {
        let by = HeaderValue::from_static(routed.serve.as_str());
        let reason = HeaderValue::from_static(routed.reason_label());
        let marks = [(SERVED_BY, by), (REASON, reason), (VERSION, routed.version.clone())];
        exchange.said.extend(marks);
    }
}
