//! Patterns of Next.js as path templates of OpenAPI.

use crate::kit::pattern::{Segment, segments};

/// A path template with the names of its parameters.
#[derive(Debug, PartialEq)]
pub(super) struct Path {
    pub(super) text: String,
    pub(super) parameters: Vec<Parameter>,
}

/// A parameter of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// It stands for several segments, which OpenAPI cannot say.
    pub(super) catch_all: bool,
}

/// The templates of a pattern: two for an optional catch-all, with and without it.
pub(super) fn of(pattern: &'static str) -> Vec<Path> {
    let mut text = String::new();
    let mut parameters = Vec::new();
    let mut without = None;
    for segment in segments(pattern) {
        let (name, catch_all) = match segment {
            Segment::Static(part) => {
                text.push('/');
                text.push_str(part);
                continue;
            }
            Segment::Dynamic(name) => (name, false),
            Segment::CatchAll(name) => (name, true),
            Segment::OptionalCatchAll(name) => {
                without = Some(Path {
                    text: if text.is_empty() { "/".to_owned() } else { text.clone() },
                    parameters: parameters.clone(),
                });
                (name, true)
            }
        };
        text.push_str("/{");
        text.push_str(name);
        text.push('}');
        parameters.push(Parameter { name, catch_all });
    }
    if text.is_empty() {
        text.push('/');
    }
    without.into_iter().chain([Path { text, parameters }]).collect()
}

/// `GET /api/crm/tickets/{ticketId}` is `getApiCrmTicketsByTicketId`.
pub(super) fn operation_id(method: &http::Method, path: &Path) -> String {
    let mut id = method.as_str().to_ascii_lowercase();
    for segment in path.text.split('/') {
        let segment = match segment.strip_prefix('{') {
            Some(name) => {
                id.push_str("By");
                name
            }
            None => segment,
        };
        for word in segment.split(|character: char| !character.is_ascii_alphanumeric()) {
            let mut letters = word.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.push_str(letters.as_str());
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn texts(pattern: &'static str) -> Vec<String> {
        of(pattern).into_iter().map(|path| path.text).collect()
    }

    #[test]
    fn an_optional_catch_all_is_two_paths() {
        assert_eq!(texts("/api/crm/tickets"), ["/api/crm/tickets"]);
        assert_eq!(texts("/a/[id]/b/[...rest]"), ["/a/{id}/b/{rest}"]);
        assert_eq!(texts("/a/[[...rest]]"), ["/a", "/a/{rest}"]);
        assert_eq!(texts("/[[...rest]]"), ["/", "/{rest}"]);
    }

    #[test]
    fn an_operation_is_named_by_method_and_path() {
        let id = |pattern| operation_id(&Method::GET, &of(pattern)[0]);
        assert_eq!(id("/api/crm/tickets/[ticketId]"), "getApiCrmTicketsByTicketId");
        assert_eq!(id("/api/search-unified"), "getApiSearchUnified");
    }
}
