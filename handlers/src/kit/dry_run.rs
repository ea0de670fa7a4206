//! A run without consequences: what it may cost, what it gives, and why it may give nothing.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::effects::EffectRecord;
use super::fault::{Fault, FaultKind};

/// What a dry run may cost.
#[derive(Clone, Copy, Debug)]
pub struct DryRunLimits {
    /// For everything, from the wait for a connection to the rollback.
    pub budget: Duration,
    /// For each wait on a lock of another transaction.
    pub lock_timeout: Duration,
    /// For the body of the answer.
    pub max_answer_bytes: usize,
}

impl Default for DryRunLimits {
    fn default() -> Self {
        Self {
            budget: Duration::from_millis(500),
            lock_timeout: Duration::from_millis(50),
            max_answer_bytes: 4 * 1024 * 1024,
        }
    }
}

/// What the endpoint would have answered and done.
#[derive(Debug)]
pub struct DryRun {
    /// The answer, with the same headers as a live one.
    pub response: Response<Bytes>,
    /// What it would have done outside its transaction, in the order announced.
    pub effects: Vec<EffectRecord>,
    /// The rows that it would have written, as records of kind `row`; empty where an inspection looks for itself.
    pub rows: Vec<EffectRecord>,
    /// How long it took.
    pub took: Duration,
}

/// Why there is nothing to compare with.
#[derive(Debug)]
pub enum NotComparable {
    /// No native endpoint has this method and path.
    NoHandler,
    /// The endpoint streams its answer.
    Streamed,
    /// The answer depends on an outside service that a dry run must not call.
    Needs(&'static str),
    /// It took longer than its budget.
    BudgetSpent,
    /// The answer is larger than the limit.
    BodyTooLarge,
    /// It waited too long for a row that another transaction holds.
    Locked,
    /// Another transaction began to wait for a row that it held.
    GaveWay,
    /// The endpoint gave up.
    Fault(Fault),
    /// Too many dry runs at once.
    Saturated,
    /// The endpoint panicked.
    Panicked,
}

impl fmt::Display for NotComparable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHandler => formatter.write_str("no handler"),
            Self::Streamed => formatter.write_str("streamed"),
            Self::Needs(service) => write!(formatter, "needs {service}"),
            Self::BudgetSpent => formatter.write_str("budget spent"),
            Self::BodyTooLarge => formatter.write_str("body too large"),
            Self::Locked => formatter.write_str("locked"),
            Self::GaveWay => formatter.write_str("gave way"),
            Self::Fault(_) => formatter.write_str("fault"),
            Self::Saturated => formatter.write_str("saturated"),
            Self::Panicked => formatter.write_str("panicked"),
        }
    }
}

impl std::error::Error for NotComparable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Fault(fault) = self {
            Some(fault)
        } else {
            None
        }
    }
}

impl From<Fault> for NotComparable {
    fn from(fault: Fault) -> Self {
        match fault.kind {
            FaultKind::Saturated => Self::Saturated,
            FaultKind::Timeout => Self::BudgetSpent,
            FaultKind::Locked => Self::Locked,
            FaultKind::Database | FaultKind::Outside | FaultKind::State => Self::Fault(fault),
        }
    }
}
