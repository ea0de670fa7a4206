//! What a request may look like, and how many there may be at once.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Response, Version};

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Exchange, PathVerdict, Step};

/// When a client that was turned away may come back.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Refuses what is over a limit.
#[derive(Debug, Clone)]
pub struct Limits {
    core: Rc<Core>,
    in_flight: Rc<Cell<usize>>,
}

/// The step of [`Limits`].
#[derive(Debug)]
pub struct LimitsStep<S> {
    inner: S,
    core: Rc<Core>,
    in_flight: Rc<Cell<usize>>,
}

/// One request in flight, until dropped.
struct Seat(Rc<Cell<usize>>);

layered!(Limits => LimitsStep { core, in_flight });

impl Limits {
    /// With the limits of the configuration; the number in flight is divided among the cores.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            in_flight: Rc::default(),
        }
    }
}

impl<S: Step> Step for LimitsStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        if let Err(error) = self.check(exchange) {
            self.core.metrics.refused(error.kind);
            return Err(error);
        }
        let _seat = self.sit()?;
        self.inner.call(exchange).await
    }
}

impl<S> LimitsStep<S> {
    fn check(&self, exchange: &Exchange) -> Result<(), ProxyError> {
        if let PathVerdict::Refused(reason) = &exchange.facts.path {
            return Err(ProxyError::client(ErrorKind::BadRequest(reason)));
        }
        let limits = &self.core.config.limits;
        let target = exchange
            .request
            .uri()
            .path_and_query()
            .map_or(0, |target| target.as_str().len());
        if target > limits.uri_bytes {
            return Err(ProxyError::client(ErrorKind::UriTooLong));
        }
        framing(exchange)?;
        let declared = exchange
            .request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        match (declared, limits.body_bytes) {
            (Some(declared), Some(most)) if declared > most => Err(ProxyError::client(ErrorKind::BodyTooLarge)),
            _ => Ok(()),
        }
    }

    fn sit(&self) -> Result<Seat, ProxyError> {
        let share = self.core.config.in_flight_per_core();
        if self.in_flight.get() >= share {
            let kind = ErrorKind::Overloaded {
                retry_after: RETRY_AFTER,
            };
            self.core.metrics.refused(kind);
            return Err(ProxyError::new(kind, crate::error::FaultSide::Proxy));
        }
        self.in_flight.set(self.in_flight.get() + 1);
        Ok(Seat(Rc::clone(&self.in_flight)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Framing that two servers could read differently is refused (RFC 9112, section 6.3), although the parser would take it.
fn framing(exchange: &Exchange) -> Result<(), ProxyError> {
    let request = &exchange.request;
    let bad = |reason| Err(ProxyError::client(ErrorKind::BadRequest(reason)));
    let headers = request.headers();
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next() {
        if request.version() == Version::HTTP_10 {
            return bad("Transfer-Encoding is not part of HTTP/1.0");
        }
        if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return bad("Transfer-Encoding must be exactly `chunked`");
        }
        if headers.contains_key(CONTENT_LENGTH) {
            return bad("Content-Length and Transfer-Encoding exclude each other");
        }
    }
    if headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
        return bad("There must be one Content-Length");
    }
    Ok(())
}
