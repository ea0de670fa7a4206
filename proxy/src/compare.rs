//! Do two answers to one request mean the same? Pure: no sockets, no clock, no chance; everything comes in as a value.
//!
//! `docs/parity.md` says what equal means in words. The walk is strict by default and lenient only where a value was
//! *minted*: made up by each side in this very exchange (an id, a token, a time), which differs by nature.

mod bijection;
mod body;
mod cookies;
mod difference;
mod headers;
mod ids;
mod json;
mod jwt;
mod known;
mod lists;
mod passwords;
mod path;
mod rules;
mod sse;
mod text;
mod times;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::fmt;

use http::{HeaderMap, StatusCode};

pub use self::difference::{Detail, Difference, Kind};
pub use self::known::Known;
pub use self::path::{JsonPath, PathError};
pub use self::rules::Rules;

use self::bijection::Bijection;
use self::difference::Findings;
use self::path::Trail;

/// One side's answer, its body whole and no longer content-encoded.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: StatusCode,
    /// All response headers; only the ones that mean something to a client are compared.
    pub headers: &'a HeaderMap,
    /// The whole body, decoded.
    pub body: &'a [u8],
}

/// What the engine must know about the moment of the exchange.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// When the exchange began, in milliseconds since 1970 (UTC).
    pub started_ms: i64,
    /// When the later answer was complete, in milliseconds since 1970 (UTC).
    pub ended_ms: i64,
    /// Values that existed before the exchange: whatever the request carried, and what else the caller can vouch for. A known
    /// value was not minted.
    pub known: &'a Known,
    /// Whether a side may have minted identifiers that carry no time. A read creates nothing, so there it is `false` until
    /// a second asking has shown which values are new every time.
    pub may_mint: bool,
    /// The answer to `HEAD`: there are no bodies to compare.
    pub head: bool,
}

/// The outcome of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing that a client could notice differs.
    Equal,
    /// What differs, at least one, in a fixed order: status, headers, body.
    Different(Vec<Difference>),
    /// Legacy answered 5xx: there is nothing to be equal to. Never a mismatch (`docs/parity.md`).
    LegacyFailed,
}

impl Verdict {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        matches!(self, Self::Equal)
    }

    /// The differences; empty unless the answers differ.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::Different(differences) => differences,
            Self::Equal | Self::LegacyFailed => &[],
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => out.write_str("equal"),
            Self::Different(differences) => write!(out, "{} differences", differences.len()),
            Self::LegacyFailed => out.write_str("legacy failed"),
        }
    }
}

/// One side's answer and what it did (parity lab): lists of row changes and of effects, in one notation for both sides.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The answer.
    pub answer: Answer<'a>,
    /// The row changes.
    pub rows: &'a serde_json::Value,
    /// The outside effects.
    pub effects: &'a serde_json::Value,
}

/// Compares two answers and their consequences. A minted id stands for the same thing in all of them.
#[must_use]
pub fn compare_exchange(legacy: &Exchange<'_>, native: &Exchange<'_>, rules: &Rules, at: &Occasion<'_>) -> Verdict {
    if legacy.answer.status.is_server_error() {
        return Verdict::LegacyFailed;
    }
    let mut judge = Judge::new(rules, at);
    judge.answers(&legacy.answer, &native.answer);
    // Different statuses have different consequences: one cause, one difference.
    if legacy.answer.status == native.answer.status {
        judge.trail.in_consequences(Kind::Rows);
        judge.values(legacy.rows, native.rows);
        judge.trail.in_consequences(Kind::Effects);
        judge.values(legacy.effects, native.effects);
    }
    judge.verdict()
}

/// Compares two answers to the same request.
#[must_use]
pub fn compare(legacy: &Answer<'_>, native: &Answer<'_>, rules: &Rules, at: &Occasion<'_>) -> Verdict {
    if legacy.status.is_server_error() {
        return Verdict::LegacyFailed;
    }
    let mut judge = Judge::new(rules, at);
    judge.answers(legacy, native);
    judge.verdict()
}

/// The state of one comparison. The walkers are methods on it, one file for each kind of value.
#[derive(Debug)]
struct Judge<'a> {
    rules: &'a Rules,
    at: &'a Occasion<'a>,
    ids: Bijection,
    findings: Findings,
    trail: Trail,
}

impl<'a> Judge<'a> {
    fn new(rules: &'a Rules, at: &'a Occasion<'a>) -> Self {
        Self {
            rules,
            at,
            ids: Bijection::default(),
            findings: Findings::default(),
            trail: Trail::default(),
        }
    }

    fn answers(&mut self, legacy: &Answer<'_>, native: &Answer<'_>) {
        if legacy.status != native.status {
            self.findings.add(Difference {
                kind: Kind::Status,
                detail: Detail::Changed,
                path: "status".to_owned(),
                legacy: Some(legacy.status.as_u16().into()),
                native: Some(native.status.as_u16().into()),
            });
        }
        self.headers(legacy.headers, native.headers);
        // Bodies of different statuses differ by nature: one cause, one difference.
        if legacy.status == native.status && !self.at.head {
            self.bodies(legacy, native);
        }
    }

    fn verdict(self) -> Verdict {
        let differences = self.findings.take();
        if differences.is_empty() {
            Verdict::Equal
        } else {
            Verdict::Different(differences)
        }
    }

    /// Notes a difference at the present place of the walk.
    fn differ(&mut self, detail: Detail, legacy: Option<serde_json::Value>, native: Option<serde_json::Value>) {
        let (kind, path) = (self.trail.kind(), self.trail.template());
        self.findings.add(Difference {
            kind,
            detail,
            path,
            legacy,
            native,
        });
    }
}
