//! The decision for one request: pure, total, without allocation, and with its reason.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::facts::Facts;
use crate::plan::RoutePlan;
use crate::snapshot::Snapshot;
use crate::stage::Stage;
use crate::trie::Found;

/// Who answers a request, what runs beside it, and why.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'s> {
    /// The plan of the route; `None` when no flag names it.
    pub plan: Option<&'s Arc<RoutePlan>>,
    /// Who answers.
    pub serve: Side,
    /// What runs beside the answer.
    pub shadow: Shadowing,
    /// Why.
    pub reason: Reason,
}

/// One of the two systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The legacy app.
    Legacy,
    /// The handlers of this binary.
    Native,
}

/// What runs beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shadowing {
    /// Nothing.
    Off,
    /// A native dry run, beside legacy's answer.
    Native,
    /// Legacy, beside native's answer: the reverse shadow of a safe request.
    Legacy,
    /// Nothing for this request: the route is shadowed, but the request is not in the sample.
    SampledOut,
}

/// Why a decision is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// No flag names the route.
    NoFlag,
    /// The path is written so that two routers could read it differently (an encoded slash, an empty or dot segment, broken
    /// percent-encoding), so legacy reads it itself.
    UnusualPath,
    /// The stage of the route says so.
    Stage(Stage),
    /// The kill switch covers the route.
    Killed,
    /// A signed override wants this side.
    Override,
    /// A target of the canary fits.
    Target {
        /// Its place in [`RoutePlan::target`].
        rule: u16,
    },
    /// The canary has drawn: native answers when `bucket` is below `below`.
    Share {
        /// The bucket of the subject, 0 to 9,999.
        bucket: u16,
        /// The share in basis points.
        below: u16,
        /// The place in [`crate::Canary::subject`] where the subject was found.
        source: u8,
    },
    /// The canary has a share, but the request has no subject to draw by, so legacy answers.
    NoSubject,
}

/// What the path and the method of a request led to, before anything else of the request is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Match<'s> {
    snapshot: &'s Snapshot,
    found: Found,
}

/// Decides one request.
#[must_use]
pub fn decide<'s>(snapshot: &'s Snapshot, facts: &Facts<'_>) -> Decision<'s> {
    snapshot.look_up(facts.method, facts.path).decide(facts)
}

impl<'s> Match<'s> {
    pub(crate) const fn new(snapshot: &'s Snapshot, found: Found) -> Self {
        Self { snapshot, found }
    }

    /// The plan of the route; `None` when no flag names it.
    #[must_use]
    pub fn plan(&self) -> Option<&'s Arc<RoutePlan>> {
        match self.found {
            Found::Plan(place) => self.snapshot.plans().get(place),
            Found::Nothing | Found::Unusual => None,
        }
    }

    /// The path of the route, when `path`, which led here, is only an alias of it. Whoever decides looks that path up again.
    #[must_use]
    pub fn path_behind_alias(&self, path: &str) -> Option<String> {
        match self.found {
            Found::Plan(place) => self.snapshot.path_behind(place, path),
            Found::Nothing | Found::Unusual => None,
        }
    }

    /// Whether the decision asks who the client is. Verifying a session costs more than deciding, so it is done only then.
    #[must_use]
    pub fn needs_session(&self) -> bool {
        self.plan()
            .is_some_and(|plan| plan.needs_session() && !self.snapshot.kills(plan))
    }

    /// Decides a request of this method and path.
    #[must_use]
    pub fn decide(&self, facts: &Facts<'_>) -> Decision<'s> {
        let unflagged = |reason| {
            let reason = if self.snapshot.is_killed() {
                Reason::Killed
            } else {
                reason
            };
            Decision {
                plan: None,
                serve: Side::Legacy,
                shadow: Shadowing::Off,
                reason,
            }
        };
        let Some(plan) = self.plan() else {
            return unflagged(match self.found {
                Found::Unusual => Reason::UnusualPath,
                Found::Nothing | Found::Plan(_) => Reason::NoFlag,
            });
        };
        let (serve, shadow, reason) = if self.snapshot.kills(plan) {
            (Side::Legacy, Shadowing::Off, Reason::Killed)
        } else {
            by_stage(plan, facts)
        };
        Decision {
            plan: Some(plan),
            serve,
            shadow,
            reason,
        }
    }
}

/// An override holds where both sides can answer and native is released to testers: from `shadow` to `native`.
fn by_stage(plan: &RoutePlan, facts: &Facts<'_>) -> (Side, Shadowing, Reason) {
    let staged = Reason::Stage(plan.stage);
    match (plan.stage, facts.wanted) {
        (Stage::Legacy, _) => (Side::Legacy, Shadowing::Off, staged),
        (Stage::Retired, _) => (Side::Native, Shadowing::Off, staged),
        (Stage::Native, Some(Side::Legacy)) => (Side::Legacy, Shadowing::Off, Reason::Override),
        (Stage::Native, _) => (Side::Native, reverse(plan, facts), staged),
        (_, Some(Side::Native)) => (Side::Native, Shadowing::Off, Reason::Override),
        (_, Some(Side::Legacy)) => (Side::Legacy, forward(plan, facts), Reason::Override),
        (Stage::Shadow, None) => (Side::Legacy, forward(plan, facts), staged),
        (Stage::Canary, None) => match drawn(plan, facts) {
            (Side::Native, reason) => (Side::Native, Shadowing::Off, reason),
            (Side::Legacy, reason) => (Side::Legacy, forward(plan, facts), reason),
        },
    }
}

/// A canary: targets first, then the share; whoever cannot be placed is legacy's.
fn drawn(plan: &RoutePlan, facts: &Facts<'_>) -> (Side, Reason) {
    let fitting = plan
        .target
        .iter()
        .enumerate()
        .find(|(_, rule)| rule.matches(facts, &plan.tenant_from));
    if let Some((place, rule)) = fitting {
        let rule_place = u16::try_from(place).unwrap_or(u16::MAX);
        return (rule.serve, Reason::Target { rule: rule_place });
    }
    let Some(canary) = &plan.canary else {
        return (Side::Legacy, Reason::Stage(Stage::Canary));
    };
    let Some(drawn) = canary.draw(facts) else {
        return (Side::Legacy, Reason::NoSubject);
    };
    let below = canary.share.basis_points();
    let side = if drawn.bucket < below {
        Side::Native
    } else {
        Side::Legacy
    };
    let reason = Reason::Share {
        bucket: drawn.bucket,
        below,
        source: u8::try_from(drawn.source).unwrap_or(u8::MAX),
    };
    (side, reason)
}

/// Native beside legacy.
fn forward(plan: &RoutePlan, facts: &Facts<'_>) -> Shadowing {
    if plan.sample.includes(facts.ticket) {
        Shadowing::Native
    } else {
        Shadowing::SampledOut
    }
}

/// Legacy beside native: safe methods only, because legacy's writes cannot be taken back.
fn reverse(plan: &RoutePlan, facts: &Facts<'_>) -> Shadowing {
    if plan.reverse_sample == crate::Share::NONE || !facts.method.is_safe() {
        Shadowing::Off
    } else if plan.reverse_sample.includes(facts.ticket) {
        Shadowing::Legacy
    } else {
        Shadowing::SampledOut
    }
}

impl Side {
    /// The word in logs, metrics and headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Native => "native",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Reason {
    /// The words of [`Self::label`].
    pub const LABELS: [&'static str; 8] = [
        "no_flag",
        "unusual_path",
        "stage",
        "killed",
        "override",
        "target",
        "share",
        "no_subject",
    ];

    /// One word for a metric label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        Self::LABELS[self.place()]
    }

    /// The place of the word in [`Self::LABELS`], fit for an array of counters.
    #[must_use]
    pub const fn place(self) -> usize {
        match self {
            Self::NoFlag => 0,
            Self::UnusualPath => 1,
            Self::Stage(_) => 2,
            Self::Killed => 3,
            Self::Override => 4,
            Self::Target { .. } => 5,
            Self::Share { .. } => 6,
            Self::NoSubject => 7,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFlag => formatter.write_str("no flag names this route"),
            Self::UnusualPath => formatter.write_str("the path can be read in two ways, so legacy reads it"),
            Self::Stage(stage) => write!(formatter, "the route is at stage {stage}"),
            Self::Killed => formatter.write_str("the kill switch is on"),
            Self::Override => formatter.write_str("a signed override asks for this side"),
            Self::Target { rule } => write!(formatter, "target {} of the canary fits", rule + 1),
            Self::Share { bucket, below, .. } if bucket < below => {
                write!(
                    formatter,
                    "bucket {bucket} is inside the share (below {below} of 10000)"
                )
            }
            Self::Share { bucket, below, .. } => {
                write!(
                    formatter,
                    "bucket {bucket} is outside the share (below {below} of 10000)"
                )
            }
            Self::NoSubject => formatter.write_str("the request has no subject for the share to draw by"),
        }
    }
}

#[cfg(test)]
mod tests;
