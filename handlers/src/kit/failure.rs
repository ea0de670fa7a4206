//! A live run that ended without an answer, and what is known of its transaction.

use super::fault::Fault;

/// A live run without an answer.
#[derive(Debug, thiserror::Error)]
#[error("native run failed: {kind} ({commit})")]
pub struct Failure {
    /// Why.
    pub kind: FailureKind,
    /// What became of the transaction.
    pub commit: CommitState,
    /// An outside service that was called and cannot be called again.
    pub called: Option<&'static str>,
    /// The cause, for the log.
    #[source]
    pub source: Option<Fault>,
}

/// Why a live run has no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailureKind {
    /// The endpoint gave up, or the database failed.
    Fault,
    /// The deadline passed.
    Timeout,
    /// No connection was free.
    Saturated,
    /// The endpoint panicked.
    Panic,
}

/// What is known of the transaction of a failed run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CommitState {
    /// No transaction was begun.
    NotBegun,
    /// It was rolled back, or the server rolls it back because it never saw a commit.
    RolledBack,
    /// It was committed.
    Committed,
    /// The commit was sent and its answer never came.
    Unknown,
}

impl Failure {
    /// Whether another side may answer the same request: only when certainly nothing happened.
    #[must_use]
    pub fn may_fall_back(&self) -> bool {
        matches!(self.commit, CommitState::NotBegun | CommitState::RolledBack) && self.called.is_none()
    }
}

impl std::fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Fault => "fault",
            Self::Timeout => "timeout",
            Self::Saturated => "saturated",
            Self::Panic => "panic",
        })
    }
}

impl std::fmt::Display for CommitState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::NotBegun => "nothing was begun",
            Self::RolledBack => "rolled back",
            Self::Committed => "committed",
            Self::Unknown => "the outcome of the commit is unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(commit: CommitState, called: Option<&'static str>) -> Failure {
        Failure {
            kind: FailureKind::Fault,
            commit,
            called,
            source: None,
        }
    }

    #[test]
    fn only_a_run_that_certainly_did_nothing_may_fall_back() {
        assert!(failure(CommitState::NotBegun, None).may_fall_back());
        assert!(failure(CommitState::RolledBack, None).may_fall_back());
        assert!(!failure(CommitState::Committed, None).may_fall_back());
        assert!(!failure(CommitState::Unknown, None).may_fall_back());
        assert!(!failure(CommitState::RolledBack, Some("lyra")).may_fall_back());
    }
}
