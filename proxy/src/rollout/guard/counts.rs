//! What the guard counts of a route, and where the numbers come from.

use std::collections::HashMap;
use std::sync::Arc;

use flags::Stage;

use crate::metrics::{RouteTotals, Times};
use crate::rollout::Histogram;
use crate::store::{BothTimes, Recorder};

/// What a route has counted since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Requests that native was to answer.
    pub asked: u64,
    /// Those that it answered with 5xx, or that legacy had to answer in its place, tried or not.
    pub failed: u64,
    /// Comparisons that say something.
    pub compared: u64,
    /// Those that differ.
    pub differed: u64,
    /// How long both sides took.
    pub times: BothTimes,
}

impl Counts {
    /// What has come since `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            asked: self.asked.saturating_sub(earlier.asked),
            failed: self.failed.saturating_sub(earlier.failed),
            compared: self.compared.saturating_sub(earlier.compared),
            differed: self.differed.saturating_sub(earlier.differed),
            times: BothTimes {
                legacy: self.times.legacy.since(&earlier.times.legacy),
                native: self.times.native.since(&earlier.times.native),
            },
        }
    }
}

/// What comparisons have found since the start, by route.
pub(super) struct Comparisons {
    outcomes: HashMap<Arc<str>, (u64, u64)>,
    times: HashMap<Arc<str>, BothTimes>,
}

impl Comparisons {
    pub(super) fn of(recorder: &Recorder) -> Self {
        let mut outcomes: HashMap<Arc<str>, (u64, u64)> = HashMap::new();
        for (route, outcome, count) in recorder.totals() {
            let (compared, differed) = outcomes.entry(route).or_default();
            match outcome.as_str() {
                "match" => *compared += count,
                "mismatch" => {
                    *compared += count;
                    *differed += count;
                }
                _ => {}
            }
        }
        Self {
            outcomes,
            times: recorder.times(),
        }
    }

    /// The counts of one route. While a canary runs, both sides answer clients, and those answers are timed; at other stages only
    /// comparisons know both sides.
    pub(super) fn counts(&self, route: &str, stage: Stage, totals: Option<&RouteTotals>) -> Counts {
        let (compared, differed) = self.outcomes.get(route).copied().unwrap_or_default();
        let (asked, failed) = totals.map_or((0, 0), |totals| {
            // An open circuit keeps requests from native that would have failed there: they are failures all the same, or a guard
            // behind a circuit would never see enough of them.
            let instead = totals.legacy.reason("fallback") + totals.legacy.reason("circuit");
            let errors = totals.native.classes.last().copied().unwrap_or_default();
            (totals.native.answers() + instead, errors + instead)
        });
        let times = match totals.filter(|_| stage == Stage::Canary) {
            Some(totals) => BothTimes {
                legacy: totals.legacy.times(),
                native: totals.native.times(),
            },
            None => self.times.get(route).copied().unwrap_or_default(),
        };
        Counts {
            asked,
            failed,
            compared,
            differed,
            times,
        }
    }
}

/// The buckets in their order, which is all that a test of ranks asks for.
pub(super) fn histogram(times: &Times) -> Histogram {
    Histogram::of((0_i64..).zip(times.buckets.map(|count| i64::try_from(count).unwrap_or(i64::MAX))))
}
