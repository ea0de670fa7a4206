//! One request on its way through the stack, and the shape of a step of that stack.

mod notable;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use flags::{Reason, RoutePlan, Shadowing, Side, TimeLimits};
use http::{HeaderName, HeaderValue, Request, Response};
use tokio::time::Instant;

use crate::body::Body;
use crate::config::Timeouts;
use crate::error::ProxyError;
use crate::framing::{Interim, Refusal};
pub use notable::Notable;

/// A request together with what Ficus has found out about it so far.
#[derive(Debug)]
pub struct Exchange {
    /// The request; its target is the canonical one once the canonical-path step has seen it.
    pub request: Request<Body>,
    /// What is known of the client and the moment.
    pub facts: RequestFacts,
    /// Where interim answers go, when the client can be sent any.
    pub interim: Option<Interim>,
    /// Who answers; none before the decide step.
    pub routed: Option<Routed>,
    /// What Ficus itself says in the head of the answer. It goes before what the answer says under the same names.
    pub said: Vec<(HeaderName, HeaderValue)>,
}

/// What is known about a request apart from the request itself.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// The request id, kept from the client or minted; empty until its step.
    pub id: RequestId,
    /// The address of the peer of the connection.
    pub peer: IpAddr,
    /// The same as a header has it: written once for a connection.
    pub peer_text: HeaderValue,
    /// The address of the client; the peer, unless a trusted hop named another one.
    pub client: IpAddr,
    /// `http` or `https`, as the client used it.
    pub scheme: &'static str,
    /// When the head of the request was complete.
    pub started: Instant,
    /// When the head of legacy's answer was.
    pub answered: Option<Instant>,
    /// What the canonical-path step thinks of the target.
    pub path: PathVerdict,
    /// Which of its headers some step acts on, as the client sent them.
    pub notable: Notable,
}

/// Stands with an answer that neither side gave: it belongs to no route and is counted elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredByFicus;

/// A request id: what travels in `x-request-id`.
#[derive(Debug, Clone)]
pub struct RequestId {
    /// The header value, known to be short and visible ASCII.
    pub value: HeaderValue,
    /// A hash of it: samples are drawn from this number, so that a decision can be repeated.
    pub ticket: u32,
}

/// What is to be done with the target of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathVerdict {
    /// It is canonical, or has been made so.
    Canonical,
    /// The client is sent to the cleaned path, as Next.js does.
    Redirect(String),
    /// It is the server itself (`OPTIONS *`).
    Server,
    /// It has no canonical form, or is of a form that Ficus does not serve.
    Refused(Refusal),
}

/// A decision, owned, so that it outlives a change of flags.
#[derive(Debug, Clone)]
pub struct Routed {
    /// The plan of the route; none when no flag names it.
    pub plan: Option<Arc<RoutePlan>>,
    /// Who answers.
    pub serve: Side,
    /// What runs beside the answer.
    pub shadowing: Shadowing,
    /// Why.
    pub reason: Reason,
    /// Version of the flags that decided.
    pub version: HeaderValue,
    /// Why native, which was to answer, handed the request to legacy instead.
    pub fallback: Option<&'static str>,
}

impl Exchange {
    /// The time for the head of legacy's answer: that of the route, else `standard`, and not more than for the whole exchange.
    #[must_use]
    pub fn answer_limit(&self, standard: &Timeouts) -> Duration {
        let head = self.time_limits().timeout.unwrap_or(standard.answer);
        self.total_limit(standard).map_or(head, |total| total.min(head))
    }

    /// The time for the whole exchange with legacy, if it has a limit: that of the route, else `standard`.
    #[must_use]
    pub fn total_limit(&self, standard: &Timeouts) -> Option<Duration> {
        self.time_limits().total_timeout.or(standard.total)
    }

    /// What the flag of the route says about time; nothing where no flag names it.
    #[must_use]
    pub fn time_limits(&self) -> TimeLimits {
        self.routed.as_ref().map(Routed::time_limits).unwrap_or_default()
    }
}

impl From<Request<Body>> for Exchange {
    /// An exchange of which nothing is known but its request.
    fn from(request: Request<Body>) -> Self {
        let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let notable = Notable::of(request.headers());
        Self {
            request,
            facts: RequestFacts {
                id: RequestId::none(),
                peer: nobody,
                peer_text: HeaderValue::from_static("unknown"),
                client: nobody,
                scheme: "http",
                started: Instant::now(),
                answered: None,
                path: PathVerdict::Canonical,
                notable,
            },
            interim: None,
            routed: None,
            said: Vec::new(),
        }
    }
}

impl Routed {
    /// Why native, which was to answer, did not: reasons that are known only after the decision.
    pub const LATE_REASONS: [&'static str; 2] = ["fallback", "circuit"];

    /// Why this side answers, in one word: the decision's reason, unless native was to answer and did not.
    #[must_use]
    pub fn reason_label(&self) -> &'static str {
        match self.fallback {
            Some("circuit") => "circuit",
            Some(_) => "fallback",
            None => self.reason.label(),
        }
    }

    /// The place of that word among those of [`Reason::LABELS`] with [`Self::LATE_REASONS`] behind them.
    #[must_use]
    pub fn reason_place(&self) -> usize {
        match self.fallback {
            Some("circuit") => Reason::LABELS.len() + 1,
            Some(_) => Reason::LABELS.len(),
            None => self.reason.place(),
        }
    }

    /// What the flag of the route says about time.
    #[must_use]
    pub fn time_limits(&self) -> TimeLimits {
        self.plan.as_ref().map(|plan| plan.time_limits).unwrap_or_default()
    }
}

impl RequestId {
    /// The id before its step has run.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            value: HeaderValue::from_static("-"),
            ticket: 0,
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.value.to_str().unwrap_or("-")
    }
}

/// How a request was answered.
pub type Answered = Result<Response<Body>, ProxyError>;

/// One step of the stack. Dispatch is static and nothing is boxed: the whole stack is one state machine per request. A step that has
/// nothing to do with the answer gives back the future of the step below, and one that mostly has nothing to do at all either that or
/// a boxed one of its own: so an answer is not moved from state to state.
///
/// Futures stay on the core that accepted the connection, so they need not be `Send`.
pub trait Step {
    /// Answers the exchange, by itself or through the step below. What a step learns it writes into the exchange, so the
    /// steps above know it too.
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered>;
}
