//! Why a request is answered as it is, for people.

use http::Method;
use serde::Serialize;

use crate::decide::{Facts, Reason, Shadowing, Side, decide};
use crate::plan::RoutePlan;
use crate::share::Share;
use crate::snapshot::Snapshot;
use crate::stage::Stage;

/// What happens to a request of this method and path, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The version of the flags that was asked.
    pub version: String,
    /// The method as it was asked.
    pub method: String,
    /// The path that was looked up.
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

/// Explains a method on a canonical path. A query or a fragment behind the path is left out, since it decides nothing.
#[must_use]
pub fn explain(snapshot: &Snapshot, method: &Method, target: &str) -> Explanation {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    // Ticket 0 is inside every sample that is not empty, so the explanation shows what the route does when it is shadowed.
    let decision = decide(
        snapshot,
        &Facts {
            method,
            path,
            ticket: 0,
        },
    );
    let plan = decision.plan.map(|plan| RoutePlan::clone(plan));
    let mut notes = Vec::new();
    if path.len() < target.len() {
        notes.push("the query plays no part in the decision".to_owned());
    }
    if let Some(plan) = &plan {
        describe(plan, method, decision.reason, &mut notes);
    } else if decision.reason == Reason::NoFlag {
        notes.extend(other_methods(snapshot, path));
    }
    Explanation {
        version: snapshot.version().to_owned(),
        method: method.to_string(),
        path: path.to_owned(),
        serve: decision.serve,
        shadow: decision.shadow,
        reason: decision.reason.to_string(),
        plan,
        notes,
    }
}

fn describe(plan: &RoutePlan, method: &Method, reason: Reason, notes: &mut Vec<String>) {
    if method == Method::HEAD {
        notes.push("HEAD follows the flag of GET".to_owned());
    }
    if let Some(group) = &plan.group {
        notes.push(format!("the stage is that of the group `{group}`"));
    }
    if plan.stage == Stage::Shadow && plan.sample < Share::ALL {
        notes.push(format!("{} of the requests are shadowed", plan.sample));
    }
    if reason == Reason::Killed {
        notes.push(format!("without the kill switch the route is at stage {}", plan.stage));
    }
}

/// The methods of this path that do have a flag, when the one that was asked has none.
fn other_methods(snapshot: &Snapshot, path: &str) -> Option<String> {
    let flagged = |method: &&Method| {
        decide(
            snapshot,
            &Facts {
                method,
                path,
                ticket: 0,
            },
        )
        .plan
        .is_some()
    };
    let methods: Vec<&str> = crate::RouteKey::METHODS
        .iter()
        .filter(flagged)
        .map(Method::as_str)
        .collect();
    if methods.is_empty() {
        None
    } else {
        Some(format!("on this path there are flags for {}", methods.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Inventory, Problems, compile};

    fn explained(method: &Method, target: &str) -> Result<Explanation, Problems> {
        let keys = ["GET /tickets/[id]"].into_iter().filter_map(|key| key.parse().ok());
        let text = "version: 1\ngroups: { crm: { stage: shadow, sample: 25% } }\nroutes: [{ route: 'GET /tickets/[id]', group: crm }]\n";
        compile(text, &Inventory::new(keys)).map(|snapshot| explain(&snapshot, method, target))
    }

    #[test]
    fn a_shadowed_route_explains_itself() -> Result<(), Problems> {
        let explanation = explained(&Method::HEAD, "/tickets/7?x=1")?;
        assert_eq!(
            (explanation.serve, explanation.shadow),
            (Side::Legacy, Shadowing::Native)
        );
        assert_eq!(explanation.reason, "the route is at stage shadow");
        assert_eq!(
            explanation.notes,
            [
                "the query plays no part in the decision",
                "HEAD follows the flag of GET",
                "the stage is that of the group `crm`",
                "25% of the requests are shadowed"
            ]
        );
        Ok(())
    }

    #[test]
    fn a_method_without_a_flag_names_those_that_have_one() -> Result<(), Problems> {
        let explanation = explained(&Method::POST, "/tickets/7")?;
        assert_eq!(explanation.reason, "no flag names this route");
        assert_eq!(explanation.notes, ["on this path there are flags for GET"]);
        assert_eq!(
            explained(&Method::GET, "/tickets/a%2Fb")?.reason,
            "the path can be read in two ways, so legacy reads it"
        );
        Ok(())
    }

    #[test]
    fn it_is_data_as_well() -> Result<(), Box<dyn std::error::Error>> {
        let value = serde_json::to_value(explained(&Method::GET, "/tickets/7")?)?;
        assert_eq!(value["plan"]["key"], "GET /tickets/[id]");
        assert_eq!(value["plan"]["sample"], "25%");
        assert_eq!(value["plan"]["shadow"]["budget"], "50ms");
        assert_eq!(value["plan"]["stage"], "shadow");
        assert_eq!(value["shadow"], "native");
        Ok(())
    }
}
