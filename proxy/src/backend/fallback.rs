//! When legacy may answer a request that native has failed: one function, and the table of its tests.

use flags::{FallbackOn, RoutePlan, Stage};
use handlers::{CommitState, Failure, FailureKind};

/// Why native has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Native handlers are off, so nothing ran.
    Off,
    /// The handler gave up, or the database failed.
    Fault,
    /// The handler did not answer in time.
    Timeout,
    /// There was no room to run the handler.
    Saturated,
    /// The handler panicked.
    Panic,
    /// Nobody knows what became of the run.
    Lost,
}

/// Everything that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// The stage of the route.
    pub stage: Stage,
    /// The failures after which the route asks legacy.
    pub on: FallbackOn,
    /// What happened.
    pub cause: Cause,
    /// What is known of the transaction.
    pub commit: CommitState,
    /// Whether an outside service was called that must not be called again.
    pub called: bool,
    /// Whether the body of the request is still in hand.
    pub body_kept: bool,
}

/// Why legacy may not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The route is retired: legacy is without it.
    Retired,
    /// The route's `fallback` does not name the cause.
    NotNamed,
    /// The write is committed, or may be: a second side would do it twice.
    MayHaveHappened,
    /// An outside service was called that must not be called again.
    Called,
    /// The body was too long to keep, and native has consumed it.
    BodyGone,
}

/// Whether legacy may answer instead. Only when the route wants it, and when it is certain that nothing has happened yet that
/// legacy would do a second time.
///
/// # Errors
/// With the first reason that forbids it.
pub fn may_fall_back(situation: &Situation) -> Result<(), Refusal> {
    let Situation {
        stage,
        on,
        cause,
        commit,
        called,
        body_kept,
    } = *situation;
    let named = match cause {
        Cause::Off | Cause::Fault => on.fault,
        Cause::Timeout => on.timeout,
        Cause::Saturated => on.saturated,
        Cause::Panic => on.panic,
        // A run that was lost may have done anything; its commit state says so, and no word names it.
        Cause::Lost => false,
    };
    let certainly_nothing = matches!(commit, CommitState::NotBegun | CommitState::RolledBack);
    if stage == Stage::Retired {
        Err(Refusal::Retired)
    } else if !certainly_nothing {
        Err(Refusal::MayHaveHappened)
    } else if called {
        Err(Refusal::Called)
    } else if !named {
        Err(Refusal::NotNamed)
    } else if !body_kept {
        Err(Refusal::BodyGone)
    } else {
        Ok(())
    }
}

impl Situation {
    /// The situation after a run that failed.
    #[must_use]
    pub fn after(plan: &RoutePlan, failure: &Failure, body_kept: bool) -> Self {
        Self {
            stage: plan.stage,
            on: plan.fallback,
            cause: failure.kind.into(),
            commit: failure.commit,
            called: failure.called.is_some(),
            body_kept,
        }
    }

    /// The situation when nothing ran.
    #[must_use]
    pub fn without_run(plan: &RoutePlan, body_kept: bool) -> Self {
        Self {
            stage: plan.stage,
            on: plan.fallback,
            cause: Cause::Off,
            commit: CommitState::NotBegun,
            called: false,
            body_kept,
        }
    }

    /// The situation when the run was lost.
    #[must_use]
    pub fn lost(plan: &RoutePlan, body_kept: bool) -> Self {
        Self {
            cause: Cause::Lost,
            commit: CommitState::Unknown,
            ..Self::without_run(plan, body_kept)
        }
    }
}

/// Whether a route may ever fall back, so that keeping the body and skipping native make sense.
#[must_use]
pub fn ever(plan: &RoutePlan) -> bool {
    plan.stage != Stage::Retired && plan.fallback != FallbackOn::NEVER
}

impl From<FailureKind> for Cause {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Fault => Self::Fault,
            FailureKind::Timeout => Self::Timeout,
            FailureKind::Saturated => Self::Saturated,
            FailureKind::Panic => Self::Panic,
        }
    }
}

impl Cause {
    /// One word for logs and metric labels.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Fault => "fault",
            Self::Timeout => "timeout",
            Self::Saturated => "saturated",
            Self::Panic => "panic",
            Self::Lost => "lost",
        }
    }
}

impl Refusal {
    /// One word for logs and metric labels.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::NotNamed => "not_named",
            Self::MayHaveHappened => "may_have_happened",
            Self::Called => "called",
            Self::BodyGone => "body_gone",
        }
    }
}

#[cfg(test)]
mod tests;
