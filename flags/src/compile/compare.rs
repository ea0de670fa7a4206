//! `compare:`: the rules under which two answers count as equal.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use super::fields::Fields;
use super::values;
use crate::compare_path::ComparePath;
use crate::compare_rules::{CompareRules, IgnoreRule};
use crate::findings::Findings;
use crate::json_path::{JsonPath, JsonPathError};
use crate::share::Share;
use crate::yaml::{Node, Value};

use http::HeaderName;

const KEYS: [&str; 6] = [
    "ignore",
    "unordered",
    "same_shape",
    "headers",
    "time_tolerance",
    "noise",
];
const IGNORE_KEYS: [&str; 2] = ["path", "reason"];
/// The share of reads of which legacy is asked twice, when the file says `noise: learn`.
const LEARNING_SHARE: u16 = 1_000;
/// Headers of the way, which each hop writes anew: no two answers have to agree on them.
const HEADERS_OF_THE_WAY: [&str; 7] = [
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "transfer-encoding",
    "x-request-id",
];
const MAX_TIME_TOLERANCE: Duration = Duration::from_secs(24 * 3_600);

/// The rules as one part of the file states them.
#[derive(Debug, Clone, Default)]
pub(super) struct PartialRules {
    ignore: Vec<IgnoreRule>,
    unordered: BTreeMap<JsonPath, Option<String>>,
    same_shape: BTreeSet<ComparePath>,
    headers: BTreeSet<String>,
    time_tolerance: Option<Duration>,
    noise: Option<Share>,
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
        if let Some(node) = fields.get("same_shape") {
            let items = values::items(node, "same_shape", findings);
            rules.same_shape = items.iter().filter_map(|item| path(item, findings)).collect();
        }
        if let Some(node) = fields.get("headers") {
            let items = values::items(node, "headers", findings);
            rules.headers = items.iter().filter_map(|item| read_header(item, findings)).collect();
        }
        rules.noise = fields.get("noise").and_then(|node| read_noise(node, findings));
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
            same_shape: self.same_shape.union(&wider.same_shape).cloned().collect(),
            headers: self.headers.union(&wider.headers).cloned().collect(),
            time_tolerance: self.time_tolerance.or(wider.time_tolerance),
            noise: self.noise.or(wider.noise),
        }
    }

    /// The rules with what nothing states filled in.
    pub(super) fn complete(self) -> CompareRules {
        let time_tolerance = self.time_tolerance.unwrap_or(CompareRules::DEFAULT_TIME_TOLERANCE);
        CompareRules {
            ignore: self.ignore,
            unordered: self.unordered,
            same_shape: self.same_shape,
            headers: self.headers,
            time_tolerance,
            noise: self.noise.filter(|share| *share != Share::NONE),
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

/// The name of a response header, in lower case.
fn read_header(node: &Node, findings: &mut Findings) -> Option<String> {
    let written = values::text(node, "headers", findings)?;
    let Ok(name) = HeaderName::from_bytes(written.as_bytes()) else {
        findings.add(node.place, format!("`{written}` is not the name of a header"));
        return None;
    };
    let name = name.as_str();
    if HEADERS_OF_THE_WAY.contains(&name) || name.starts_with("x-ficus-") {
        let message = format!("`{name}` belongs to the way of an answer, not to the answer");
        findings.add_with_remedy(node.place, message, "leave it out");
        return None;
    }
    Some(name.to_owned())
}

/// `learn`, `off`, or the share of reads of which legacy is asked twice.
fn read_noise(node: &Node, findings: &mut Findings) -> Option<Share> {
    match values::text(node, "noise", findings)? {
        "learn" => Share::from_basis_points(LEARNING_SHARE),
        "off" => Some(Share::NONE),
        written if written.ends_with('%') => values::share(node, "noise", findings),
        written => {
            let message = format!("`noise: {written}` is unknown");
            findings.add_with_remedy(
                node.place,
                message,
                "write `learn`, `off`, or a share of the reads such as `5%`",
            );
            None
        }
    }
}

/// A path of any of the two kinds, in its own notation.
fn path<P: FromStr<Err = JsonPathError>>(node: &Node, findings: &mut Findings) -> Option<P> {
    let Some(text) = node.text() else {
        findings.add(
            node.place,
            format!("a path is a text such as `$.items[*].id`, not {}", node.kind()),
        );
        return None;
    };
    text.parse()
        .map_err(|error: JsonPathError| {
            findings.add(
                node.place_inside(error.offset),
                format!("the path `{text}`: {}", error.message),
            );
        })
        .ok()
}
