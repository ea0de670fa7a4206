//! Why a request is answered as it is, for people.

use http::Method;
use serde::Serialize;

use crate::decide::{Reason, Shadowing, Side, decide};
use crate::facts::Facts;
use crate::plan::RoutePlan;
use crate::share::Share;
use crate::snapshot::Snapshot;
use crate::stage::Stage;

/// What happens to a request, and why.
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
    /// One word for the reason, as metrics and answers have it.
    pub label: &'static str,
    /// How the share of a canary drew; absent when it was not asked.
    pub drawn: Option<DrawnBy>,
    /// What a canary looked at, in its order.
    pub steps: Vec<String>,
    /// The plan of the route; absent when no flag names it.
    pub plan: Option<RoutePlan>,
    /// Things worth knowing that are not wrong.
    pub notes: Vec<String>,
}

/// How the share of a canary drew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrawnBy {
    /// Where the subject was found.
    pub source: String,
    /// The subject.
    pub subject: String,
    /// Its bucket, 0 to 9,999.
    pub bucket: u16,
    /// The share; native answers buckets below it.
    pub share: Share,
}

/// Explains a request on a canonical path. A query or a fragment behind the path is left out, since it decides nothing.
#[must_use]
pub fn explain(snapshot: &Snapshot, facts: &Facts<'_>) -> Explanation {
    let path = facts.path.split(['?', '#']).next().unwrap_or_default();
    let mut notes = Vec::new();
    let behind = snapshot.look_up(facts.method, path).path_behind_alias(path);
    if let Some(behind) = &behind {
        notes.push(format!("`{path}` is an alias: both sides get `{behind}`"));
    }
    let asked = Facts {
        path: behind.as_deref().unwrap_or(path),
        ..*facts
    };
    let decision = decide(snapshot, &asked);
    if path.len() < facts.path.len() {
        notes.push("the query plays no part in the decision".to_owned());
    }
    let plan = decision.plan.map(|plan| RoutePlan::clone(plan));
    if let Some(plan) = &plan {
        describe(plan, &asked, decision.reason, &mut notes);
    } else if decision.reason == Reason::NoFlag {
        notes.extend(other_methods(snapshot, path));
    }
    let canary = plan.as_ref().filter(|_| asks_canary(decision.reason));
    Explanation {
        version: snapshot.version().to_owned(),
        method: facts.method.to_string(),
        path: path.to_owned(),
        serve: decision.serve,
        shadow: decision.shadow,
        reason: decision.reason.to_string(),
        label: decision.reason.label(),
        drawn: canary.and_then(|plan| drawn(plan, &asked, decision.reason)),
        steps: canary.map(|plan| steps(plan, &asked)).unwrap_or_default(),
        plan,
        notes,
    }
}

fn asks_canary(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Target { .. } | Reason::Share { .. } | Reason::NoSubject | Reason::Stage(Stage::Canary)
    )
}

fn drawn(plan: &RoutePlan, facts: &Facts<'_>, reason: Reason) -> Option<DrawnBy> {
    let Reason::Share { bucket, source, .. } = reason else {
        return None;
    };
    let canary = plan.canary.as_ref()?;
    let source = canary.subject.get(usize::from(source))?;
    Some(DrawnBy {
        source: source.to_string(),
        subject: source.with(facts, str::to_owned)?,
        bucket,
        share: canary.share,
    })
}

/// Every target that was tried, then every place where a subject was looked for.
fn steps(plan: &RoutePlan, facts: &Facts<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    for (place, rule) in plan.target.iter().enumerate() {
        let fits = rule.matches(facts, &plan.tenant_from);
        let verdict = if fits { "fits" } else { "does not fit" };
        steps.push(format!("target {} (line {}), {rule}: {verdict}", place + 1, rule.line));
        if fits {
            return steps;
        }
    }
    let Some(canary) = &plan.canary else {
        steps.push("there is no share".to_owned());
        return steps;
    };
    for source in canary.subject.iter() {
        match source.with(facts, str::to_owned) {
            None => steps.push(format!("subject {source}: none")),
            Some(subject) => {
                let bucket = canary.bucket_of(&subject);
                steps.push(format!(
                    "subject {source}: `{subject}` has bucket {bucket} under `{}:{}`, and the share is {}",
                    canary.key, canary.salt, canary.share
                ));
                return steps;
            }
        }
    }
    steps
}

fn describe(plan: &RoutePlan, facts: &Facts<'_>, reason: Reason, notes: &mut Vec<String>) {
    if facts.method == Method::HEAD {
        notes.push("HEAD follows the flag of GET".to_owned());
    }
    if let Some(group) = &plan.group {
        notes.push(format!("the stage is that of the group `{group}`"));
    }
    if matches!(plan.stage, Stage::Shadow | Stage::Canary) && plan.sample < Share::ALL {
        notes.push(format!("{} of the requests are shadowed", plan.sample));
    }
    if plan.stage == Stage::Native && plan.reverse_sample > Share::NONE && facts.method.is_safe() {
        notes.push(format!(
            "legacy is asked as well for {} of the requests",
            plan.reverse_sample
        ));
    }
    if plan.stage != Stage::Canary && !plan.target.is_empty() {
        notes.push("targets play a part only at the stage canary".to_owned());
    }
    if reason == Reason::Killed {
        notes.push(format!("without the kill switch the route is at stage {}", plan.stage));
    }
    if plan.stage == Stage::Retired {
        notes.push("legacy is never asked, whatever happens".to_owned());
    }
    if facts.wanted.is_some() && matches!(plan.stage, Stage::Legacy | Stage::Retired) {
        notes.push(format!("an override has no say at the stage {}", plan.stage));
    }
}

/// The methods of this path that do have a flag, when the one that was asked has none.
fn other_methods(snapshot: &Snapshot, path: &str) -> Option<String> {
    let methods: Vec<&str> = crate::RouteKey::METHODS
        .iter()
        .filter(|method| snapshot.look_up(method, path).plan().is_some())
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
        compile(text, &Inventory::new(keys)).map(|snapshot| explain(&snapshot, &Facts::new(method, target, 0)))
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
