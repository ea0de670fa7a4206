//! Whether a route is ready for its next step: `ready`, `not ready`, or `inconclusive`, with a reason for each criterion. Pure: what
//! was seen goes in, a verdict comes out. No evidence is inconclusive, never a pass.

mod latency;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use flags::{GateRules, RouteKey, Stage};
use serde::Serialize;

pub use latency::{Histogram, slower};

/// What was seen of a route since its stage began to be compared.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Comparisons that say something.
    pub samples: u64,
    /// Those without a difference that counts, waived ones included.
    pub matched: u64,
    /// The interval of the match rate at 95 % confidence.
    pub interval: (f64, f64),
    /// Comparisons by legacy's status.
    pub statuses: BTreeMap<u16, u64>,
    /// Dry runs that ended in a failure of native.
    pub native_failures: u64,
    /// Exchanges in which one side refused (401, 403) what the other answered.
    pub session_breaks: u64,
    /// Answers of legacy, in time.
    pub legacy: Histogram,
    /// Answers of native.
    pub native: Histogram,
    /// When a difference that counts was last seen, in milliseconds since 1970.
    pub last_difference_ms: Option<i64>,
    /// When the first comparison of what is kept was made.
    pub first_ms: Option<i64>,
    /// Waivers that hold for this route.
    pub waivers: u64,
    /// Waivers of this route that have expired.
    pub expired_waivers: u64,
    /// Where the routes are that this one requires; none for one that the flags do not name.
    pub required: Vec<(RouteKey, Option<Stage>)>,
}

/// The word of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Ready,
    /// More has to be seen.
    Inconclusive,
    /// Something speaks against it.
    NotReady,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// Its name.
    pub name: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// What was seen, and what is wanted.
    pub detail: String,
}

/// The verdict and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// The worst of the criteria.
    pub verdict: Verdict,
    /// All of them.
    pub criteria: Vec<Criterion>,
}

/// Judges a route that wants to go to `to`, at `now_ms`.
#[must_use]
pub fn judge(rules: &GateRules, seen: &Seen, to: Stage, now_ms: i64) -> Readiness {
    let criteria = vec![
        samples(rules, seen),
        matching(rules, seen),
        failures(rules, seen),
        statuses(seen),
        session(seen),
        latency(rules, seen),
        quiet(rules, seen, now_ms),
        waivers(seen),
        requires(seen, to),
    ];
    let verdict = criteria.iter().map(|criterion| criterion.verdict).max();
    Readiness {
        verdict: verdict.unwrap_or(Verdict::Inconclusive),
        criteria,
    }
}

fn criterion(name: &'static str, verdict: Verdict, detail: String) -> Criterion {
    Criterion { name, verdict, detail }
}

fn samples(rules: &GateRules, seen: &Seen) -> Criterion {
    let enough = seen.samples >= u64::from(rules.min_samples);
    let verdict = if enough { Verdict::Ready } else { Verdict::Inconclusive };
    let detail = format!("{} compared, {} wanted", seen.samples, rules.min_samples);
    criterion("samples", verdict, detail)
}

/// The whole interval has to lie above the line; as long as the line runs through it, more has to be seen.
fn matching(rules: &GateRules, seen: &Seen) -> Criterion {
    let wanted = f64::from(rules.match_rate.basis_points()) / 10_000.0;
    let (low, high) = seen.interval;
    let verdict = if low >= wanted {
        Verdict::Ready
    } else if high < wanted {
        Verdict::NotReady
    } else {
        Verdict::Inconclusive
    };
    let detail = format!(
        "{} of {} match, so with 95 % confidence between {:.2} % and {:.2} %; {} wanted",
        seen.matched,
        seen.samples,
        low * 100.0,
        high * 100.0,
        rules.match_rate
    );
    criterion("match", verdict, detail)
}

fn failures(rules: &GateRules, seen: &Seen) -> Criterion {
    let all = seen.samples + seen.native_failures;
    let allowed = u128::from(10_000 - rules.match_rate.basis_points());
    let verdict = if u128::from(seen.native_failures) * 10_000 > u128::from(all) * allowed {
        Verdict::NotReady
    } else {
        Verdict::Ready
    };
    let detail = format!("native failed in {} of {all} runs", seen.native_failures);
    criterion("failures", verdict, detail)
}

fn statuses(seen: &Seen) -> Criterion {
    let good = seen.statuses.keys().any(|status| (200..400).contains(status));
    let refusals = seen.statuses.keys().any(|status| (400..500).contains(status));
    let list: Vec<String> = seen
        .statuses
        .iter()
        .map(|(status, count)| format!("{status} ({count})"))
        .collect();
    let list = if list.is_empty() {
        "none".to_owned()
    } else {
        list.join(", ")
    };
    let (verdict, lacking) = match (good, refusals) {
        (false, _) => (Verdict::Inconclusive, "; no success was compared"),
        (true, false) => (
            Verdict::Ready,
            "; no refusal (4xx) was compared: replay a recording that has one",
        ),
        (true, true) => (Verdict::Ready, ""),
    };
    criterion("statuses", verdict, format!("seen {list}{lacking}"))
}

/// A session of one side is one of the other, or users are thrown out when they change sides, and strangers let in. One such
/// exchange is enough, whatever the match rate says.
fn session(seen: &Seen) -> Criterion {
    let name = "session";
    match (seen.session_breaks, seen.samples) {
        (0, 0) => criterion(name, Verdict::Inconclusive, "nothing was compared yet".to_owned()),
        (0, _) => criterion(name, Verdict::Ready, "both sides let in and refuse the same".to_owned()),
        (breaks, _) => {
            let detail = format!("in {breaks} exchanges one side refused (401, 403) what the other answered");
            criterion(name, Verdict::NotReady, detail)
        }
    }
}

fn latency(rules: &GateRules, seen: &Seen) -> Criterion {
    let name = "latency";
    let at = |histogram: &Histogram, per_mille| histogram.quantile(per_mille);
    let (Some(legacy), Some(native)) = (at(&seen.legacy, 990), at(&seen.native, 990)) else {
        return criterion(name, Verdict::Inconclusive, "no times of both sides yet".to_owned());
    };
    let (legacy_p50, native_p50) = (at(&seen.legacy, 500).unwrap_or(0), at(&seen.native, 500).unwrap_or(0));
    let within = i128::from(native) * 100 <= i128::from(legacy) * i128::from(rules.p99_percent);
    let slower = slower(&seen.native, &seen.legacy);
    let verdict = match (within, slower) {
        (true, _) => Verdict::Ready,
        // A tail that is long by chance is no verdict: all of native has to be slower.
        (false, true) => Verdict::NotReady,
        (false, false) => Verdict::Inconclusive,
    };
    let detail = format!(
        "p50 {native_p50} µs against {legacy_p50} µs, p99 {native} µs against {legacy} µs; at most {}.{:02} times as much wanted{}",
        rules.p99_percent / 100,
        rules.p99_percent % 100,
        if slower { "; native is slower as a whole" } else { "" },
    );
    criterion(name, verdict, detail)
}

fn quiet(rules: &GateRules, seen: &Seen, now_ms: i64) -> Criterion {
    let since = seen.last_difference_ms.max(seen.first_ms);
    let Some(since) = since else {
        return criterion("quiet", Verdict::Inconclusive, "nothing was compared yet".to_owned());
    };
    let quiet = Duration::from_millis(u64::try_from(now_ms.saturating_sub(since)).unwrap_or(0));
    let verdict = if quiet >= rules.quiet_for {
        Verdict::Ready
    } else {
        Verdict::Inconclusive
    };
    let what = if seen.last_difference_ms.is_some() {
        "the last difference"
    } else {
        "the first comparison"
    };
    let detail = format!("{} since {what}, {} wanted", rough(quiet), rough(rules.quiet_for));
    criterion("quiet", verdict, detail)
}

fn waivers(seen: &Seen) -> Criterion {
    let verdict = if seen.expired_waivers > 0 {
        Verdict::NotReady
    } else {
        Verdict::Ready
    };
    let detail = format!("{} hold, {} have expired", seen.waivers, seen.expired_waivers);
    criterion("waivers", verdict, detail)
}

fn requires(seen: &Seen, to: Stage) -> Criterion {
    let rank = |stage: Stage| Stage::ALL.iter().position(|known| *known == stage);
    let behind: Vec<String> = seen
        .required
        .iter()
        .filter(|(_, stage)| stage.and_then(rank) < rank(to))
        .map(|(key, stage)| match stage {
            Some(stage) => format!("{key} is at {stage}"),
            None => format!("{key} is not in the flag file"),
        })
        .collect();
    match (behind.is_empty(), seen.required.is_empty()) {
        (true, true) => criterion("requires", Verdict::Ready, "nothing is required".to_owned()),
        (true, false) => criterion("requires", Verdict::Ready, "all are as far along".to_owned()),
        (false, _) => criterion("requires", Verdict::NotReady, behind.join(", ")),
    }
}

/// A time in its largest whole unit.
fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

impl Verdict {
    /// As a person says it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Inconclusive => "inconclusive",
            Self::NotReady => "not ready",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
