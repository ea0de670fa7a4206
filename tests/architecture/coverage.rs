//! Which endpoints the contract tests call, read from their source: `agent.get("/api/crm/tickets?status=open")` calls
//! `GET /api/crm/tickets`, and `.post(&format!("/api/crm/tickets/{id}/close"))` calls `POST /api/crm/tickets/[ticketId]/close`.

use super::tree::Source;

/// The methods under which a client of the harness can be asked, as they stand in the code.
const METHODS: [(&str, &str); 7] = [
    ("get", "GET"),
    ("head", "HEAD"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
];
/// How far before a path its method may stand: the call and a `format!` around the path.
const REACH: usize = 120;

/// Every call that the tests make, in the order of the files.
pub(crate) struct Calls(Vec<Call>);

struct Call {
    method: &'static str,
    segments: Vec<String>,
}

impl Calls {
    pub(crate) fn of<'t>(sources: impl Iterator<Item = &'t Source>) -> Self {
        let sources: Vec<&Source> = sources.collect();
        let resolved = sources.iter().map(|source| {
            let visible = sources.iter().filter(|other| sees(source, other));
            visible
                .flat_map(|other| constants(&other.text))
                .fold(source.text.clone(), |text, (name, path)| put_in(&text, name, path))
        });
        Self(resolved.flat_map(|text| calls_in(&text)).collect())
    }

    /// Whether some test calls `method` on a path that `pattern` (Next.js notation) matches.
    pub(crate) fn reach(&self, method: &str, pattern: &str) -> bool {
        let pattern: Vec<&str> = segments(pattern).collect();
        self.0
            .iter()
            .any(|call| call.method == method && matches(&pattern, &call.segments))
    }
}

/// A module sees its own constants and, by `use super::`, those of the modules above it.
fn sees(source: &Source, other: &Source) -> bool {
    let folder = other.path.trim_end_matches(".rs");
    source.path == other.path || source.path.starts_with(&format!("{folder}/"))
}

/// `const PATH: &str = "/api/crm/tickets";` gives `PATH` and the path.
fn constants(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.split_once("const ")?.1.split_once(": &str = \"")?;
        let path = value.strip_suffix("\";")?;
        path.starts_with("/api").then_some((name, path))
    })
}

/// The text with the constant written out, in strings (`{PATH}`) and as an argument (`PATH`).
fn put_in(text: &str, name: &str, path: &str) -> String {
    let text = text.replace(&format!("{{{name}}}"), path);
    let literal = format!("\"{path}\"");
    ["(", " ", "&"].iter().fold(text, |text, before| {
        [")", ",", "."].iter().fold(text, |text, after| {
            text.replace(&format!("{before}{name}{after}"), &format!("{before}{literal}{after}"))
        })
    })
}

fn calls_in(text: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for (at, _) in text.match_indices("\"/api") {
        let path = text[at + 1..].split('"').next().unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        if let Some(method) = method_before(&text[..at]) {
            calls.push(Call {
                method,
                segments: segments(path).map(str::to_owned).collect(),
            });
        }
    }
    calls
}

/// The method named last before the path, in the same statement: `.get(`, `Method::GET` or `"GET"`.
fn method_before(before: &str) -> Option<&'static str> {
    let start = before.char_indices().rev().nth(REACH).map_or(0, |(index, _)| index);
    let statement = before[start..].rsplit([';', '}']).next().unwrap_or_default();
    let last = |(lower, upper): &(&'static str, &'static str)| {
        [format!(".{lower}("), format!("Method::{upper}"), format!("\"{upper}\"")]
            .iter()
            .filter_map(|word| statement.rfind(word.as_str()))
            .max()
            .map(|position| (position, *upper))
    };
    METHODS.iter().filter_map(last).max().map(|(_, method)| method)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// A dynamic segment takes any one segment; a catch-all takes the rest (an optional one may take nothing). A static
/// segment takes itself only, so `/tickets/stats` is not proof for `/tickets/[ticketId]`'s sibling.
fn matches(pattern: &[&str], path: &[String]) -> bool {
    match (pattern.first(), path.first()) {
        (None, None) => true,
        (Some(first), _) if first.starts_with("[[...") => true,
        (Some(first), Some(_)) if first.starts_with("[...") => true,
        (Some(first), Some(segment)) => {
            let fits = if first.starts_with('[') { true } else { first == segment };
            fits && matches(&pattern[1..], &path[1..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Calls, Source};

    fn calls(text: &str) -> Calls {
        Calls::of(
            [Source {
                path: "tests/contract/x.rs".to_owned(),
                text: text.to_owned(),
            }]
            .iter(),
        )
    }

    #[test]
    fn a_call_proves_its_method_only() {
        let calls = calls(r#"let r = agent.get("/api/crm/tickets?status=open").await;"#);
        assert!(calls.reach("GET", "/api/crm/tickets"));
        assert!(!calls.reach("POST", "/api/crm/tickets"));
        assert!(!calls.reach("GET", "/api/crm/tickets/[ticketId]"));
    }

    #[test]
    fn a_formatted_path_fills_a_dynamic_segment() {
        let calls = calls(r#"agent.patch(&format!("/api/crm/tickets/{}", ticket.id)).json(&body).await;"#);
        assert!(calls.reach("PATCH", "/api/crm/tickets/[ticketId]"));
        assert!(!calls.reach("PATCH", "/api/crm/tickets"));
    }

    #[test]
    fn a_constant_counts_as_the_path_that_it_names() {
        let calls = calls(
            r#"const PATH: &str = "/api/crm/tickets";
               agent.get(&format!("{PATH}?tenantId={}", acme)).await;
               agent.send(Method::POST, PATH, &body).await;"#,
        );
        assert!(calls.reach("GET", "/api/crm/tickets") && calls.reach("POST", "/api/crm/tickets"));
        assert!(!calls.reach("PATCH", "/api/crm/tickets"));
    }

    #[test]
    fn a_path_without_a_call_proves_nothing() {
        assert!(
            !calls(r#"let r = agent.get("/x").await; let path = "/api/crm/tickets";"#).reach("GET", "/api/crm/tickets")
        );
    }
}
