//! The report as data.

use std::collections::BTreeMap;

use flags::Waiver;
use serde::Serialize;

use super::wilson;
use crate::store::{DifferenceGroup, GroupClient, LearnedNoise};

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
    /// What was seen since then only, in milliseconds since 1970; absent: everything that is kept.
    pub since_ms: Option<i64>,
    /// What was seen before then only; absent: until now.
    pub until_ms: Option<i64>,
    /// What this client brought about only, by its mark.
    pub client: Option<String>,
    /// Whether stored samples were judged again with other rules.
    pub rejudged: bool,
    /// All routes together.
    pub totals: Totals,
    /// By phase; the key `none` holds routes without one.
    pub phases: BTreeMap<String, Totals>,
    /// By group of routes.
    pub groups: BTreeMap<String, Totals>,
    /// Every route that was shadowed, or could not be.
    pub routes: Vec<RouteReport>,
    /// Every waiver, expired ones included.
    pub waivers: Vec<WaiverReport>,
}

/// Counts of one route or of several.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Comparisons that say something: matches and mismatches.
    pub samples: u64,
    /// Equal.
    pub matched: u64,
    /// Different.
    pub mismatched: u64,
    /// Different only in what is waived.
    pub waived: u64,
    /// Different only in what legacy itself does not keep stable, or that and what is waived.
    pub noise: u64,
    /// Different only in what the new rules permit; zero unless judged again.
    pub explained: u64,
    /// Different at first, equal when asked again.
    pub transient: u64,
    /// Legacy answered 5xx.
    pub legacy_failed: u64,
    /// Not compared, for whatever reason.
    pub not_compared: u64,
    /// The match rate, absent without samples.
    pub match_rate: Option<f64>,
    /// Its interval at 95 % confidence.
    pub interval: Interval,
}

/// A confidence interval, in 0..=1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interval {
    /// Lower bound: what gates use.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Default for Interval {
    fn default() -> Self {
        Self { low: 0.0, high: 1.0 }
    }
}

/// One route.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RouteReport {
    /// In flag notation.
    pub route: String,
    /// Phase of the plan.
    pub phase: Option<u8>,
    /// Group of routes.
    pub group: Option<String>,
    /// Stage now.
    pub stage: Option<String>,
    /// Its counts.
    #[serde(flatten)]
    pub totals: Totals,
    /// Comparisons by legacy's status code: a status that never occurred is not covered.
    pub statuses: BTreeMap<u16, u64>,
    /// Why requests were not compared.
    pub reasons: BTreeMap<String, u64>,
    /// Legacy's latency.
    pub legacy_latency: Latency,
    /// Latency of the dry run.
    pub native_latency: Latency,
    /// Causes of differences: those that count first, then the most frequent first.
    pub differences: Vec<Difference>,
    /// What asking legacy twice has shown, place by place.
    pub learned: Vec<Learned>,
    /// Places that differ in stored samples under the new rules only; empty unless judged again.
    pub appeared: Vec<String>,
}

/// Latency in microseconds, as upper bounds of histogram buckets.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// Median.
    pub p50_us: Option<i64>,
    /// 99th percentile.
    pub p99_us: Option<i64>,
}

/// Differences of one cause.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The group in the store; its `n` is that of the report's span of time.
    #[serde(flatten)]
    pub group: DifferenceGroup,
    /// Whether it counts.
    pub class: Class,
    /// The waiver that covers it, as a place in the report's list; of several, one that holds.
    pub waiver: Option<usize>,
    /// Its busiest clients.
    pub busiest: Vec<GroupClient>,
    /// A `curl` line without secrets that shows it; absent when no sample was kept for this group.
    pub reproducer: Option<String>,
    /// What judging its samples again came to; absent unless that was asked for.
    pub again: Option<Again>,
}

/// Whether the differences of a cause count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// They do.
    Counts,
    /// Somebody answers for them.
    Waived,
    /// Legacy does not keep the place stable itself.
    Noise,
    /// Under the new rules none of the samples shows them.
    Explained,
}

/// Stored samples of a cause under other rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Again {
    /// Still differ there.
    pub still: u64,
    /// No longer do.
    pub gone: u64,
    /// Too little of them was kept.
    pub unknown: u64,
}

/// What is known of the noise at one place.
#[derive(Clone, Debug, Serialize)]
pub struct Learned {
    /// The figures.
    #[serde(flatten)]
    pub figures: LearnedNoise,
    /// Whether native differs there beyond the noise.
    pub counts: bool,
}

/// One waiver and what it covers in this report.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverReport {
    /// Its name in the store; absent where it stands in the flag file.
    pub id: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub waiver: Waiver,
    /// Its time is over, so its differences count again.
    pub expired: bool,
    /// Causes of this report that it speaks of.
    pub causes: u64,
}

impl Totals {
    pub(super) fn add(&mut self, other: &Self) {
        self.matched += other.matched;
        self.mismatched += other.mismatched;
        self.waived += other.waived;
        self.noise += other.noise;
        self.explained += other.explained;
        self.transient += other.transient;
        self.legacy_failed += other.legacy_failed;
        self.not_compared += other.not_compared;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub(super) fn rate(&mut self) {
        self.samples = self.matched + self.mismatched;
        self.match_rate = (self.samples > 0).then(|| self.matched as f64 / self.samples as f64);
        let (low, high) = wilson::interval(self.matched, self.samples);
        self.interval = Interval { low, high };
    }

    /// The match rate in hundredths of a percent, rounded down; none without samples.
    #[must_use]
    pub fn match_basis_points(&self) -> Option<u64> {
        self.matched.saturating_mul(10_000).checked_div(self.samples)
    }
}

impl Report {
    /// Whether there were samples, and every route that has some matches at least so well (hundredths of a percent).
    #[must_use]
    pub fn reaches(&self, basis_points: u64) -> bool {
        let mut rates = self.routes.iter().filter_map(|route| route.totals.match_basis_points());
        self.totals.samples > 0 && rates.all(|rate| rate >= basis_points)
    }
}
