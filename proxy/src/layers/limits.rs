//! What a request may look like, and how many there may be at once.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body as HttpBody, Frame};

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::{BoxError, ErrorKind, FaultSide, ProxyError};
use crate::exchange::{Answered, Exchange, Step};
use crate::framing::Refusal;

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
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        self.check(exchange)?;
        let _seat = self.sit()?;
        self.inner.call(exchange).await
    }
}

impl<S> LimitsStep<S> {
    fn check(&self, exchange: &mut Exchange) -> Result<(), ProxyError> {
        let limits = &self.core.config.limits;
        let uri = exchange.request.uri();
        let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target > limits.uri_bytes {
            return Err(ProxyError::refused(Refusal::UriTooLong));
        }
        if let Some(most) = limits.body_limit(uri.path()) {
            bounded_body(&mut exchange.request, most)?;
        }
        Ok(())
    }

    fn sit(&self) -> Result<Seat, ProxyError> {
        let share = self.core.config.in_flight_per_core();
        if self.in_flight.get() >= share {
            let kind = ErrorKind::Overloaded {
                retry_after: RETRY_AFTER,
            };
            return Err(ProxyError::new(kind, FaultSide::Proxy));
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

/// Refuses a body that says it is too large, and bounds one that does not say.
fn bounded_body(request: &mut Request<Body>, most: u64) -> Result<(), ProxyError> {
    let size = request.body().size_hint();
    if size.lower() > most {
        return Err(ProxyError::refused(Refusal::BodyTooLarge));
    }
    if size.upper().is_none_or(|upper| upper > most) {
        let body = std::mem::take(request.body_mut());
        *request.body_mut() = Body::wrapped(Bounded { body, left: most });
    }
    Ok(())
}

/// A body of unknown size that may not be longer than so many bytes.
struct Bounded {
    body: Body,
    left: u64,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            match self.left.checked_sub(length) {
                Some(left) => self.left = left,
                None => return Poll::Ready(Some(Err(Refusal::BodyTooLarge.into()))),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
