//! `requires:`: routes without which another one must not go ahead, because they share state that only one side has.

use std::collections::HashMap;

use super::routes::Found;
use super::values;
use crate::findings::{Findings, Place};
use crate::route_key::RouteKey;
use crate::stage::Stage;
use crate::suggest::nearest;
use crate::yaml::Node;

/// A route that another one requires, and where that is written.
pub(super) type Required = (RouteKey, Place);

/// Reads the list.
pub(super) fn read(node: &Node, findings: &mut Findings) -> Vec<Required> {
    let read = values::items(node, "requires", findings).iter().filter_map(|item| {
        let text = values::text(item, "requires", findings)?;
        match text.parse() {
            Ok(key) => Some((key, item.place)),
            Err(error) => {
                findings.add(item.place, format!("`{text}` is not a route: {error}"));
                None
            }
        }
    });
    read.collect()
}

/// From `canary` on, a route is never further than what it requires: whoever native answers here must find there what native
/// has made.
pub(super) fn check(found: &[Found], findings: &mut Findings) {
    let stages: HashMap<&RouteKey, Stage> = found.iter().map(|found| (&found.plan.key, found.plan.stage)).collect();
    for route in found {
        for (required, place) in &route.requires {
            check_one(route, required, *place, &stages, findings);
        }
    }
}

fn check_one(
    route: &Found,
    required: &RouteKey,
    place: Place,
    stages: &HashMap<&RouteKey, Stage>,
    findings: &mut Findings,
) {
    let (key, stage) = (&route.plan.key, route.plan.stage);
    let Some(&reached) = stages.get(required) else {
        let known: Vec<String> = stages.keys().map(ToString::to_string).collect();
        let remedy = match nearest(&required.to_string(), known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name it under `routes`".to_owned(),
        };
        return findings.add_with_remedy(place, format!("no route of the file is `{required}`"), remedy);
    };
    if stage >= Stage::Canary && reached < stage {
        let message = format!("`{key}` is at stage `{stage}`, but `{required}`, which it requires, is at `{reached}`");
        let remedy = "move what is required first, or put both into one group";
        findings.add_with_remedy(place, message, remedy);
    }
}
