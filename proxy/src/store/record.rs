//! What is recorded of a request of a shadowed route.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::judged::Judged;

/// Something that happened to a request of a shadowed route.
#[derive(Clone, Debug)]
pub enum Record {
    /// It was not compared.
    NotCompared {
        /// The route, in flag notation.
        route: Arc<str>,
        /// Why, in the words of the report.
        reason: Cow<'static, str>,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// It was compared.
    Compared(Box<Comparison>),
}

impl Record {
    pub(super) fn route(&self) -> &Arc<str> {
        match self {
            Self::NotCompared { route, .. } => route,
            Self::Compared(comparison) => &comparison.route,
        }
    }
}

/// The outcome of one comparison. Everything in it is redacted already.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The route, in flag notation.
    pub route: Arc<str>,
    /// What came out.
    pub outcome: Outcome,
    /// Legacy's status code.
    pub status: u16,
    /// The version of the flags in force: their 12 hexadecimal digits as a number.
    pub flag_version: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// How long legacy took to answer whole.
    pub legacy_took: Duration,
    /// How long the dry run took; none when it did not come to an answer.
    pub native_took: Option<Duration>,
    /// A salted hash of the client's address ([`super::Recorder::client_mark`]): tells one odd client from many.
    pub client: Arc<str>,
    /// What differed; empty unless the outcome is a mismatch.
    pub differences: Vec<FoundDifference>,
    /// Where legacy differed from itself, when it was asked twice.
    pub control: Option<Vec<Place>>,
    /// The whole exchange, for the first few mismatches of a group.
    pub sample: Option<Sample>,
}

/// What came out of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Equal.
    Match,
    /// Different.
    Mismatch,
    /// Different at first, equal when both were asked again.
    Transient,
    /// Legacy answered 5xx: nothing to be equal to.
    LegacyFailed,
}

impl Outcome {
    /// The word in the store and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::Transient => "transient",
            Self::LegacyFailed => "legacy failed",
        }
    }
}

/// A place of an answer at which something differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// status, header, body, failure …
    pub kind: &'static str,
    /// The path template.
    pub path: String,
}

/// One difference of one exchange, redacted.
#[derive(Clone, Debug)]
pub struct FoundDifference {
    /// Where.
    pub place: Place,
    /// In what way: changed, missing, …
    pub detail: &'static str,
    /// Legacy's value as JSON text.
    pub legacy: Option<String>,
    /// Native's value as JSON text.
    pub native: Option<String>,
}

/// A whole exchange, redacted.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The request as JSON text.
    pub request: String,
    /// Legacy's answer as JSON text.
    pub legacy: String,
    /// Native's answer as JSON text.
    pub native: String,
    /// What native announced, as JSON text.
    pub effects: String,
    /// A `curl` line without secrets.
    pub reproducer: String,
    /// What judging it again needs.
    pub judged: Judged,
}
