//! The flag file of a tree: made new with every route at `legacy`, or brought up to date without touching what people wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use flags::RouteKey;

use super::flag_text;
use super::model::{Inventory, Kind, Route};

/// A route of the tree that a flag can name.
#[derive(Debug, Clone)]
pub struct Flagged<'i> {
    /// The method and pattern.
    pub key: RouteKey,
    /// The file behind it.
    pub route: &'i Route,
}

/// Every method of every route handler that a flag can name, in the order of Next.js. HEAD follows GET and has no flag.
#[must_use]
pub fn flagged(inventory: &Inventory) -> Vec<Flagged<'_>> {
    let routes = inventory
        .apps
        .iter()
        .flat_map(|app| &app.routes)
        .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi));
    let keys = routes.flat_map(|route| {
        route.methods.iter().filter_map(move |method| {
            Some(Flagged {
                key: RouteKey::parse(&method.name, &route.pattern).ok()?,
                route,
            })
        })
    });
    let mut unique: BTreeMap<String, Flagged<'_>> = BTreeMap::new();
    for flagged in keys {
        unique.entry(flagged.key.to_string()).or_insert(flagged);
    }
    let mut all: Vec<Flagged<'_>> = unique.into_values().collect();
    all.sort_by(|a, b| {
        let order = |flagged: &Flagged<'_>| (flagged.route.phase.unwrap_or(u8::MAX), flagged.route.area.clone());
        order(a).cmp(&order(b)).then_with(|| a.key.cmp(&b.key))
    });
    all
}

/// A new flag file: every route at `legacy`, under a heading for each phase and area.
#[must_use]
pub fn generate(inventory: &Inventory) -> String {
    let mut text = "version: 1\nroutes:\n".to_owned();
    let all = flagged(inventory);
    if all.is_empty() {
        return "version: 1\nroutes: []\n".to_owned();
    }
    let mut heading = String::new();
    for flagged in &all {
        let title = title(flagged.route);
        if title != heading {
            let _ = writeln!(text, "  # {title}");
            heading = title;
        }
        text.push_str(&entry(flagged, 2));
    }
    text
}

/// The text with new routes added at the end of their list and entries of vanished routes taken away when their stage is
/// still `legacy`; everything else, comments included, stays byte for byte. An entry that moved on is left for a person.
#[must_use]
pub fn update(text: &str, inventory: &Inventory) -> String {
    let flags = flag_text::read(text);
    let all = flagged(inventory);
    let Some(end) = flags.list_end else {
        return generate(inventory);
    };
    if flags.entries.is_empty()
        && text
            .lines()
            .any(|line| line.starts_with("routes:") && line.contains('['))
    {
        let kept: String = text
            .lines()
            .filter(|line| !line.starts_with("routes:"))
            .map(|line| format!("{line}\n"))
            .collect();
        let list = generate(inventory);
        return format!("{kept}{}", list.strip_prefix("version: 1\n").unwrap_or(&list));
    }
    let known: BTreeSet<&str> = flags.entries.iter().map(|entry| entry.route.as_str()).collect();
    let present: BTreeSet<String> = all.iter().map(|flagged| flagged.key.to_string()).collect();
    let groups = flag_text::group_stages(text);
    let gone = flags.entries.iter().filter(|entry| {
        let stage = entry.stage.as_ref().or_else(|| groups.get(entry.group.as_ref()?));
        !entry.waived && !present.contains(&entry.route) && stage.is_none_or(|stage| stage == "legacy")
    });
    let removed: BTreeSet<usize> = gone.flat_map(|entry| entry.first..entry.end).collect();
    let added: String = all
        .iter()
        .filter(|flagged| !known.contains(flagged.key.to_string().as_str()))
        .map(|new| entry(new, flags.indent))
        .collect();
    let mut result = String::with_capacity(text.len() + added.len());
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if at == end {
            result.push_str(&added);
        }
        if !removed.contains(&at) {
            result.push_str(line);
        }
    }
    if text.lines().count() <= end {
        if !result.ends_with('\n') {
            result.push('\n');
        }
        result.push_str(&added);
    }
    result
}

fn entry(flagged: &Flagged<'_>, indent: usize) -> String {
    let space = " ".repeat(indent);
    let mut text = format!("{space}- route: {}\n{space}  stage: legacy\n", flagged.key);
    if let Some(phase) = flagged.route.phase {
        let _ = writeln!(text, "{space}  phase: {phase}");
    }
    text
}

fn title(route: &Route) -> String {
    route
        .phase
        .map_or_else(|| route.area.clone(), |phase| format!("{} (phase {phase})", route.area))
}
