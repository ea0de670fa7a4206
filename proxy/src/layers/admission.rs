//! Whether a request may be asked at all: what framing has refused, the host, the target, an upgrade that makes sense, no server
//! actions where there are no pages. Refusals from below (a body that goes wrong while it is read) are named and counted here too.

use std::cell::RefCell;
use std::rc::Rc;

use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Answered, Exchange, Notable, PathVerdict, Step};
use crate::framing::{Refusal, host_name};

const WEBSOCKET_KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const WEBSOCKET_VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
/// What `OPTIONS *` is told (RFC 9110, section 9.3.7): it asks about the server, not about a resource.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Refuses what may not be asked.
#[derive(Debug, Clone)]
pub struct Admission {
    core: Rc<Core>,
    good_host: Rc<GoodHost>,
}

/// The step of [`Admission`].
#[derive(Debug)]
pub struct AdmissionStep<S> {
    inner: S,
    core: Rc<Core>,
    good_host: Rc<GoodHost>,
}

/// The last `Host` that was found good. Nearly every request has the same.
#[derive(Debug, Default)]
struct GoodHost(RefCell<Vec<u8>>);

layered!(Admission => AdmissionStep { core, good_host });

impl Admission {
    /// By the configuration of this core.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            good_host: Rc::default(),
        }
    }
}

impl<S: Step> Step for AdmissionStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        let answered = match self.check(exchange) {
            Ok(()) if exchange.facts.path == PathVerdict::Server => return Ok(methods()),
            Ok(()) => self.inner.call(exchange).await,
            Err(refusal) => Err(ProxyError::refused(refusal)),
        };
        answered.map_err(|error| self.explained(error))
    }
}

impl<S> AdmissionStep<S> {
    /// Counts a failure that is a refusal, and calls it by its name.
    fn explained(&self, error: ProxyError) -> ProxyError {
        if let Some(refusal) = error.refusal() {
            self.core.metrics.refused(refusal.label());
            return ProxyError::refused(refusal);
        }
        if matches!(error.kind, ErrorKind::BadRequest(_) | ErrorKind::Overloaded { .. }) {
            self.core.metrics.refused(error.kind.label());
        }
        error
    }

    fn check(&self, exchange: &Exchange) -> Result<(), Refusal> {
        let request = &exchange.request;
        // The framing of an HTTP/1 connection has refused what this request stands for.
        if let Some(refusal) = request.extensions().get::<Refusal>() {
            return Err(*refusal);
        }
        if let PathVerdict::Refused(refusal) = exchange.facts.path {
            return Err(refusal);
        }
        let headers = request.headers();
        self.host(headers, request.version())?;
        let notable = exchange.facts.notable;
        if notable.has(Notable::UPGRADE) {
            upgrade(headers, request.method())?;
        }
        if notable.has(Notable::NEXT_ACTION) && has_no_pages(request.uri().path()) {
            return Err(Refusal::ServerAction);
        }
        if notable.has(Notable::CONTENT_LENGTH) && headers.get_all(CONTENT_LENGTH).iter().nth(1).is_some() {
            return Err(Refusal::ContentLength);
        }
        Ok(())
    }

    /// One well-formed host (RFC 9112, section 3.2), and one of ours.
    fn host(&self, headers: &HeaderMap, version: Version) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(HOST).iter();
        let Some(host) = hosts.next() else {
            // HTTP/1.0 did not have it.
            let needed = version >= Version::HTTP_11 || !self.core.config.hosts.is_empty();
            return if needed { Err(Refusal::Host) } else { Ok(()) };
        };
        if hosts.next().is_some() {
            return Err(Refusal::Host);
        }
        if *self.good_host.0.borrow() == host.as_bytes() {
            return Ok(());
        }
        let name = host_name(host.as_bytes()).ok_or(Refusal::Host)?;
        if !self.core.config.serves_host(name) {
            return Err(Refusal::UnknownHost);
        }
        let mut good = self.good_host.0.borrow_mut();
        good.clear();
        good.extend_from_slice(host.as_bytes());
        Ok(())
    }
}

/// A nominated upgrade to WebSocket has everything that RFC 6455, section 4.2.1, asks for. Other upgrades are not passed on, and the
/// request is an ordinary one.
fn upgrade(headers: &HeaderMap, method: &Method) -> Result<(), Refusal> {
    let is = |name, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    if !is(CONNECTION, "upgrade") || !is(UPGRADE, "websocket") {
        return Ok(());
    }
    let key = headers.get_all(&WEBSOCKET_KEY).iter().count() == 1;
    let version = headers.get(&WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    if key && version && *method == Method::GET {
        Ok(())
    } else {
        Err(Refusal::Upgrade)
    }
}

/// Server actions belong to pages; what is under `/api` are route handlers.
fn has_no_pages(path: &str) -> bool {
    path.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("/api/")) || path.eq_ignore_ascii_case("/api")
}

fn methods() -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ALLOW, METHODS);
    response
}
