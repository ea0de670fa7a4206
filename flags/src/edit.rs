//! Changing one route or group in the text of a flag file, and nothing else: comments, order and spelling stay.

use std::fmt;

use crate::findings::{Findings, Place};
use crate::route_key::RouteKey;
use crate::share::Share;
use crate::stage::Stage;
use crate::yaml::{self, Entry, Node, Value};

/// What is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditTarget {
    /// A route that stands for itself.
    Route(RouteKey),
    /// A group, and with it all of its members.
    Group(String),
}

/// What it is changed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The stage.
    pub stage: Stage,
    /// The share of the canary; none leaves it as it stands.
    pub share: Option<Share>,
}

/// Why a text cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is no flag file; the check of it says more.
    #[error("the flag file cannot be read; `ficus check` says why")]
    Unreadable,
    /// The route flips with a group.
    #[error("{route} is in the group `{group}`, whose members flip together; change the group")]
    InGroup {
        /// The route.
        route: RouteKey,
        /// Its group.
        group: String,
    },
    /// There is no such group.
    #[error("the flag file has no group `{0}`")]
    NoGroup(String),
    /// The place is written in a way that cannot be changed without guessing.
    #[error("line {line}: {what}; change it by hand")]
    ByHand {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        what: &'static str,
    },
}

/// The text with `target` changed. A route that it does not name is added at the end of its list.
///
/// The result is to be compiled before it is used: whether a canary has someone to go to, for instance, is not looked at here.
///
/// # Errors
/// When the place cannot be found or changed safely.
pub fn edit(text: &str, target: &EditTarget, change: &Change) -> Result<String, EditError> {
    let root = read(text)?;
    let Value::Map(entries) = &root.value else {
        return Err(EditError::Unreadable);
    };
    match target {
        EditTarget::Group(name) => {
            let group = find(entries, "groups").and_then(|groups| match &groups.value {
                Value::Map(groups) => find(groups, name),
                _ => None,
            });
            let group = group.ok_or_else(|| EditError::NoGroup(name.clone()))?;
            apply(text, target, group, change)
        }
        EditTarget::Route(key) => match route_of(entries, key) {
            None => Ok(add_route(text, entries, key, change)),
            Some(route) => match group_of(route) {
                Some(group) => Err(EditError::InGroup {
                    route: key.clone(),
                    group: group.to_owned(),
                }),
                None => apply(text, target, route, change),
            },
        },
    }
}

fn read(text: &str) -> Result<Node, EditError> {
    let mut findings = Findings::default();
    yaml::parse(text, &mut findings)
        .filter(|_| findings.is_empty())
        .ok_or(EditError::Unreadable)
}

fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Node> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn route_of<'a>(entries: &'a [Entry], key: &RouteKey) -> Option<&'a Node> {
    let Value::List(routes) = &find(entries, "routes")?.value else {
        return None;
    };
    routes.iter().find(|route| {
        let Value::Map(entries) = &route.value else {
            return false;
        };
        let written = find(entries, "route").and_then(Node::text);
        written.and_then(|written| written.parse::<RouteKey>().ok()).as_ref() == Some(key)
    })
}

fn group_of(route: &Node) -> Option<&str> {
    match &route.value {
        Value::Map(entries) => find(entries, "group").and_then(Node::text),
        _ => None,
    }
}

/// Sets the stage, then the share: the second finds its place anew, because the first has moved it.
fn apply(text: &str, target: &EditTarget, part: &Node, change: &Change) -> Result<String, EditError> {
    let staged = set(text, part, &["stage"], change.stage.as_str())?;
    let Some(share) = change.share else {
        return Ok(staged);
    };
    let root = read(&staged)?;
    let Value::Map(entries) = &root.value else {
        return Err(EditError::Unreadable);
    };
    let part = match target {
        EditTarget::Route(key) => route_of(entries, key),
        EditTarget::Group(name) => find(entries, "groups").and_then(|groups| match &groups.value {
            Value::Map(groups) => find(groups, name),
            _ => None,
        }),
    };
    set(
        &staged,
        part.ok_or(EditError::Unreadable)?,
        &["canary", "share"],
        &share.to_string(),
    )
}

/// Sets the value at `path` below a mapping.
fn set(text: &str, part: &Node, path: &[&str], value: &str) -> Result<String, EditError> {
    let by_hand = |what| EditError::ByHand {
        line: part.place.line,
        what,
    };
    let (Value::Map(entries), [key, deeper @ ..]) = (&part.value, path) else {
        return Err(by_hand("this is no mapping"));
    };
    match (find(entries, key), deeper) {
        (Some(node), []) => replace(text, node, value),
        (Some(node), _) => set(text, node, deeper, value),
        (None, _) => {
            let last = entries.last().ok_or_else(|| by_hand("this mapping is empty"))?;
            let line = match deeper {
                [] => format!("{key}: {value}"),
                [inner, ..] => format!("{key}: {{ {inner}: {value} }}"),
            };
            insert(text, part, last, &line)
        }
    }
}

/// Puts another scalar in the place of this one.
fn replace(text: &str, node: &Node, value: &str) -> Result<String, EditError> {
    let by_hand = |what| EditError::ByHand {
        line: node.place.line,
        what,
    };
    let start = offset(text, node.place).ok_or(EditError::Unreadable)?;
    let rest = text.get(start..).unwrap_or_default();
    let length = match (&node.value, rest.chars().next()) {
        (Value::Scalar { .. }, Some(quote @ ('"' | '\''))) => {
            let inside = rest.get(1..).unwrap_or_default();
            inside
                .find(quote)
                .map(|end| end + 2)
                .ok_or_else(|| by_hand("a quote is not closed on its line"))?
        }
        (Value::Scalar { text, plain: true }, _) if rest.starts_with(text.as_str()) && !text.is_empty() => text.len(),
        _ => return Err(by_hand("there is no plain value here")),
    };
    Ok(spliced(text, start, length, value))
}

/// Adds a key behind the last one of a mapping, in the style that the mapping is written in.
fn insert(text: &str, part: &Node, last: &Entry, line: &str) -> Result<String, EditError> {
    let start = offset(text, part.place).ok_or(EditError::Unreadable)?;
    if text.get(start..).is_some_and(|rest| rest.starts_with('{')) {
        // Before the first key: where that begins is known, where the last one ends would have to be found.
        let first = offset(text, part.place).map_or(start, |open| open + 1);
        return Ok(spliced(text, first, 0, &format!(" {line},")));
    }
    let indent = " ".repeat(part.place.column - 1);
    Ok(after_line(text, last_line(&last.value), &format!("{indent}{line}\n")))
}

fn add_route(text: &str, entries: &[Entry], key: &RouteKey, change: &Change) -> String {
    let canary = change.share.map(|share| format!("canary: {{ share: {share} }}"));
    let item = |indent: &str| {
        let mut item = format!("{indent}- route: {key}\n{indent}  stage: {}\n", change.stage);
        if let Some(canary) = &canary {
            item.push_str(&format!("{indent}  {canary}\n"));
        }
        item
    };
    let Some(routes) = entries.iter().find(|entry| entry.key == "routes") else {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{newline}routes:\n{}", item("  "));
    };
    let start = offset(text, routes.value.place).unwrap_or(text.len());
    let flow = text.get(start..).is_some_and(|rest| rest.starts_with('['));
    match &routes.value.value {
        Value::List(items) if flow => {
            let comma = if items.is_empty() { "" } else { ", " };
            let canary = canary.map(|canary| format!(", {canary}")).unwrap_or_default();
            let entry = format!("{{ route: \"{key}\", stage: {}{canary} }}{comma}", change.stage);
            spliced(text, start + 1, 0, &entry)
        }
        Value::List(items) => {
            let indent = " ".repeat(routes.value.place.column - 1);
            let end = items.last().map_or(routes.value.place.line, last_line);
            after_line(text, end, &item(&indent))
        }
        // `routes:` with nothing behind it.
        _ => after_line(text, routes.key_place.line, &item("  ")),
    }
}

/// The last line that something of a value stands on.
fn last_line(node: &Node) -> usize {
    let inner = match &node.value {
        Value::Scalar { text, .. } => node.place.line + text.trim_end_matches('\n').matches('\n').count(),
        Value::List(items) => items.iter().map(last_line).max().unwrap_or(0),
        Value::Map(entries) => entries.iter().map(|entry| last_line(&entry.value)).max().unwrap_or(0),
    };
    inner.max(node.place.line)
}

/// The text with `added` behind a line, counted from 1.
fn after_line(text: &str, line: usize, added: &str) -> String {
    let mut result = String::with_capacity(text.len() + added.len() + 1);
    for (index, existing) in text.split_inclusive('\n').enumerate() {
        result.push_str(existing);
        if index + 1 == line {
            if !existing.ends_with('\n') {
                result.push('\n');
            }
            result.push_str(added);
        }
    }
    result
}

fn spliced(text: &str, start: usize, length: usize, with: &str) -> String {
    let (before, after) = (text.get(..start), text.get(start + length..));
    format!("{}{with}{}", before.unwrap_or_default(), after.unwrap_or_default())
}

/// Where a place is in the text, in bytes.
fn offset(text: &str, place: Place) -> Option<usize> {
    let text = text
        .strip_prefix('\u{feff}')
        .map_or((text, 0), |rest| (rest, text.len() - rest.len()));
    let (text, mark) = text;
    let before: usize = text.split_inclusive('\n').take(place.line - 1).map(str::len).sum();
    let line = text.get(before..)?.split_inclusive('\n').next().unwrap_or_default();
    let inside = line
        .char_indices()
        .nth(place.column - 1)
        .map_or(line.len(), |(at, _)| at);
    Some(mark + before + inside)
}

impl fmt::Display for EditTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(key) => key.fmt(formatter),
            Self::Group(name) => formatter.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests;
