//! One line per request, when the configuration asks for it. It never has a query, a body, a cookie or a token in it.

use std::rc::Rc;

use http::{Method, Response};

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::ProxyError;
use crate::exchange::{Exchange, Step};

/// Writes the access log.
#[derive(Debug, Clone)]
pub struct AccessLog {
    on: bool,
}

/// The step of [`AccessLog`].
#[derive(Debug)]
pub struct AccessLogStep<S> {
    inner: S,
    on: bool,
}

layered!(AccessLog => AccessLogStep { on });

impl AccessLog {
    /// On when the configuration says so.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            on: core.config.access_log,
        }
    }
}

impl<S: Step> Step for AccessLogStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        if !self.on {
            return self.inner.call(exchange).await;
        }
        let line = Line::of(exchange);
        let result = self.inner.call(exchange).await;
        line.write(result.as_ref().map_or(0, |response| response.status().as_u16()));
        result
    }
}

struct Line {
    method: Method,
    path: String,
    facts: crate::exchange::RequestFacts,
}

impl Line {
    fn of(exchange: &Exchange) -> Self {
        let request = &exchange.request;
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            facts: exchange.facts.clone(),
        }
    }

    fn write(&self, status: u16) {
        let head_ms = u64::try_from(self.facts.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (id, client, method, path) = (self.facts.id.as_str(), self.facts.client, &self.method, &self.path);
        tracing::info!(target: "access", id, %client, %method, %path, status, head_ms, "{method} answered with {status}");
    }
}
