//! A route beyond `legacy` needs a handler in this binary.

use super::routes::Found;
use crate::findings::Findings;
use crate::inventory::Inventory;
use crate::pattern::Segment;
use crate::route_key::RouteKey;
use crate::stage::Stage;
use crate::suggest::nearest;

/// Reports every route at a native stage for which the inventory has no handler.
pub(super) fn check(found: &[Found], inventory: &Inventory, findings: &mut Findings) {
    let missing = found
        .iter()
        .filter(|found| furthest(found).needs_handler() && !inventory.contains(&found.plan.key));
    for route in missing {
        let (key, stage) = (&route.plan.key, furthest(route));
        let message = format!("this binary has no native handler for `{key}`, so it cannot be at stage `{stage}`");
        // A suggestion looks at the whole inventory; past the listed problems nobody would read it.
        let remedy = if findings.is_full() {
            String::new()
        } else {
            suggestion(key, inventory)
        };
        findings.add_with_remedy(route.place, message, remedy);
    }
}

/// The stage that a route is at, or that its schedule leads to: a step that can never be taken is found when it is written.
fn furthest(found: &Found) -> Stage {
    let scheduled = found.plan.calendar.schedule.last().map(|step| step.stage);
    found.plan.stage.max(scheduled.unwrap_or_default())
}

fn suggestion(key: &RouteKey, inventory: &Inventory) -> String {
    if let Some(handler) = inventory
        .iter()
        .find(|handler| handler.method == key.method && same_paths(handler, key))
    {
        return format!("it has one under other parameter names: write `{handler}`");
    }
    let methods: Vec<&str> = inventory
        .iter()
        .filter(|handler| same_paths(handler, key))
        .map(|handler| handler.method.as_str())
        .collect();
    if !methods.is_empty() {
        return format!(
            "on this path it has {}; leave this route at `legacy`",
            methods.join(", ")
        );
    }
    let handlers: Vec<String> = inventory.iter().map(ToString::to_string).collect();
    match nearest(&key.to_string(), handlers.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "leave it at `legacy`, or run a binary that has the handler".to_owned(),
    }
}

/// Whether two routes match the same paths, whatever their parameters are called.
fn same_paths(one: &RouteKey, other: &RouteKey) -> bool {
    let (one, other) = (one.pattern.segments(), other.pattern.segments());
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Segment::Static(one), Segment::Static(other)) => one == other,
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        })
}
