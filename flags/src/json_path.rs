//! A small part of JSONPath (RFC 9535): names, indexes and wildcards, enough to point at the values of an answer.
//!
//! `$.a.b[*].c`, `$['x-y']`, `$.a[0]`, `$.*`. Filters, slices, unions and `..` are refused.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use parse::Parser;

mod parse;

/// A compiled path. Two paths are equal when they point at the same values, however they are written.
#[derive(Debug, Clone)]
pub struct JsonPath {
    text: String,
    steps: Vec<PathStep>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// `.name` or `['name']`: this member of an object.
    Member(String),
    /// `[0]`: this element of a list, from 0.
    Index(usize),
    /// `[*]` or `.*`: every element of a list, or every member of an object.
    Every,
}

/// One step of the way to a value in a real document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathPart<'a> {
    /// A member of an object.
    Member(&'a str),
    /// An element of a list, from 0.
    Index(usize),
}

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}, at character {}", .offset + 1)]
pub struct JsonPathError {
    /// How many characters stand before the place of the error.
    pub offset: usize,
    /// What is wrong there.
    pub message: &'static str,
}

impl JsonPath {
    /// The path in its canonical writing: `.name` where the name allows it, `['name']` elsewhere, `[*]` for wildcards.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The steps from the root; none for `$`.
    #[must_use]
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }

    /// Whether the path points at exactly the value that lies at the end of this way from the root.
    #[must_use]
    pub fn matches(&self, way: &[PathPart<'_>]) -> bool {
        self.steps.len() == way.len() && self.covers(way)
    }

    /// Whether the path points at that value, or at one that contains it.
    #[must_use]
    pub fn covers(&self, way: &[PathPart<'_>]) -> bool {
        self.steps.len() <= way.len() && self.steps.iter().zip(way).all(|(step, part)| step.admits(*part))
    }
}

impl PathStep {
    /// Whether the step leads along this part of a way.
    #[must_use]
    pub fn admits(&self, part: PathPart<'_>) -> bool {
        match (self, part) {
            (Self::Every, _) => true,
            (Self::Member(name), PathPart::Member(actual)) => name == actual,
            (Self::Index(index), PathPart::Index(actual)) => *index == actual,
            (Self::Member(_), PathPart::Index(_)) | (Self::Index(_), PathPart::Member(_)) => false,
        }
    }
}

impl FromStr for JsonPath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let steps = Parser::new(text).steps()?;
        let mut canonical = "$".to_owned();
        for step in &steps {
            canonical.push_str(&step.to_string());
        }
        Ok(Self { text: canonical, steps })
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Display for PathStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => formatter.write_str("[*]"),
            Self::Index(index) => write!(formatter, "[{index}]"),
            Self::Member(name) if parse::is_plain_name(name) => write!(formatter, ".{name}"),
            Self::Member(name) => write!(formatter, "['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")),
        }
    }
}

impl AsRef<str> for JsonPath {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Sound, because equality, hash and order all go by the canonical text alone.
impl Borrow<str> for JsonPath {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JsonPath {}

impl Hash for JsonPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Ord for JsonPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl PartialOrd for JsonPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
