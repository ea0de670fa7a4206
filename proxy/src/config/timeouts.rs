//! `timeouts:` of the configuration: how long things may take.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Span;

/// How long things may take.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, from = "TimeoutTexts")]
pub struct Timeouts {
    /// For the head of a request, from its first byte.
    pub request_head: Duration,
    /// For a request body to keep Ficus waiting, all waits together, beside what its size allows.
    pub request_body: Duration,
    /// For a client to begin another request.
    pub client_idle: Duration,
    /// For a client to take more of its answer, all waits together, beside what its size allows.
    pub client_write: Duration,
    /// For making a connection to legacy.
    pub connect: Duration,
    /// For the head of an answer.
    pub answer: Duration,
    /// From one piece of an answer's body to the next.
    pub body_idle: Duration,
    /// For a whole exchange; none is no limit.
    pub total: Option<Duration>,
    /// An idle connection to legacy is not used after this.
    pub legacy_idle: Duration,
    /// For either direction of an upgraded connection, or a stream of events, to stay silent.
    pub tunnel_idle: Duration,
    /// For what is in flight when the process is told to stop.
    pub drain: Duration,
    /// From the moment that readiness is off until nothing more is accepted.
    pub drain_delay: Duration,
    /// For the next request on an open connection, once nothing more is accepted.
    pub drain_idle: Duration,
    /// For a new version of the program to become ready.
    pub upgrade: Duration,
}

/// [`Timeouts`] as they are written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TimeoutTexts {
    request_head: Option<Span>,
    request_body: Option<Span>,
    client_idle: Option<Span>,
    client_write: Option<Span>,
    connect: Option<Span>,
    answer: Option<Span>,
    body_idle: Option<Span>,
    total: Option<Span>,
    legacy_idle: Option<Span>,
    tunnel_idle: Option<Span>,
    drain: Option<Span>,
    drain_delay: Option<Span>,
    drain_idle: Option<Span>,
    upgrade: Option<Span>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request_head: Duration::from_secs(30),
            request_body: Duration::from_secs(30),
            client_idle: Duration::from_secs(75),
            client_write: Duration::from_secs(60),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(60),
            body_idle: Duration::from_secs(300),
            total: None,
            // Node closes an idle connection after five seconds.
            legacy_idle: Duration::from_secs(4),
            tunnel_idle: Duration::from_secs(3600),
            drain: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            drain_idle: Duration::from_secs(1),
            upgrade: Duration::from_secs(60),
        }
    }
}

impl From<TimeoutTexts> for Timeouts {
    fn from(texts: TimeoutTexts) -> Self {
        let standard = Self::default();
        let or = |text: Option<Span>, standard| text.map_or(standard, |span| span.0);
        Self {
            request_head: or(texts.request_head, standard.request_head),
            request_body: or(texts.request_body, standard.request_body),
            client_idle: or(texts.client_idle, standard.client_idle),
            client_write: or(texts.client_write, standard.client_write),
            connect: or(texts.connect, standard.connect),
            answer: or(texts.answer, standard.answer),
            body_idle: or(texts.body_idle, standard.body_idle),
            total: texts.total.map(|span| span.0).or(standard.total),
            legacy_idle: or(texts.legacy_idle, standard.legacy_idle),
            tunnel_idle: or(texts.tunnel_idle, standard.tunnel_idle),
            drain: or(texts.drain, standard.drain),
            drain_delay: or(texts.drain_delay, standard.drain_delay),
            drain_idle: or(texts.drain_idle, standard.drain_idle),
            upgrade: or(texts.upgrade, standard.upgrade),
        }
    }
}
