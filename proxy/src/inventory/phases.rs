//! The parts of the phase documents that nobody writes by hand: the routes of a phase, and the flags that move them.
//!
//! A document has them between two comment lines, `<!-- routes: made … -->` and `<!-- routes: end -->` (or `flags`, or
//! `summary`); everything around them belongs to people and stays as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flags::RouteKey;

use super::model::Inventory;
use super::rules::Rules;
use super::tracker::{self, Known, Row};

/// The phases of the plan.
pub const PHASES: std::ops::RangeInclusive<u8> = 0..=9;

/// One line of a phase's table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    area: String,
    route: String,
    /// `read`, `write` or `stream` when this binary has a handler.
    handler: Option<String>,
    stage: String,
    mutates: &'static str,
    dependencies: String,
}

/// What the documents are made from.
#[derive(Debug)]
pub struct Phases {
    lines: BTreeMap<u8, Vec<Line>>,
    summary: String,
}

/// A document that lacks the place for a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no place for the {part}: it needs a line `{begin}` and after it a line `{end}`")]
pub struct NoPlace {
    part: &'static str,
    begin: String,
    end: String,
}

impl Phases {
    /// Sorts the routes of the tree, and the handlers that have no route in it, into phases. `handlers` says of each what it
    /// does: `read`, `write` or `stream`.
    #[must_use]
    pub fn new(inventory: &Inventory, rules: &Rules, flags_text: &str, handlers: &BTreeMap<RouteKey, String>) -> Self {
        let keys = handlers.keys().cloned().collect();
        let rows = tracker::rows(
            inventory,
            rules,
            Known {
                flags_text,
                native: &keys,
                evidence: None,
            },
        );
        let by_name: BTreeMap<String, &String> = handlers.iter().map(|(key, kind)| (key.to_string(), kind)).collect();
        let mut lines = BTreeMap::<u8, Vec<Line>>::new();
        for row in &rows {
            if let Some(phase) = row.phase {
                let handler = by_name.get(&row.route).map(|kind| (*kind).clone());
                lines.entry(phase).or_default().push(Line::of(row, handler));
            }
        }
        for (key, kind) in handlers {
            let (area, phase) = rules.area(&key.pattern.to_string());
            let route = key.to_string();
            let Some(phase) = phase.filter(|_| rows.iter().all(|row| row.route != route)) else {
                continue;
            };
            lines
                .entry(phase)
                .or_default()
                .push(Line::native_only(area, route, kind));
        }
        for lines in lines.values_mut() {
            lines.sort_by(|a, b| (&a.area, &a.route).cmp(&(&b.area, &b.route)));
        }
        Self {
            lines,
            summary: tracker::summary(&rows),
        }
    }

    /// The document of a phase with its parts made new.
    ///
    /// # Errors
    /// When it lacks the place for one.
    pub fn document(&self, phase: u8, text: &str) -> Result<String, NoPlace> {
        let lines = self.lines.get(&phase).map(Vec::as_slice).unwrap_or_default();
        let text = replace(text, "routes", &routes(lines))?;
        // A phase that routes nothing has no such part.
        if lines.is_empty() {
            Ok(text)
        } else {
            replace(&text, "flags", &flags(phase, lines))
        }
    }

    /// The list of the documents with the table of areas made new.
    ///
    /// # Errors
    /// When it lacks the place for it.
    pub fn overview(&self, text: &str) -> Result<String, NoPlace> {
        replace(text, "summary", &self.summary)
    }
}

impl Line {
    fn of(row: &Row, handler: Option<String>) -> Self {
        Self {
            area: row.area.clone(),
            route: row.route.clone(),
            handler,
            stage: row.stage.clone(),
            mutates: row.mutates,
            dependencies: row.dependencies.iter().cloned().collect::<Vec<_>>().join(" "),
        }
    }

    fn native_only(area: String, route: String, kind: &str) -> Self {
        Self {
            area,
            route,
            handler: Some(kind.to_owned()),
            stage: "not in legacy".to_owned(),
            mutates: if kind == "read" { "no" } else { "yes" },
            dependencies: String::new(),
        }
    }
}

fn routes(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "No route belongs to this phase.\n".to_owned();
    }
    let with = lines.iter().filter(|line| line.handler.is_some()).count();
    let mut text = format!(
        "{} routes, {with} with a native handler.\n\n| route | area | mutates | uses | native handler | stage |\n|{}\n",
        lines.len(),
        " --- |".repeat(6)
    );
    for line in lines {
        let handler = line.handler.as_deref().unwrap_or("–");
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {handler} | {} |",
            line.route, line.area, line.mutates, line.dependencies, line.stage
        );
    }
    text
}

/// A flag file that names every route of the phase that can move, in one group for each area.
fn flags(phase: u8, lines: &[Line]) -> String {
    let movable: Vec<&Line> = lines.iter().filter(|line| line.handler.is_some()).collect();
    if movable.is_empty() {
        return "None yet.\n".to_owned();
    }
    let mut areas: Vec<&str> = movable.iter().map(|line| line.area.as_str()).collect();
    areas.dedup();
    let mut text = "```yaml\nversion: 1\ngroups:\n".to_owned();
    for area in areas {
        let _ = writeln!(text, "  {area}: {{ stage: shadow, sample: 25%, phase: {phase} }}");
    }
    text.push_str("routes:\n");
    for line in movable {
        let _ = writeln!(text, "  - route: {}\n    group: {}", line.route, line.area);
    }
    text.push_str("```\n");
    text
}

fn replace(text: &str, part: &'static str, made: &str) -> Result<String, NoPlace> {
    let begin = format!("<!-- {part}: made by `ficus inventory --phase-docs`, do not edit -->");
    let end = format!("<!-- {part}: end -->");
    let place = text.find(&begin).and_then(|at| {
        let inside = at + begin.len();
        Some((inside, inside + text[inside..].find(&end)?))
    });
    match place {
        Some((from, to)) => Ok(format!("{}\n{made}{}", &text[..from], &text[to..])),
        None => Err(NoPlace { part, begin, end }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(route: &str, handler: Option<&str>) -> Line {
        Line {
            area: "crm".to_owned(),
            route: route.to_owned(),
            handler: handler.map(str::to_owned),
            stage: "legacy".to_owned(),
            mutates: "no",
            dependencies: "database".to_owned(),
        }
    }

    fn phases(lines: Vec<Line>) -> Phases {
        Phases {
            lines: BTreeMap::from([(7, lines)]),
            summary: String::new(),
        }
    }

    const ROUTES_ONLY: &str = "# Seven\nby hand\n<!-- routes: made by `ficus inventory --phase-docs`, do not edit -->\nold\n<!-- routes: end -->\nmore\n";
    const FLAGS: &str =
        "<!-- flags: made by `ficus inventory --phase-docs`, do not edit -->\nolder\n<!-- flags: end -->\nthe end\n";

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let phases = phases(vec![line("GET /api/crm/a", None)]);
        let made = phases.document(7, &format!("{ROUTES_ONLY}{FLAGS}")).unwrap();
        assert!(made.starts_with("# Seven\nby hand\n<!-- routes: made"), "{made}");
        assert!(made.contains("<!-- routes: end -->\nmore\n<!-- flags: made"), "{made}");
        assert!(
            made.contains("| `GET /api/crm/a` | crm | no | database | – | legacy |"),
            "{made}"
        );
        assert!(made.ends_with("None yet.\n<!-- flags: end -->\nthe end\n"), "{made}");
        assert!(!made.contains("old"), "{made}");
        assert_eq!(
            phases.document(7, &made),
            Ok(made.clone()),
            "making it again changes nothing"
        );
        assert!(
            phases
                .document(3, ROUTES_ONLY)
                .unwrap()
                .contains("No route belongs to this phase.")
        );
    }

    #[test]
    fn a_document_without_the_place_is_refused_with_what_it_needs() {
        let error = phases(vec![line("GET /api/crm/a", Some("read"))])
            .document(7, ROUTES_ONLY)
            .unwrap_err();
        assert!(error.to_string().contains("<!-- flags: end -->"), "{error}");
    }

    #[test]
    fn the_flags_are_a_flag_file_that_ficus_takes() {
        let text = flags(
            7,
            &[line("GET /api/crm/a", Some("read")), line("POST /api/crm/b", None)],
        );
        let yaml = text.trim_start_matches("```yaml\n").trim_end_matches("```\n");
        let known = [RouteKey::parse("GET", "/api/crm/a").unwrap()].into_iter().collect();
        let snapshot = ::flags::compile(yaml, &known).unwrap();
        assert_eq!(snapshot.plans().len(), 1);
    }
}
