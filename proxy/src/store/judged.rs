//! What a stored exchange needs beside its two answers to be judged again with other rules.

use serde::{Deserialize, Serialize};

/// The moment of the exchange, and what redaction took out of sight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judged {
    /// When the exchange began, in milliseconds since 1970.
    pub started_ms: i64,
    /// When the later answer was complete.
    pub ended_ms: i64,
    /// Whether a side may have made up ids that carry no time.
    pub may_mint: bool,
    /// The answer to `HEAD`.
    pub head: bool,
    /// Ids in the answers that are older than the exchange.
    pub known: Vec<String>,
    /// Differences that the redacted answers no longer show: both values are masked.
    pub hidden: Vec<Hidden>,
    /// Differences that only the redacted answers show.
    pub made_up: Vec<Hidden>,
}

/// A place at which redaction changed what is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// status, header, body.
    pub kind: String,
    /// The path template.
    pub path: String,
}
