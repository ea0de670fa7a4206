//! Routes that cannot stand side by side: duplicates, and patterns that Next.js would call ambiguous.
//!
//! The rules are those of Next.js's `getSortedRoutes`: at one position all routes name a parameter alike, a required and an
//! optional catch-all exclude one another, and an optional catch-all excludes the path before it.

use std::collections::HashMap;

use super::routes::Found;
use crate::findings::Findings;
use crate::pattern::{Pattern, Segment};
use crate::route_key::RouteKey;

/// Checks all routes against one another; a problem stands at the later of two.
pub(super) fn check(found: &[Found], findings: &mut Findings) {
    let mut keys: HashMap<&RouteKey, usize> = HashMap::new();
    let mut seen = Seen::default();
    for route in found {
        let key = &route.plan.key;
        if let Some(line) = keys.get(key) {
            let message = format!("the route `{key}` stands here a second time; the first is on line {line}");
            findings.add_with_remedy(route.place, message, "keep one of the two");
            continue;
        }
        keys.insert(key, route.place.line);
        if let Some(message) = seen.conflict(&key.pattern) {
            findings.add_with_remedy(
                route.place,
                message,
                "Next.js would not build both: write the route as the app has it",
            );
        }
        seen.add(&key.pattern, route.place.line);
    }
}

/// What the routes so far have at each position. A position is the path before it, with parameters as `[]`.
#[derive(Debug, Default)]
struct Seen {
    parameters: HashMap<(String, Kind), (String, usize)>,
    ends: HashMap<String, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Dynamic,
    CatchAll,
    OptionalCatchAll,
}

impl Seen {
    /// Why a pattern cannot stand beside those before it.
    fn conflict(&self, pattern: &Pattern) -> Option<String> {
        let positions = positions(pattern);
        let at = |position: &str, kind| self.parameters.get(&(position.to_owned(), kind));
        for (position, kind, name) in positions.parameters {
            if let Some((other, line)) = at(&position, kind).filter(|(other, _)| *other != name) {
                return Some(format!(
                    "the parameter `{name}` is called `{other}` at the same position on line {line}"
                ));
            }
            let rival = match kind {
                Kind::Dynamic => None,
                Kind::CatchAll => at(&position, Kind::OptionalCatchAll),
                Kind::OptionalCatchAll => at(&position, Kind::CatchAll),
            };
            if let Some((_, line)) = rival {
                return Some(format!(
                    "a required and an optional catch-all stand at the same position; the other is on line {line}"
                ));
            }
            if let Some(line) = self.ends.get(&position).filter(|_| kind == Kind::OptionalCatchAll) {
                return Some(format!(
                    "the optional catch-all matches the path of the route on line {line} as well"
                ));
            }
        }
        let (_, line) = at(&positions.end?, Kind::OptionalCatchAll)?;
        Some(format!(
            "the optional catch-all on line {line} matches this path as well"
        ))
    }

    fn add(&mut self, pattern: &Pattern, line: usize) {
        let positions = positions(pattern);
        for (position, kind, name) in positions.parameters {
            self.parameters.entry((position, kind)).or_insert((name, line));
        }
        if let Some(end) = positions.end {
            self.ends.entry(end).or_insert(line);
        }
    }
}

/// The parameters of a pattern with their positions.
struct Positions {
    parameters: Vec<(String, Kind, String)>,
    /// The whole path, unless a catch-all ends it.
    end: Option<String>,
}

fn positions(pattern: &Pattern) -> Positions {
    let mut path = String::new();
    let mut parameters = Vec::new();
    let mut open_end = false;
    for segment in pattern.segments() {
        let kind = match segment {
            Segment::Static(text) => {
                path.push('/');
                path.push_str(text);
                continue;
            }
            Segment::Dynamic(_) => Kind::Dynamic,
            Segment::CatchAll(_) => Kind::CatchAll,
            Segment::OptionalCatchAll(_) => Kind::OptionalCatchAll,
        };
        parameters.push((path.clone(), kind, segment.parameter().unwrap_or_default().to_owned()));
        open_end = kind != Kind::Dynamic;
        path.push_str("/[]");
    }
    Positions {
        parameters,
        end: if open_end { None } else { Some(path) },
    }
}
