//! `target:`: requests that a canary sends to one side before the share is asked.

use super::fields::Fields;
use super::{sources, values};
use crate::decide::Side;
use crate::findings::Findings;
use crate::target::{Condition, TargetRule, Words};
use crate::yaml::{Node, Value};

const KEYS: [&str; 8] = ["tenant", "user", "role", "header", "cookie", "host", "ip", "serve"];
const CONDITIONS: [&str; 7] = ["tenant", "user", "role", "header", "cookie", "host", "ip"];
/// The most targets of one route: each is tried for every request.
const MAX_RULES: usize = 100;

/// Reads the list of targets.
pub(super) fn read(node: &Node, findings: &mut Findings) -> Vec<TargetRule> {
    let Value::List(items) = &node.value else {
        let message = format!("`target` is a list, not {}", node.kind());
        findings.add_with_remedy(
            node.place,
            message,
            "write `- { tenant: [acme], serve: native }` under it",
        );
        return Vec::new();
    };
    if items.len() > MAX_RULES {
        let remedy = "put several values into one target: `tenant: [a, b, c]`";
        findings.add_with_remedy(node.place, format!("there are more than {MAX_RULES} targets"), remedy);
    }
    items.iter().filter_map(|item| read_rule(item, findings)).collect()
}

fn read_rule(node: &Node, findings: &mut Findings) -> Option<TargetRule> {
    let fields = Fields::open(node, "a target", &KEYS, findings)?;
    let serve = read_side(fields, findings);
    let mut conditions = Vec::new();
    for (key, make) in [
        ("tenant", Condition::Tenant as fn(Words) -> Condition),
        ("user", Condition::User),
        ("role", Condition::Role),
    ] {
        if let Some(node) = fields.get(key) {
            conditions.push(make(words(node, key, findings)));
        }
    }
    if let Some(node) = fields.get("header") {
        conditions.extend(named(node, "header", findings).into_iter().filter_map(|(name, words)| {
            let header = sources::header(&name.key);
            if header.is_none() {
                let message = format!("`{}` is not the name of a header that can be asked for", name.key);
                findings.add_with_remedy(name.key_place, message, "`x-ficus-` headers are Ficus's own");
            }
            header.map(|header| Condition::Header(header, words))
        }));
    }
    if let Some(node) = fields.get("cookie") {
        conditions.extend(named(node, "cookie", findings).into_iter().filter_map(|(name, words)| {
            let good = sources::is_cookie_name(&name.key);
            if !good {
                findings.add(name.key_place, format!("`{}` is not the name of a cookie", name.key));
            }
            good.then(|| Condition::Cookie(name.key.clone(), words))
        }));
    }
    if let Some(node) = fields.get("host") {
        conditions.push(Condition::Host(parsed(node, "host", findings)));
    }
    if let Some(node) = fields.get("ip") {
        conditions.push(Condition::Ip(parsed(node, "ip", findings)));
    }
    if CONDITIONS.iter().all(|key| fields.get(key).is_none()) {
        let remedy =
            "name a tenant, user, role, header, cookie, host or ip; for all requests change the stage or the share";
        findings.add_with_remedy(
            node.place,
            "a target without a condition would fit every request",
            remedy,
        );
    }
    Some(TargetRule {
        conditions,
        serve: serve?,
        line: node.place.line,
    })
}

fn read_side(fields: Fields<'_>, findings: &mut Findings) -> Option<Side> {
    let remedy = "write `serve: native` or `serve: legacy`";
    let Some(node) = fields.get("serve") else {
        findings.add_with_remedy(fields.place(), "a target says who answers", remedy);
        return None;
    };
    match values::text(node, "serve", findings)? {
        "native" => Some(Side::Native),
        "legacy" => Some(Side::Legacy),
        other => {
            findings.add_with_remedy(node.place, format!("`{other}` is no side that answers"), remedy);
            None
        }
    }
}

/// Values of which one must fit.
fn words(node: &Node, what: &str, findings: &mut Findings) -> Words {
    let items = values::items(node, what, findings);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        let remedy = "name a value, `\"*\"` for any, or leave the key out";
        findings.add_with_remedy(
            node.place,
            format!("`{what}` names no value, so that nothing would fit"),
            remedy,
        );
    }
    Words::new(
        items
            .iter()
            .filter_map(|item| values::text(item, what, findings))
            .map(str::to_owned),
    )
}

/// `header: { x-beta: [on, yes] }`: values under names.
fn named<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> Vec<(&'n crate::yaml::Entry, Words)> {
    let Value::Map(entries) = &node.value else {
        let message = format!("`{what}` is a mapping from names to values, not {}", node.kind());
        findings.add_with_remedy(node.place, message, format!("write `{what}: {{ name: [value] }}`"));
        return Vec::new();
    };
    if entries.is_empty() {
        findings.add(node.place, format!("`{what}` names nothing"));
    }
    entries
        .iter()
        .map(|entry| (entry, words(&entry.value, &entry.key, findings)))
        .collect()
}

/// Values that are written as text and have a form of their own.
fn parsed<T>(node: &Node, what: &str, findings: &mut Findings) -> Vec<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let items = values::items(node, what, findings);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        findings.add(
            node.place,
            format!("`{what}` names no value, so that nothing would fit"),
        );
    }
    let mut read = Vec::new();
    for item in items {
        match values::text(item, what, findings).map(str::parse) {
            Some(Ok(value)) => read.push(value),
            Some(Err(error)) => findings.add(item.place, format!("`{what}`: {error}")),
            None => {}
        }
    }
    read
}
