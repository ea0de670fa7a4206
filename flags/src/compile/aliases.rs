//! `aliases:` of a route: other paths that lead to it.

use std::collections::HashMap;

use super::routes::Found;
use super::values;
use crate::alias::same_parameters;
use crate::findings::{Findings, Place};
use crate::inventory::Inventory;
use crate::pattern::Pattern;
use crate::route_key::RouteKey;
use crate::yaml::Node;

/// An alias and where it is written.
pub(super) type Alias = (Pattern, Place);

/// Reads the list; what cannot be an alias of this route is refused here.
pub(super) fn read(node: &Node, key: &RouteKey, findings: &mut Findings) -> Vec<Alias> {
    let read = values::items(node, "aliases", findings).iter().filter_map(|item| {
        let text = values::text(item, "aliases", findings)?;
        let pattern: Pattern = match text.parse() {
            Ok(pattern) => pattern,
            Err(error) => {
                let remedy = "write the path alone, such as `/api/v1/crm/tickets`: the method is that of the route";
                findings.add_with_remedy(item.place, format!("`{text}` is not a path: {error}"), remedy);
                return None;
            }
        };
        if !same_parameters(&pattern, &key.pattern) {
            let message = format!("the alias `{text}` has other parameters than `{key}`");
            findings.add_with_remedy(item.place, message, "name them alike, each once, in any order");
        }
        Some((pattern, item.place))
    });
    read.collect()
}

/// A path leads to one route: an alias is no route, no handler and no alias of another one with the same method.
pub(super) fn check(found: &[Found], inventory: &Inventory, findings: &mut Findings) {
    let mut taken: HashMap<RouteKey, usize> = found
        .iter()
        .map(|found| (found.plan.key.clone(), found.place.line))
        .collect();
    for route in found {
        for (pattern, place) in &route.aliases {
            let alias = RouteKey {
                method: route.plan.key.method.clone(),
                pattern: pattern.clone(),
            };
            if let Some(line) = taken.get(&alias) {
                let message = format!("`{alias}` leads elsewhere already, on line {line}");
                findings.add_with_remedy(*place, message, "leave one of the two out");
            } else if inventory.contains(&alias) {
                let message = format!("this binary has a native handler for `{alias}` itself");
                findings.add_with_remedy(*place, message, "give it a route of its own instead of an alias");
            }
            taken.entry(alias).or_insert(place.line);
        }
    }
}
