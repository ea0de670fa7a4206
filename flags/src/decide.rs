//! The decision for one request: pure, total, without allocation, and with its reason.

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde::Serialize;

use crate::plan::RoutePlan;
use crate::snapshot::Snapshot;
use crate::stage::Stage;
use crate::trie::Found;

/// What a decision may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// The canonical path: percent-encoding still in place, without the query.
    pub path: &'a str,
    /// A number that stands for this request (the hash of its id): samples are drawn from it, not by chance.
    pub ticket: u32,
}

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
    /// The kill switch is on.
    Killed,
}

/// Decides one request.
#[must_use]
pub fn decide<'s>(snapshot: &'s Snapshot, facts: &Facts<'_>) -> Decision<'s> {
    let plan = match snapshot.find(facts.method, facts.path) {
        Found::Plan(plan) => plan,
        Found::Nothing => return legacy(None, snapshot.or_killed(Reason::NoFlag)),
        Found::Unusual => return legacy(None, snapshot.or_killed(Reason::UnusualPath)),
    };
    if snapshot.is_killed() {
        return legacy(Some(plan), Reason::Killed);
    }
    let (serve, shadow) = match plan.stage {
        Stage::Legacy => (Side::Legacy, Shadowing::Off),
        Stage::Shadow if plan.sample.includes(facts.ticket) => (Side::Legacy, Shadowing::Native),
        Stage::Shadow => (Side::Legacy, Shadowing::SampledOut),
        Stage::Native => (Side::Native, Shadowing::Off),
    };
    Decision {
        plan: Some(plan),
        serve,
        shadow,
        reason: Reason::Stage(plan.stage),
    }
}

fn legacy(plan: Option<&Arc<RoutePlan>>, reason: Reason) -> Decision<'_> {
    Decision {
        plan,
        serve: Side::Legacy,
        shadow: Shadowing::Off,
        reason,
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
    /// One word for a metric label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoFlag => "no_flag",
            Self::UnusualPath => "unusual_path",
            Self::Stage(_) => "stage",
            Self::Killed => "killed",
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
        }
    }
}

#[cfg(test)]
mod tests;
