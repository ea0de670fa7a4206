//! Path patterns in the notation of Next.js: `/api/tickets/[id]`, `/files/[...path]`, `/docs/[[...slug]]`.
//!
//! The rules are those of Next.js's own route sorting (`getSortedRoutes`): what Next.js refuses to build is refused here, so
//! that a flag cannot name a route that the legacy app could not have. Static segments are case-sensitive and are written
//! decoded (`/api/café`, not `/api/caf%C3%A9`).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The most segments of one pattern.
const MAX_SEGMENTS: usize = 64;
/// The longest segment of a pattern, in bytes. Longer than any file name, and so than any Next.js route.
pub(crate) const MAX_SEGMENT_BYTES: usize = 255;

/// A path pattern. Patterns order as Next.js tries them: static before dynamic before catch-all before optional catch-all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(Vec<Segment>);

/// One segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// This text, decoded, byte for byte.
    Static(String),
    /// `[name]`: exactly one segment, not empty.
    Dynamic(String),
    /// `[...name]`: one segment or more, to the end of the path.
    CatchAll(String),
    /// `[[...name]]`: any number of segments, none included, to the end of the path.
    OptionalCatchAll(String),
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("a path begins with `/`")]
    NoLeadingSlash,
    /// It ends in a slash, or two slashes follow one another.
    #[error("a path has no empty segment and no `/` at its end")]
    EmptySegment,
    /// It has too many segments, or one that is too long.
    #[error("a path has at most {MAX_SEGMENTS} segments of at most {MAX_SEGMENT_BYTES} bytes each")]
    TooLong,
    /// A segment cannot be part of a route.
    #[error("the segment `{segment}` {reason}")]
    Segment {
        /// The segment as it is written.
        segment: String,
        /// What is the matter with it.
        reason: &'static str,
    },
    /// A catch-all segment is not the last one.
    #[error("the catch-all `{0}` must be the last segment")]
    CatchAllNotLast(String),
    /// Two parameters of the pattern have one name, or names that differ by signs only.
    #[error("the parameters `{0}` and `{1}` need names that differ by more than signs")]
    SameParameter(String, String),
}

impl Pattern {
    /// The segments, in order; none for `/`.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether the pattern has no parameter.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.0.iter().all(|segment| matches!(segment, Segment::Static(_)))
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix('/').ok_or(PatternError::NoLeadingSlash)?;
        if path.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let segments = path.split('/').map(Segment::from_str).collect::<Result<Vec<_>, _>>()?;
        if segments.len() > MAX_SEGMENTS {
            return Err(PatternError::TooLong);
        }
        check_catch_all_is_last(&segments)?;
        check_parameters_differ(&segments)?;
        Ok(Self(segments))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("/");
        }
        self.0.iter().try_for_each(|segment| write!(formatter, "/{segment}"))
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Segment {
    /// The name of the parameter; `None` for a static segment.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Static(_) => None,
            Self::Dynamic(name) | Self::CatchAll(name) | Self::OptionalCatchAll(name) => Some(name),
        }
    }
}

impl FromStr for Segment {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(PatternError::EmptySegment);
        }
        if text.len() > MAX_SEGMENT_BYTES {
            return Err(PatternError::TooLong);
        }
        let wrong = |reason| PatternError::Segment {
            segment: text.to_owned(),
            reason,
        };
        let between = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let named = |name: &str| parameter_name(name).map_err(wrong);
        if let Some(name) = between("[[...", "]]") {
            return named(name).map(Self::OptionalCatchAll);
        }
        if text.starts_with("[[") {
            return Err(wrong(
                "is optional without being a catch-all, which Next.js does not have",
            ));
        }
        if let Some(name) = between("[...", "]") {
            return named(name).map(Self::CatchAll);
        }
        if let Some(name) = between("[", "]") {
            return named(name).map(Self::Dynamic);
        }
        static_text(text).map_err(wrong)?;
        Ok(Self::Static(text.to_owned()))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(text) => formatter.write_str(text),
            Self::Dynamic(name) => write!(formatter, "[{name}]"),
            Self::CatchAll(name) => write!(formatter, "[...{name}]"),
            Self::OptionalCatchAll(name) => write!(formatter, "[[...{name}]]"),
        }
    }
}

fn parameter_name(name: &str) -> Result<String, &'static str> {
    if name.is_empty() {
        return Err("has a parameter without a name");
    }
    if name.starts_with('.') {
        return Err("has the wrong number of dots; a catch-all has three");
    }
    if name.contains(['[', ']']) {
        return Err("has brackets too many");
    }
    if !name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
    {
        return Err("has a parameter name with something other than letters, digits, `_` and `-`");
    }
    Ok(name.to_owned())
}

fn static_text(text: &str) -> Result<(), &'static str> {
    if text == "." || text == ".." {
        return Err("is a step within the path, which is resolved before routing");
    }
    if text.contains(['[', ']']) {
        return Err("has a bracket out of place; a parameter fills its whole segment, as in `[id]`");
    }
    if text.starts_with(':') || text.contains(['{', '}', '*']) {
        return Err("is in the notation of another router; write `[id]`, `[...rest]` or `[[...rest]]`");
    }
    if text.starts_with('(') || text.starts_with('@') {
        return Err("is a route group or a slot, which is no part of the URL; leave it out");
    }
    if text.contains('%') {
        return Err("is percent-encoded; write it decoded");
    }
    if text.contains(['?', '#']) {
        return Err("has a query or a fragment, which is no part of a route");
    }
    if text.contains('\\') || text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err("has a backslash, a space or a control character");
    }
    Ok(())
}

fn check_catch_all_is_last(segments: &[Segment]) -> Result<(), PatternError> {
    let catches_all = |segment: &&Segment| matches!(segment, Segment::CatchAll(_) | Segment::OptionalCatchAll(_));
    let before_last = segments.split_last().map_or(segments, |(_, before)| before);
    match before_last.iter().find(catches_all) {
        Some(segment) => Err(PatternError::CatchAllNotLast(segment.to_string())),
        None => Ok(()),
    }
}

/// Next.js compares parameter names without their signs, because it makes group names of a regular expression of them.
fn check_parameters_differ(segments: &[Segment]) -> Result<(), PatternError> {
    let bare = |name: &str| name.chars().filter(|letter| *letter != '-').collect::<String>();
    let mut seen: Vec<(&str, String)> = Vec::new();
    for name in segments.iter().filter_map(Segment::parameter) {
        if let Some((earlier, _)) = seen.iter().find(|(_, other)| *other == bare(name)) {
            return Err(PatternError::SameParameter((*earlier).to_owned(), name.to_owned()));
        }
        seen.push((name, bare(name)));
    }
    Ok(())
}

#[cfg(test)]
#[path = "pattern/tests.rs"]
mod tests;
