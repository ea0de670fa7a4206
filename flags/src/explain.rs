//! Why a request is answered as it is, for people.

use http::Method;
use serde::Serialize;

use crate::decide::{Facts, Shadowing, Side, decide};
use crate::plan::RoutePlan;
use crate::snapshot::Snapshot;

/// What happens to a request of this method and path, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The version of the flags that was asked.
    pub version: String,
    /// The method as it was asked.
    pub method: String,
    /// The path as it was asked.
    pub path: String,
    /// Who answers.
    pub serve: Side,
    /// What runs beside the answer, for a request inside the sample.
    pub shadow: Shadowing,
    /// Why, in one clause.
    pub reason: String,
    /// The plan of the route; absent when no flag names it.
    pub plan: Option<RoutePlan>,
    /// Things worth knowing that are not wrong.
    pub notes: Vec<String>,
}

/// Explains a method on a canonical path.
#[must_use]
pub fn explain(snapshot: &Snapshot, method: &Method, path: &str) -> Explanation {
    let decision = decide(
        snapshot,
        &Facts {
            method,
            path,
            ticket: 0,
        },
    );
    Explanation {
        version: snapshot.version().to_owned(),
        method: method.to_string(),
        path: path.to_owned(),
        serve: decision.serve,
        shadow: decision.shadow,
        reason: decision.reason.to_string(),
        plan: decision.plan.map(|plan| RoutePlan::clone(plan)),
        notes: Vec::new(),
    }
}
