//! `compare:`: the rules under which two answers count as equal.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fields::Fields;
use super::values;
use crate::compare_rules::{CompareRules, IgnoreRule};
use crate::findings::Findings;
use crate::json_path::JsonPath;
use crate::yaml::{Node, Value};

const KEYS: [&str; 3] = ["ignore", "unordered", "time_tolerance"];
const IGNORE_KEYS: [&str; 2] = ["path", "reason"];
const MAX_TIME_TOLERANCE: Duration = Duration::from_secs(24 * 3_600);

/// The rules as one part of the file states them.
#[derive(Debug, Clone, Default)]
pub(super) struct PartialRules {
    ignore: Vec<IgnoreRule>,
    unordered: BTreeMap<JsonPath, Option<String>>,
    time_tolerance: Option<Duration>,
}

impl PartialRules {
    /// Reads `compare:`.
    pub(super) fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let fields = Fields::open(node, "`compare`", &KEYS, findings)?;
        let mut rules = Self::default();
        if let Some(node) = fields.get("ignore") {
            let items = values::items(node, "ignore", findings);
            rules.ignore = items.iter().filter_map(|item| read_ignore(item, findings)).collect();
        }
        if let Some(node) = fields.get("unordered") {
            rules.unordered = read_unordered(node, findings);
        }
        let bounds = Duration::ZERO..=MAX_TIME_TOLERANCE;
        rules.time_tolerance = fields
            .get("time_tolerance")
            .and_then(|node| values::duration(node, "time_tolerance", bounds, findings));
        Some(rules)
    }

    /// These rules added to those of the next wider part: lists grow, single values win.
    pub(super) fn over(&self, wider: &Self) -> Self {
        let ignore = wider.ignore.iter().chain(&self.ignore).cloned().collect();
        let mut unordered = wider.unordered.clone();
        unordered.extend(self.unordered.clone());
        Self {
            ignore,
            unordered,
            time_tolerance: self.time_tolerance.or(wider.time_tolerance),
        }
    }

    /// The rules with what nothing states filled in.
    pub(super) fn complete(self) -> CompareRules {
        let time_tolerance = self.time_tolerance.unwrap_or(CompareRules::DEFAULT_TIME_TOLERANCE);
        CompareRules {
            ignore: self.ignore,
            unordered: self.unordered,
            time_tolerance,
        }
    }
}

/// `"$.a"`, or `{ path: "$.a", reason: "…" }`.
fn read_ignore(node: &Node, findings: &mut Findings) -> Option<IgnoreRule> {
    let Value::Map(_) = &node.value else {
        return path(node, findings).map(|path| IgnoreRule { path, reason: None });
    };
    let fields = Fields::open(node, "an entry of `ignore`", &IGNORE_KEYS, findings)?;
    let reason = fields
        .get("reason")
        .and_then(|node| values::text(node, "reason", findings))
        .map(str::to_owned);
    let Some(written) = fields.get("path") else {
        findings.add(node.place, "an entry of `ignore` needs its `path`");
        return None;
    };
    path(written, findings).map(|path| IgnoreRule { path, reason })
}

/// A list of paths, or a mapping from paths to the member that identifies an element.
fn read_unordered(node: &Node, findings: &mut Findings) -> BTreeMap<JsonPath, Option<String>> {
    let Value::Map(entries) = &node.value else {
        let items = values::items(node, "unordered", findings);
        return items
            .iter()
            .filter_map(|item| path(item, findings))
            .map(|path| (path, None))
            .collect();
    };
    let mut unordered = BTreeMap::new();
    for entry in entries {
        // The key stands in the file as a text of its own; only its place differs from that of its value.
        let key = Node {
            place: entry.key_place,
            value: Value::Scalar {
                text: entry.key.clone(),
                plain: true,
            },
        };
        let identity = match entry.value.is_missing() {
            true => None,
            false => values::text(&entry.value, "unordered", findings).map(str::to_owned),
        };
        if let Some(path) = path(&key, findings) {
            unordered.insert(path, identity);
        }
    }
    unordered
}

fn path(node: &Node, findings: &mut Findings) -> Option<JsonPath> {
    let Some(text) = node.text() else {
        findings.add(
            node.place,
            format!("a path is a text such as `$.items[*].id`, not {}", node.kind()),
        );
        return None;
    };
    text.parse()
        .map_err(|error: crate::json_path::JsonPathError| {
            findings.add(
                node.place_inside(error.offset),
                format!("the path `{text}`: {}", error.message),
            );
        })
        .ok()
}
