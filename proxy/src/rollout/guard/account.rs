//! What guards have done since the start, for metrics and the status page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a guard looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criterion {
    /// Native's errors, fallbacks included.
    ErrorRate,
    /// Comparisons that differ.
    MismatchRate,
    /// Native's time against legacy's.
    Latency,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardOutcome {
    /// The route was taken back in the flags.
    TakenBack,
    /// It was killed in this process, because the flags could not be changed.
    Killed,
}

impl Criterion {
    /// As metrics and evidence name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ErrorRate => "error_rate",
            Self::MismatchRate => "mismatch_rate",
            Self::Latency => "latency_ratio",
        }
    }
}

impl GuardOutcome {
    /// As metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TakenBack => "taken_back",
            Self::Killed => "killed",
        }
    }
}

/// What guards have done. Cloning is cheap; the guard writes, scrapes read, no request touches it.
#[derive(Debug, Clone, Default)]
pub struct GuardAccount(Arc<Mutex<Inner>>);

/// Which route, by which criterion, with which end.
type Key = (String, Criterion, GuardOutcome);

#[derive(Debug, Default)]
struct Inner {
    acts: BTreeMap<Key, u64>,
    watched: usize,
}

impl GuardAccount {
    pub(super) fn acted(&self, route: &str, criterion: Criterion, outcome: GuardOutcome) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *inner.acts.entry((route.to_owned(), criterion, outcome)).or_default() += 1;
    }

    pub(super) fn watches(&self, routes: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).watched = routes;
    }

    /// How many routes are being judged.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).watched
    }

    /// Every act since the start: route, criterion, outcome, how often.
    #[must_use]
    pub fn acts(&self) -> Vec<(String, Criterion, GuardOutcome, u64)> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let acts = inner.acts.iter();
        acts.map(|((route, criterion, outcome), count)| (route.clone(), *criterion, *outcome, *count))
            .collect()
    }
}
