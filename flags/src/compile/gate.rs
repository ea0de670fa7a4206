//! `gate` and `guard`: what a route has to show, and what takes it back.

use std::time::Duration;

use super::fields::{Fields, list};
use super::values;
use crate::findings::Findings;
use crate::gate_rules::{GateRules, GuardAction, GuardRules};
use crate::share::Share;
use crate::suggest::nearest;
use crate::yaml::Node;

const GATE_KEYS: [&str; 4] = ["min_samples", "match", "p99_ratio", "quiet_for"];
const GUARD_KEYS: [&str; 6] = [
    "error_rate",
    "mismatch_rate",
    "latency_ratio",
    "window",
    "min_requests",
    "action",
];
const MOST_SAMPLES: u32 = 100_000_000;
const MAX_QUIET: Duration = Duration::from_secs(90 * 24 * 3_600);
const SECOND: Duration = Duration::from_secs(1);
const MAX_WINDOW: Duration = Duration::from_secs(24 * 3_600);
/// The largest ratio that makes sense.
const MAX_RATIO_PERCENT: u32 = 10_000;

/// What one part of the file states.
#[derive(Debug, Clone, Default)]
pub(super) struct Gates {
    min_samples: Option<u32>,
    match_rate: Option<Share>,
    p99_percent: Option<u32>,
    quiet_for: Option<Duration>,
    guard: Option<GuardRules>,
}

impl Gates {
    /// Reads the keys of a part.
    pub(super) fn read(fields: Fields<'_>, findings: &mut Findings) -> Self {
        let mut gates = Self {
            guard: fields.get("guard").and_then(|node| read_guard(node, findings)),
            ..Self::default()
        };
        if let Some(gate) = fields
            .get("gate")
            .and_then(|node| Fields::open(node, "`gate`", &GATE_KEYS, findings))
        {
            gates.min_samples = gate
                .get("min_samples")
                .and_then(|node| values::number(node, "min_samples", 1..=MOST_SAMPLES, findings));
            gates.match_rate = gate
                .get("match")
                .and_then(|node| values::share(node, "match", findings));
            gates.p99_percent = gate
                .get("p99_ratio")
                .and_then(|node| ratio(node, "p99_ratio", findings));
            gates.quiet_for = gate
                .get("quiet_for")
                .and_then(|node| values::duration(node, "quiet_for", Duration::ZERO..=MAX_QUIET, findings));
        }
        gates
    }

    /// These before those of the next wider part.
    pub(super) fn over(&self, wider: &Self) -> Self {
        Self {
            min_samples: self.min_samples.or(wider.min_samples),
            match_rate: self.match_rate.or(wider.match_rate),
            p99_percent: self.p99_percent.or(wider.p99_percent),
            quiet_for: self.quiet_for.or(wider.quiet_for),
            guard: self.guard.clone().or_else(|| wider.guard.clone()),
        }
    }

    /// The gate, with what nothing states filled in.
    pub(super) fn gate(&self) -> GateRules {
        let standard = GateRules::default();
        GateRules {
            min_samples: self.min_samples.unwrap_or(standard.min_samples),
            match_rate: self.match_rate.unwrap_or(standard.match_rate),
            p99_percent: self.p99_percent.unwrap_or(standard.p99_percent),
            quiet_for: self.quiet_for.unwrap_or(standard.quiet_for),
        }
    }

    /// The guard, if there is one.
    pub(super) fn guard(&self) -> Option<GuardRules> {
        self.guard.clone()
    }
}

fn read_guard(node: &Node, findings: &mut Findings) -> Option<GuardRules> {
    let fields = Fields::open(node, "`guard`", &GUARD_KEYS, findings)?;
    let share = |key: &'static str, findings: &mut Findings| {
        fields.get(key).and_then(|node| values::share(node, key, findings))
    };
    let (error_rate, mismatch_rate) = (share("error_rate", findings), share("mismatch_rate", findings));
    let criteria = ["error_rate", "mismatch_rate", "latency_ratio"];
    if criteria.iter().all(|key| fields.get(key).is_none()) {
        findings.add_with_remedy(
            node.place,
            "the guard has nothing to look at",
            "write `error_rate: 1%`, `mismatch_rate: 2%`, `latency_ratio: 2` or several of them",
        );
    }
    Some(GuardRules {
        error_rate,
        mismatch_rate,
        latency_percent: fields
            .get("latency_ratio")
            .and_then(|node| ratio(node, "latency_ratio", findings)),
        window: fields
            .get("window")
            .and_then(|node| values::duration(node, "window", SECOND..=MAX_WINDOW, findings))
            .unwrap_or(GuardRules::DEFAULT_WINDOW),
        min_requests: fields
            .get("min_requests")
            .and_then(|node| values::number(node, "min_requests", 1..=MOST_SAMPLES, findings))
            .unwrap_or(GuardRules::DEFAULT_MIN_REQUESTS),
        action: fields
            .get("action")
            .and_then(|node| action(node, findings))
            .unwrap_or_default(),
    })
}

fn action(node: &Node, findings: &mut Findings) -> Option<GuardAction> {
    let written = values::text(node, "action", findings)?;
    let action = GuardAction::from_word(written);
    if action.is_none() {
        let remedy = match nearest(written, GuardAction::WORDS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write one of {}", list(&GuardAction::WORDS)),
        };
        findings.add_with_remedy(node.place, format!("a guard has no action `{written}`"), remedy);
    }
    action
}

/// A ratio such as `1.25`, in hundredths.
fn ratio(node: &Node, what: &str, findings: &mut Findings) -> Option<u32> {
    let written = values::text(node, what, findings)?;
    let (whole, decimals) = written.split_once('.').unwrap_or((written, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let hundredths = format!("{decimals:0<2}");
    let percent = (plain(whole) && plain(decimals) && decimals.len() <= 2)
        .then(|| format!("{whole}{hundredths}").parse::<u32>().ok())
        .flatten()
        .filter(|percent| (1..=MAX_RATIO_PERCENT).contains(percent));
    if percent.is_none() {
        let message = format!("`{what}: {written}` is not a ratio");
        findings.add_with_remedy(
            node.place,
            message,
            "write a number such as `1.0` or `1.25`, at most 100",
        );
    }
    percent
}
