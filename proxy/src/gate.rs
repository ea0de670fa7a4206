//! Whether the evidence lets a route go one stage further: `ready`, `not ready` or `inconclusive`, each with its reasons.
//!
//! Pure: figures in, a verdict out. Each check passes, fails or knows too little; one that fails makes the route not ready, one that
//! knows too little makes it inconclusive. So no data is never a pass.

mod mann_whitney;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flags::{RouteKey, Stage};
use serde::Serialize;

pub use mann_whitney::{Comparison, Histogram};

use crate::report::interval;

/// What is asked of a route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Fewer comparisons say nothing.
    pub min_samples: u64,
    /// The lower confidence bound of the match rate reaches this, in 0..=1.
    pub match_rate: f64,
    /// Native failures (faults, panics) per comparison stay below this, in 0..=1.
    pub error_rate: f64,
    /// Native's 50th and 99th percentiles are at most so many times legacy's.
    pub latency_ratio: f64,
    /// So long there was no mismatch, and so long somebody has looked.
    pub quiet_for: Duration,
}

/// What is known of a route.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Comparisons that say something.
    pub samples: u64,
    /// Those of them that were equal.
    pub matched: u64,
    /// Those of them in which native failed.
    pub failed: u64,
    /// Comparisons by legacy's status.
    pub statuses: BTreeMap<u16, u64>,
    /// Statuses that the route is known to have: each must have been compared.
    pub expected_statuses: BTreeSet<u16>,
    /// Legacy's latency.
    pub legacy_latency: Histogram,
    /// Native's latency.
    pub native_latency: Histogram,
    /// When the first comparison was made, in milliseconds since 1970.
    pub first_seen_ms: Option<i64>,
    /// When the last mismatch was seen, in milliseconds since 1970.
    pub last_mismatch_ms: Option<i64>,
    /// Waivers in force: differences that somebody has accepted.
    pub open_waivers: u64,
    /// Waivers that have run out.
    pub expired_waivers: u64,
    /// Whether a session of one side is accepted by the other; none when nobody has tried.
    pub sessions_continue: Option<bool>,
    /// What the route requires, and how far that has come.
    pub requires: Vec<(RouteKey, Stage)>,
}

/// The answer of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check has passed.
    Ready,
    /// A check has failed.
    NotReady,
    /// No check has failed, and one knows too little.
    Inconclusive,
}

/// How one check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// Not enough is known.
    Unknown,
}

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// How it came out.
    pub finding: Finding,
    /// Why, in one clause with its figures.
    pub words: String,
}

/// The verdict with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// The verdict.
    pub verdict: Verdict,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_samples: 500,
            match_rate: 0.999,
            error_rate: 0.01,
            latency_ratio: 1.0,
            quiet_for: Duration::from_secs(24 * 3_600),
        }
    }
}

/// Judges whether a route may go to `next`. `now_ms` is in milliseconds since 1970.
#[must_use]
pub fn judge(next: Stage, figures: &Figures, limits: &Limits, now_ms: i64) -> Readiness {
    let mut checks = vec![
        samples(figures, limits),
        match_rate(figures, limits),
        statuses(figures),
        error_rate(figures, limits),
        latency("p50", 500, figures, limits),
        latency("p99", 990, figures, limits),
        waivers(figures),
        quiet(figures, limits, now_ms),
        sessions(figures),
    ];
    checks.extend(
        figures
            .requires
            .iter()
            .map(|(route, stage)| requirement(route, *stage, next)),
    );
    let any = |finding| checks.iter().any(|check| check.finding == finding);
    let verdict = if any(Finding::Failed) {
        Verdict::NotReady
    } else if any(Finding::Unknown) {
        Verdict::Inconclusive
    } else {
        Verdict::Ready
    };
    Readiness { verdict, checks }
}

fn check(name: &'static str, finding: Finding, words: String) -> Check {
    Check { name, finding, words }
}

fn samples(figures: &Figures, limits: &Limits) -> Check {
    let enough = figures.samples >= limits.min_samples;
    let result = if enough { Finding::Passed } else { Finding::Unknown };
    let words = format!("{} comparisons, {} are asked for", figures.samples, limits.min_samples);
    check("samples", result, words)
}

/// Passed when even the lower bound is good enough, failed when not even the upper bound is, unknown in between.
fn match_rate(figures: &Figures, limits: &Limits) -> Check {
    let (low, high) = interval(figures.matched, figures.samples);
    let result = within(low >= limits.match_rate, high < limits.match_rate);
    let words = format!(
        "{} of {} match: between {} and {}, at least {} is asked for",
        figures.matched,
        figures.samples,
        percent(low),
        percent(high),
        percent(limits.match_rate)
    );
    check("match rate", result, words)
}

fn error_rate(figures: &Figures, limits: &Limits) -> Check {
    let (low, high) = interval(figures.failed, figures.samples);
    let result = within(high <= limits.error_rate, low > limits.error_rate);
    let words = format!(
        "native failed {} times in {}: between {} and {}, at most {} is allowed",
        figures.failed,
        figures.samples,
        percent(low),
        percent(high),
        percent(limits.error_rate)
    );
    check("error rate", result, words)
}

fn statuses(figures: &Figures) -> Check {
    let seen = |status: &&u16| figures.statuses.get(*status).is_some_and(|count| *count > 0);
    let unseen: Vec<String> = figures
        .expected_statuses
        .iter()
        .filter(|status| !seen(status))
        .map(ToString::to_string)
        .collect();
    if figures.expected_statuses.is_empty() {
        return check(
            "statuses",
            Finding::Unknown,
            "nobody knows which statuses the route has".to_owned(),
        );
    }
    if unseen.is_empty() {
        return check(
            "statuses",
            Finding::Passed,
            "every known status was compared".to_owned(),
        );
    }
    check(
        "statuses",
        Finding::Unknown,
        format!("never compared: {}", unseen.join(", ")),
    )
}

/// Slower than allowed fails only when chance does not explain it.
fn latency(name: &'static str, per_mille: u64, figures: &Figures, limits: &Limits) -> Check {
    let (legacy, native) = (&figures.legacy_latency, &figures.native_latency);
    let (Some(theirs), Some(ours)) = (legacy.quantile(per_mille), native.quantile(per_mille)) else {
        return check(name, Finding::Unknown, "no latencies were measured".to_owned());
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "latencies in microseconds stay far below 2^52"
    )]
    let ratio = ours as f64 / theirs.max(1) as f64;
    let slower = Comparison::of(legacy, native).native_is_slower();
    let over = ratio > limits.latency_ratio;
    let words = format!(
        "native {ours} µs, legacy {theirs} µs: {ratio:.2} times, at most {:.2} is allowed{}",
        limits.latency_ratio,
        if over && !slower { "; chance may explain it" } else { "" }
    );
    check(name, within(!over, over && slower), words)
}

fn waivers(figures: &Figures) -> Check {
    let (open, expired) = (figures.open_waivers, figures.expired_waivers);
    let result = if expired == 0 { Finding::Passed } else { Finding::Failed };
    check("waivers", result, format!("{open} in force, {expired} have run out"))
}

fn quiet(figures: &Figures, limits: &Limits, now_ms: i64) -> Check {
    let needed = i64::try_from(limits.quiet_for.as_millis()).unwrap_or(i64::MAX);
    let ago = |then: i64| now_ms.saturating_sub(then);
    let hours = |ms: i64| ms / 3_600_000;
    if let Some(last) = figures.last_mismatch_ms.filter(|last| ago(*last) < needed) {
        let words = format!(
            "a mismatch {} h ago, {} h without one are asked for",
            hours(ago(last)),
            hours(needed)
        );
        return check("quiet", Finding::Failed, words);
    }
    match figures.first_seen_ms.map(ago) {
        Some(watched) if watched >= needed => {
            check("quiet", Finding::Passed, format!("no mismatch for {} h", hours(needed)))
        }
        Some(watched) => {
            let words = format!("watched for {} h, {} h are asked for", hours(watched), hours(needed));
            check("quiet", Finding::Unknown, words)
        }
        None => check("quiet", Finding::Unknown, "never watched".to_owned()),
    }
}

fn sessions(figures: &Figures) -> Check {
    let (result, words) = match figures.sessions_continue {
        Some(true) => (Finding::Passed, "each side accepts the sessions of the other"),
        Some(false) => (Finding::Failed, "a session of one side is not accepted by the other"),
        None => (
            Finding::Unknown,
            "nobody has tried whether sessions of one side are accepted by the other",
        ),
    };
    check("sessions", result, words.to_owned())
}

fn requirement(route: &RouteKey, stage: Stage, next: Stage) -> Check {
    let held_back = next >= Stage::Canary && stage < next;
    let result = if held_back { Finding::Failed } else { Finding::Passed };
    check("requires", result, format!("`{route}` is at stage {stage}"))
}

fn within(good: bool, bad: bool) -> Finding {
    match (good, bad) {
        (true, _) => Finding::Passed,
        (false, true) => Finding::Failed,
        (false, false) => Finding::Unknown,
    }
}

fn percent(rate: f64) -> String {
    format!("{:.2} %", rate * 100.0)
}

#[cfg(test)]
mod tests;
