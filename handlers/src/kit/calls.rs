//! Calls to outside services whose answer the reply needs.
//!
//! They cannot wait for the commit as effects do, so they are made through one port with one policy. In a dry run they are not
//! made ([`CallPolicy::Skip`]) and the run counts as not comparable, with the name of the service; or they are answered
//! from a recording ([`CallPolicy::Answered`]). After a call that cannot be repeated, the request must not be handed to
//! another side any more, whatever becomes of the transaction: [`Failure::called`](super::Failure) says so.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::fault::{Fault, FaultKind, Stop};

/// One call.
#[derive(Clone)]
pub struct CallRequest {
    /// The service, as counters and reports name it (`lyra`, `openrouter`).
    pub service: &'static str,
    /// What is asked of it, in the words of its port.
    pub operation: &'static str,
    /// The input.
    pub payload: Value,
    /// Whether making the call twice is harmless.
    pub repeatable: bool,
}

impl std::fmt::Debug for CallRequest {
    /// Hides the input: it is personal and may carry a code.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CallRequest")
            .field("service", &self.service)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// The answer of the service.
#[derive(Clone, Debug, PartialEq)]
pub struct CallAnswer {
    /// Its status, in HTTP terms.
    pub status: u16,
    /// Its body.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service has no port or no credentials.
    #[error("{0} is not configured")]
    NotConfigured(&'static str),
    /// The service did not answer in time, or not at all.
    #[error("{0} could not be reached")]
    Unreachable(&'static str),
}

/// Makes calls; the real ones speak the wire format of their service, scripted ones serve tests and replays.
#[async_trait]
pub trait CallPort: Send + Sync {
    /// Makes one call.
    ///
    /// # Errors
    /// When the service is not configured or does not answer. An answer with an error status is an answer.
    async fn call(&self, request: &CallRequest) -> Result<CallAnswer, CallError>;
}

/// What to do with calls in this run.
#[derive(Clone)]
pub enum CallPolicy {
    /// Make them (live runs).
    Make(Arc<dyn CallPort>),
    /// Do not make them; the run is not comparable (dry runs).
    Skip,
    /// Take the answers from elsewhere (replays).
    Answered(Arc<dyn CallPort>),
}

/// The calls of one unit of work.
#[derive(Debug)]
pub struct Calls {
    policy: CallPolicy,
    timeout: Duration,
    unrepeatable: Option<&'static str>,
}

impl Calls {
    /// `timeout` bounds each call.
    #[must_use]
    pub fn new(policy: CallPolicy, timeout: Duration) -> Self {
        Self {
            policy,
            timeout,
            unrepeatable: None,
        }
    }

    /// Makes a call whose answer the reply needs.
    ///
    /// # Errors
    /// `Stop::Needs` in a dry run; a `Fault` when the service does not answer (use [`Calls::attempt`] where the contract
    /// has an answer for that).
    pub async fn call(&mut self, request: &CallRequest) -> Result<CallAnswer, Stop> {
        self.attempt(request).await?.map_err(|error| {
            Fault::new(FaultKind::Outside, "an outside service did not answer")
                .caused_by(error)
                .into()
        })
    }

    /// Makes a call and leaves its failure to the caller.
    ///
    /// # Errors
    /// `Stop::Needs` in a dry run.
    pub async fn attempt(&mut self, request: &CallRequest) -> Result<Result<CallAnswer, CallError>, Stop> {
        let port = match &self.policy {
            CallPolicy::Skip => return Err(Stop::Needs(request.service)),
            CallPolicy::Answered(port) => Arc::clone(port),
            CallPolicy::Make(port) => {
                if !request.repeatable {
                    // Before the call, not after it: a call that timed out may have been carried out.
                    self.unrepeatable = Some(request.service);
                }
                Arc::clone(port)
            }
        };
        let answer = tokio::time::timeout(self.timeout, port.call(request)).await;
        Ok(answer.unwrap_or(Err(CallError::Unreachable(request.service))))
    }

    /// The service of a call that was made and cannot be repeated.
    #[must_use]
    pub fn unrepeatable(&self) -> Option<&'static str> {
        self.unrepeatable
    }
}

impl std::fmt::Debug for CallPolicy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Make(_) => "Make",
            Self::Skip => "Skip",
            Self::Answered(_) => "Answered",
        })
    }
}

/// No services at all: every call fails by name.
#[derive(Clone, Copy, Debug)]
pub struct NoCalls;

#[async_trait]
impl CallPort for NoCalls {
    async fn call(&self, request: &CallRequest) -> Result<CallAnswer, CallError> {
        Err(CallError::NotConfigured(request.service))
    }
}
