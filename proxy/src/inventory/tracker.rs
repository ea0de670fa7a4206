//! The tracker: every route with what a migration plan needs to know, as Markdown, CSV and JSON, and a table by area.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use flags::RouteKey;
use serde::Serialize;

use super::model::{Inventory, Kind, MethodEntry, Route};
use super::rules::Rules;
use super::{flag_text, model};
use crate::store::{Store, StoreError};

/// One row.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// `METHOD pattern`.
    pub route: String,
    /// The file.
    pub file: String,
    /// The area.
    pub area: String,
    /// The phase.
    pub phase: Option<u8>,
    /// Who owns the area.
    pub owner: String,
    /// `yes`, `no` or `undecided`.
    pub mutates: &'static str,
    /// Categories of what it depends on.
    pub dependencies: BTreeSet<String>,
    /// Whether this binary has a native handler.
    pub native: bool,
    /// The stage in the flag file; `legacy` when none names it.
    pub stage: String,
    /// What speaks for or against native, from the handlers and the store; `unknown` without a store.
    pub readiness: String,
    /// Modules + twice the dependencies + three for a write: a number to sort by, not an estimate of days.
    pub complexity: usize,
    /// How many places call it.
    pub call_sites: usize,
}

/// What is known about the routes beside the tree.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The text of the flag file; empty when there is none.
    pub flags_text: &'a str,
    /// The handlers of the binary.
    pub native: &'a BTreeSet<RouteKey>,
    /// What comparisons found, by route; `None` when there is no store.
    pub evidence: Option<&'a BTreeMap<String, Evidence>>,
}

/// What comparisons of one route found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Equal answers.
    pub matched: u64,
    /// Different answers.
    pub mismatched: u64,
}

impl Evidence {
    /// The evidence of every route in the store.
    ///
    /// # Errors
    /// When the store's database refuses.
    pub async fn load(store: &Store) -> Result<BTreeMap<String, Self>, StoreError> {
        let mut all: BTreeMap<String, Self> = BTreeMap::new();
        for counted in store.counts(0).await? {
            let evidence = all.entry(counted.route).or_default();
            let n = u64::try_from(counted.n).unwrap_or(0);
            match counted.outcome.as_str() {
                "match" => evidence.matched += n,
                "mismatch" => evidence.mismatched += n,
                _ => {}
            }
        }
        Ok(all)
    }
}

/// The rows of all routes.
#[must_use]
pub fn rows(inventory: &Inventory, rules: &Rules, known: Known<'_>) -> Vec<Row> {
    let Known { flags_text, native, .. } = known;
    let groups = flag_text::group_stages(flags_text);
    let entries = flag_text::read(flags_text).entries;
    let stages: BTreeMap<&str, String> = entries
        .iter()
        .filter_map(|entry| {
            Some((
                entry.route.as_str(),
                entry
                    .stage
                    .clone()
                    .or_else(|| groups.get(entry.group.as_ref()?).cloned())?,
            ))
        })
        .collect();
    let native: BTreeSet<String> = native.iter().map(ToString::to_string).collect();
    let routes = inventory
        .apps
        .iter()
        .flat_map(|app| &app.routes)
        .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi));
    let mut rows: Vec<Row> = routes
        .flat_map(|route| route.methods.iter().map(move |method| (route, method)))
        .map(|(route, method)| row(route, method, rules, &stages, &native))
        .collect();
    for row in &mut rows {
        row.readiness = readiness(row, known.evidence);
    }
    rows.sort_by(|a, b| {
        (a.phase.unwrap_or(u8::MAX), &a.area, &a.route).cmp(&(b.phase.unwrap_or(u8::MAX), &b.area, &b.route))
    });
    rows
}

fn row(
    route: &Route,
    method: &MethodEntry,
    rules: &Rules,
    stages: &BTreeMap<&str, String>,
    native: &BTreeSet<String>,
) -> Row {
    let name = format!("{} {}", method.name, route.pattern);
    let writes = usize::from(method.mutates != model::Mutates::No);
    Row {
        file: route.file.clone(),
        area: route.area.clone(),
        phase: route.phase,
        owner: rules.owners.get(&route.area).cloned().unwrap_or_default(),
        mutates: method.mutates.word(),
        dependencies: method.dependencies.clone(),
        native: native.contains(&name),
        stage: stages
            .get(name.as_str())
            .cloned()
            .unwrap_or_else(|| "legacy".to_owned()),
        readiness: String::new(),
        complexity: method.modules.len() + 2 * method.dependencies.len() + 3 * writes,
        call_sites: route
            .call_sites
            .iter()
            .filter(|site| site.method == method.name)
            .count(),
        route: name,
    }
}

fn readiness(row: &Row, evidence: Option<&BTreeMap<String, Evidence>>) -> String {
    if !row.native {
        return "no handler".to_owned();
    }
    let Some(all) = evidence else {
        return "unknown".to_owned();
    };
    match all.get(&row.route).copied().unwrap_or_default() {
        Evidence {
            matched: 0,
            mismatched: 0,
        } => "not compared".to_owned(),
        Evidence { matched, mismatched: 0 } => format!("{matched} equal"),
        Evidence { matched, mismatched } => format!("{mismatched} of {} differ", matched + mismatched),
    }
}

const COLUMNS: [&str; 12] = [
    "route",
    "area",
    "phase",
    "owner",
    "mutates",
    "dependencies",
    "native",
    "stage",
    "readiness",
    "complexity",
    "call sites",
    "file",
];

fn cells(row: &Row) -> [String; 12] {
    let dependencies: Vec<&str> = row.dependencies.iter().map(String::as_str).collect();
    [
        row.route.clone(),
        row.area.clone(),
        row.phase.map(|phase| phase.to_string()).unwrap_or_default(),
        row.owner.clone(),
        row.mutates.to_owned(),
        dependencies.join(" "),
        if row.native { "yes" } else { "no" }.to_owned(),
        row.stage.clone(),
        row.readiness.clone(),
        row.complexity.to_string(),
        row.call_sites.to_string(),
        row.file.clone(),
    ]
}

/// The summary by area, then every route, then the environment and what could not be decided.
#[must_use]
pub fn markdown(inventory: &Inventory, rows: &[Row]) -> String {
    let mut text = "# Migration tracker\n\n".to_owned();
    text.push_str(&summary(rows));
    text.push_str("\n## Routes\n\n");
    table(&mut text, &COLUMNS, rows.iter().map(|row| cells(row).to_vec()));
    text.push_str("\n## Environment\n\n");
    let environment = inventory.environment.iter().map(|(name, places)| {
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        vec![format!("`{name}`"), places.join(", ")]
    });
    table(&mut text, &["variable", "read at"], environment);
    if !inventory.notes.is_empty() {
        text.push_str("\n## Not decided\n\n");
        for note in &inventory.notes {
            let _ = writeln!(text, "- {}: {}", note.place, note.message);
        }
    }
    text
}

/// The table by area.
#[must_use]
pub fn summary(rows: &[Row]) -> String {
    let mut areas: BTreeMap<(u8, &str), [usize; 4]> = BTreeMap::new();
    for row in rows {
        let counts = areas.entry((row.phase.unwrap_or(u8::MAX), &row.area)).or_default();
        let facts = [true, row.mutates != "no", row.native, row.stage != "legacy"];
        for (count, fact) in counts.iter_mut().zip(facts) {
            *count += usize::from(fact);
        }
    }
    let lines = areas.into_iter().map(|((phase, area), counts)| {
        let phase = if phase == u8::MAX {
            String::new()
        } else {
            phase.to_string()
        };
        [
            vec![area.to_owned(), phase],
            counts.iter().map(ToString::to_string).collect(),
        ]
        .concat()
    });
    let mut text = String::new();
    table(
        &mut text,
        &["area", "phase", "routes", "mutate", "native handler", "left legacy"],
        lines,
    );
    text
}

fn table(text: &mut String, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(text, "| {} |\n|{}", columns.join(" | "), " --- |".repeat(columns.len()));
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| cell.replace('|', "\\|").replace('\n', " "))
            .collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe.
#[must_use]
pub fn csv(rows: &[Row]) -> String {
    let mut text = format!("{}\r\n", COLUMNS.join(","));
    for row in rows {
        let cells: Vec<String> = cells(row).iter().map(|cell| quoted(cell)).collect();
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text
}

fn quoted(cell: &str) -> String {
    // Some programs skip spaces, and some take the wide forms for the narrow ones.
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let cell = if cell.starts_with(formula) || cell.trim_start().starts_with(formula) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

/// The rows as a JSON document.
///
/// # Errors
/// Never in practice: a row has nothing that JSON cannot say.
pub fn json(rows: &[Row]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(rows)
}
