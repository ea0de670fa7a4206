//! What a comparison reports.

use std::fmt;

use serde_json::Value;

/// Differences kept of one exchange: more of them say nothing new, and an odd answer must not fill the memory.
const MOST_DIFFERENCES: usize = 50;

/// Longest text kept of one value, in bytes.
const LONGEST_VALUE: usize = 2_048;

/// One thing that differs between the two answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The part of the answer.
    pub kind: Kind,
    /// In what way it differs.
    pub detail: Detail,
    /// Where, as a template: `$.items[*].total`, `header:location`, `status`. List positions and ids used as keys are starred,
    /// so that one cause has one path.
    pub path: String,
    /// Legacy's value; `None` where legacy has nothing there.
    pub legacy: Option<Value>,
    /// Native's value; `None` where native has nothing there.
    pub native: Option<Value>,
}

/// The part of the exchange that differs; the first half of a group's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The status code.
    Status,
    /// A response header or a cookie.
    Header,
    /// The body.
    Body,
    /// The native handler could not answer at all where legacy did (a fault or a panic).
    Failure,
    /// Row changes (parity lab).
    Rows,
    /// Announced effects (parity lab).
    Effects,
}

impl Kind {
    /// The word used in the store and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Header => "header",
            Self::Body => "body",
            Self::Failure => "failure",
            Self::Rows => "rows",
            Self::Effects => "effects",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// In what way a value differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Another value of the same type.
    Changed,
    /// Legacy has it, native has not.
    Missing,
    /// Native has it, legacy has not.
    Extra,
    /// Another type: a number for a string, null for an object.
    Type,
    /// Lists of different lengths.
    Length,
    /// The same members in another order.
    Order,
    /// A minted id that does not stand for the same thing everywhere.
    Identity,
    /// A time that is further apart than the tolerance, or not of this exchange.
    Time,
}

impl Detail {
    /// The word used in the store and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Type => "type",
            Self::Length => "length",
            Self::Order => "order",
            Self::Identity => "identity",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The differences found so far, bounded.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Difference>,
    total: usize,
}

impl Findings {
    /// Adds one; several at one place (members of one list) are one, the first.
    pub(super) fn add(&mut self, mut difference: Difference) {
        self.total += 1;
        let known = |other: &Difference| other.kind == difference.kind && other.path == difference.path;
        if self.list.len() >= MOST_DIFFERENCES || self.list.iter().any(known) {
            return;
        }
        difference.legacy = difference.legacy.map(shortened);
        difference.native = difference.native.map(shortened);
        self.list.push(difference);
    }

    /// How many were seen, kept or not: a trial compares this before and after.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// A mark for [`Findings::rewind`].
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.list.len(), self.total)
    }

    /// Forgets what was added since the mark.
    pub(super) fn rewind(&mut self, (length, total): (usize, usize)) {
        self.list.truncate(length);
        self.total = total;
    }

    pub(super) fn take(self) -> Vec<Difference> {
        self.list
    }
}

/// Keeps a value small enough to store: long texts are cut, big trees become their cut text.
fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cut(text)),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= LONGEST_VALUE {
                value
            } else {
                Value::String(cut(text))
            }
        }
        scalar => scalar,
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST_VALUE {
        let total = text.len();
        text.truncate(text.floor_char_boundary(LONGEST_VALUE));
        text.push_str(&format!("… ({total} bytes)"));
    }
    text
}
