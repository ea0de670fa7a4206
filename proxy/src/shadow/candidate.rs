//! The two sides as the shadow sees them: something that can run dry, and something that can be asked once more.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use serde_json::Value;

/// The native side. Implemented for the handlers in `backend/`, and by scripts in tests.
pub trait Candidate: Send + Sync + 'static {
    /// Answers without any effect: one transaction, always rolled back, effects only reported. Dropping the future rolls
    /// back as well.
    fn dry_run(&self, request: Request<Bytes>, limits: RunLimits) -> BoxFuture<'static, DryRunResult>;
}

/// The legacy side, asked again by the shadow (safe methods only).
pub trait Control: Send + Sync + 'static {
    /// Asks legacy, within the deadline.
    fn ask(&self, request: Request<Bytes>, deadline: Duration) -> BoxFuture<'static, Asked>;
}

/// Legacy's whole answer to the shadow's own question, or nothing when it could not be had.
pub type Asked = Option<Response<Bytes>>;

/// What a dry run came to.
pub type DryRunResult = Result<NativeAnswer, DryRunFailure>;

/// Limits of one dry run.
#[derive(Clone, Copy, Debug)]
pub struct RunLimits {
    /// All of it, the wait for a connection included.
    pub budget: Duration,
    /// One wait for a row lock.
    pub lock_timeout: Duration,
    /// Longest answer, in bytes.
    pub answer_bytes: usize,
}

/// What the native side would have answered and done.
#[derive(Debug)]
pub struct NativeAnswer {
    /// The answer.
    pub response: Response<Bytes>,
    /// What it announced (an SMS, an event, a job) and the rows that it wrote, as JSON for the report.
    pub effects: Vec<Value>,
    /// How long it took.
    pub took: Duration,
}

/// Why there is no native answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunFailure {
    /// It broke (a fault or a panic) where it would have to answer. That counts as a mismatch: in a live run the client would
    /// have got a fallback or an error.
    Broken(String),
    /// It cannot be said what it would have answered; not compared, with these words.
    Unknown(Cow<'static, str>),
}

impl fmt::Display for DryRunFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(why) => out.write_str(why),
            Self::Unknown(why) => out.write_str(why),
        }
    }
}
