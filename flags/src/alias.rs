//! Other paths under which a route is asked for: what front-ends with an old base URL still send.

use crate::pattern::{Pattern, Segment};

/// The path of a route for a canonical path that fits one of its aliases: what the alias's parameters caught stands where the
/// route has them. `None` when the path does not fit, which a path that the trie found does not do.
pub(crate) fn path_behind(alias: &Pattern, route: &Pattern, path: &str) -> Option<String> {
    let mut rest = path.strip_prefix('/');
    let mut caught: Vec<(&str, Option<&str>)> = Vec::new();
    for segment in alias.segments() {
        match segment {
            Segment::Static(_) => rest = split(rest?).1,
            Segment::Dynamic(name) => {
                let (value, after) = split(rest?);
                caught.push((name, Some(value)));
                rest = after;
            }
            Segment::CatchAll(name) | Segment::OptionalCatchAll(name) => {
                caught.push((name, rest.filter(|rest| !rest.is_empty())));
                rest = None;
            }
        }
    }
    let mut behind = String::new();
    for segment in route.segments() {
        let Some(name) = segment.parameter() else {
            behind.push('/');
            encode(&segment.to_string(), &mut behind);
            continue;
        };
        let (_, value) = caught.iter().find(|(known, _)| *known == name)?;
        if let Some(value) = value {
            behind.push('/');
            behind.push_str(value);
        }
    }
    Some(if behind.is_empty() { "/".to_owned() } else { behind })
}

/// Whether both have the same parameters, each of the same kind, so that one path can be made from the other.
pub(crate) fn same_parameters(one: &Pattern, other: &Pattern) -> bool {
    let parameters = |pattern: &Pattern| {
        let mut found: Vec<Segment> = pattern
            .segments()
            .iter()
            .filter(|segment| segment.parameter().is_some())
            .cloned()
            .collect();
        found.sort();
        found
    };
    parameters(one) == parameters(other)
}

fn split(rest: &str) -> (&str, Option<&str>) {
    match rest.split_once('/') {
        Some((segment, after)) => (segment, Some(after)),
        None => (rest, None),
    }
}

/// A pattern is written decoded, and a path is not (RFC 3986, section 3.3).
fn encode(text: &str, path: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_alias_catches_stands_where_the_route_has_it() {
        for (alias, route, path, behind) in [
            (
                "/api/v1/tickets",
                "/api/crm/tickets",
                "/api/v1/tickets",
                "/api/crm/tickets",
            ),
            (
                "/v1/[id]/of/[tenant]",
                "/t/[tenant]/[id]",
                "/v1/a%20b/of/acme",
                "/t/acme/a%20b",
            ),
            (
                "/v1/[...rest]",
                "/api/files/[...rest]",
                "/v1/a/b%2Fc/d",
                "/api/files/a/b%2Fc/d",
            ),
            ("/v1/[[...rest]]", "/api/docs/[[...rest]]", "/v1", "/api/docs"),
            ("/v1/cafe", "/api/café", "/v1/cafe", "/api/caf%C3%A9"),
            ("/old", "/", "/old", "/"),
        ] {
            let (alias, route): (Pattern, Pattern) = (alias.parse().unwrap(), route.parse().unwrap());
            assert!(same_parameters(&alias, &route));
            assert_eq!(path_behind(&alias, &route, path).as_deref(), Some(behind), "{alias}");
        }
    }

    #[test]
    fn parameters_agree_by_name_and_kind() {
        let same = |one: &str, other: &str| same_parameters(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("/a/[x]/[y]", "/[y]/b/[x]"));
        assert!(!same("/a/[x]", "/a/[y]"));
        assert!(!same("/a/[...x]", "/a/[x]"));
        assert!(!same("/a/[x]", "/a"));
    }
}
