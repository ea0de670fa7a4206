//! Running a handler so that neither a panic nor a hang gets further than here.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::future::FutureExt as _;
use tokio::time::{Instant, timeout_at};

use crate::kit::reader::Finish;
use crate::kit::{Fault, FaultKind, Outcome, Reply, Stop};

/// How a handler ended.
pub(super) enum Ended {
    /// With an answer.
    Reply(Reply),
    /// It gave up.
    Fault(Fault),
    /// It needs an outside service that this run must not call.
    Needs(&'static str),
    /// It panicked.
    Panicked,
    /// It was still running at the deadline and was dropped.
    Overdue,
}

impl From<&Ended> for Finish {
    fn from(ended: &Ended) -> Self {
        match ended {
            Ended::Reply(_) => Self::Answered,
            Ended::Fault(_) | Ended::Needs(_) | Ended::Panicked => Self::Failed,
            Ended::Overdue => Self::Abandoned,
        }
    }
}

/// Runs a handler to its end or to the deadline.
pub(super) async fn run(handler: impl Future<Output = Outcome>, deadline: Instant) -> Ended {
    match timeout_at(deadline, AssertUnwindSafe(handler).catch_unwind()).await {
        Ok(Ok(outcome)) => ended(outcome),
        Ok(Err(panic)) => {
            tracing::error!(message = %message(panic.as_ref()), "a native endpoint panicked");
            Ended::Panicked
        }
        Err(_) => Ended::Overdue,
    }
}

fn ended(outcome: Outcome) -> Ended {
    match outcome {
        Ok(reply) => Ended::Reply(reply),
        Err(Stop::Answer(error)) => {
            if let Some(source) = &error.source {
                tracing::debug!(%source, status = error.status.as_u16(), "refused");
            }
            Ended::Reply((*error).into())
        }
        Err(Stop::Fault(fault)) => Ended::Fault(fault),
        Err(Stop::Needs(service)) => Ended::Needs(service),
    }
}

/// A live run never needs what it may not call.
pub(super) fn needs(service: &str) -> Fault {
    Fault::new(
        FaultKind::State,
        format!("a live run was not allowed to call {service}"),
    )
}

/// Only texts written in the program: a formatted panic text may carry data of the request.
fn message(panic: &(dyn Any + Send)) -> &'static str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(text withheld)")
}
