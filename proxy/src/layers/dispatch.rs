//! The end of the stack: hands the request to the side that the decision named. Native may hand it on to legacy.

use std::rc::Rc;

use flags::Side;
use futures_util::future::Either;

use crate::backend::legacy;
use crate::backend::native;
use crate::core::Core;
use crate::exchange::{Answered, Exchange, Step};

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
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        match exchange.routed.as_ref().map(|routed| routed.serve) {
            // Boxed: its state would make that of every request several times as large, and it is moved on its way here.
            Some(Side::Native) => Either::Right(Box::pin(native::answer(&self.core, exchange))),
            Some(Side::Legacy) | None => Either::Left(legacy::answer(&self.core, exchange)),
        }
    }
}
