//! The end of the stack: hands the request to the side that the decision named. Native may hand it on to legacy.

use std::rc::Rc;

use flags::Side;
use http::Response;

use crate::backend::legacy;
use crate::backend::native;
use crate::body::Body;
use crate::core::Core;
use crate::error::ProxyError;
use crate::exchange::{Exchange, Step};

/// Asks legacy or native.
#[derive(Debug)]
pub struct Dispatch {
    core: Rc<Core>,
}

impl Dispatch {
    /// With the backends of this core.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self { core: Rc::clone(core) }
    }
}

impl Step for Dispatch {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        match exchange.routed.as_ref().map(|routed| routed.serve) {
            // Boxed: its state would make that of every request several times as large, and it is moved on its way here.
            Some(Side::Native) => Box::pin(native::answer(&self.core, exchange)).await,
            Some(Side::Legacy) | None => legacy::answer(&self.core, exchange).await,
        }
    }
}
