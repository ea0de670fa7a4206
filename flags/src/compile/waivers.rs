//! `waivers:`: differences that do not count, each with its owner, its reason and its last day.

use super::fields::{Fields, list};
use super::routes::Found;
use super::values;
use crate::findings::Findings;
use crate::glob::glob_matches;
use crate::suggest::nearest;
use crate::waiver::{WAIVABLE_KINDS, Waiver, end_of_day_ms};
use crate::yaml::{Node, Value};

const KEYS: [&str; 6] = ["route", "kind", "path", "owner", "reason", "expires"];
const ANYTHING: &str = "*";

/// Reads every waiver; `routes` are those of the file, of which each waiver must cover one.
pub(super) fn read(node: &Node, routes: &[Found], findings: &mut Findings) -> Vec<Waiver> {
    let Value::List(items) = &node.value else {
        let message = format!("`waivers` is a list, not {}", node.kind());
        findings.add_with_remedy(node.place, message, "write `waivers: []` for an empty one");
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| read_waiver(item, routes, findings))
        .collect()
}

fn read_waiver(node: &Node, routes: &[Found], findings: &mut Findings) -> Option<Waiver> {
    let fields = Fields::open(node, "a waiver", &KEYS, findings)?;
    let [route, owner, reason, expires] =
        ["route", "owner", "reason", "expires"].map(|key| stated(fields, key, findings));
    let kind = fields
        .get("kind")
        .map_or(Some(ANYTHING), |node| read_kind(node, findings));
    let path = fields
        .get("path")
        .map_or(Some(ANYTHING), |node| values::text(node, "path", findings));
    let (route, route_node) = route?;
    if !routes
        .iter()
        .any(|found| glob_matches(route, &found.plan.key.to_string()))
    {
        let message = format!("the waiver for `{route}` covers no route of this file");
        let remedy = "name a route as it stands under `routes:`; `*` stands for anything";
        findings.add_with_remedy(route_node.place, message, remedy);
    }
    let (day, day_node) = expires?;
    let Some(expires_ms) = end_of_day_ms(day) else {
        let message = format!("`expires: {day}` is not a day");
        findings.add_with_remedy(day_node.place, message, "write its last day, such as `2026-12-31`");
        return None;
    };
    Some(Waiver {
        route: route.to_owned(),
        kind: kind?.to_owned(),
        path: path?.to_owned(),
        owner: owner?.0.to_owned(),
        reason: reason?.0.to_owned(),
        expires_ms,
    })
}

/// A text that has to be there and must not be empty: a waiver that nobody answers for is no waiver.
fn stated<'n>(fields: Fields<'n>, key: &str, findings: &mut Findings) -> Option<(&'n str, &'n Node)> {
    let Some(node) = fields.get(key) else {
        findings.add(fields.place(), format!("a waiver needs its `{key}`"));
        return None;
    };
    let text = values::text(node, key, findings)?;
    if text.trim().is_empty() {
        findings.add(node.place, format!("the `{key}` of a waiver is empty"));
        return None;
    }
    Some((text, node))
}

fn read_kind<'n>(node: &'n Node, findings: &mut Findings) -> Option<&'n str> {
    let kind = values::text(node, "kind", findings)?;
    if kind == ANYTHING || WAIVABLE_KINDS.contains(&kind) {
        return Some(kind);
    }
    let remedy = match nearest(kind, WAIVABLE_KINDS) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it is one of {}, or `*`", list(&WAIVABLE_KINDS)),
    };
    findings.add_with_remedy(node.place, format!("no answer has a part `{kind}`"), remedy);
    None
}
