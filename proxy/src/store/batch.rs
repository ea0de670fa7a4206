//! What is recorded, and how records add up before they are written.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// One hour, in milliseconds: counters are kept by hour.
const HOUR_MS: i64 = 3_600_000;

/// Rows of one kind in one batch: a store that is away must not fill the memory.
const MOST_ROWS: usize = 10_000;

/// Samples waiting to be written.
const MOST_SAMPLES: usize = 200;

/// Distinct clients counted per group and process; more are "at least so many".
const MOST_CLIENTS: usize = 64;

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
    /// How long the dry run took.
    pub native_took: Duration,
    /// A hash of the client's address: tells one odd client from many.
    pub client: u64,
    /// What differed; empty unless the outcome is a mismatch.
    pub differences: Vec<FoundDifference>,
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

/// One difference of one exchange, redacted.
#[derive(Clone, Debug)]
pub struct FoundDifference {
    /// status, header, body, failure …
    pub kind: &'static str,
    /// The path template.
    pub path: String,
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
}

/// Records added up, ready to be written in one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) compared: HashMap<ComparedKey, i64>,
    pub(super) not_compared: HashMap<(Arc<str>, Cow<'static, str>, i64), i64>,
    pub(super) latencies: HashMap<(Arc<str>, &'static str, i64, i64), i64>,
    pub(super) groups: HashMap<String, Group>,
    pub(super) samples: Vec<(String, Box<Comparison>)>,
    /// Records that did not fit.
    pub(super) dropped: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ComparedKey {
    pub(super) route: Arc<str>,
    pub(super) outcome: Outcome,
    pub(super) status: u16,
    pub(super) flag_version: i64,
    pub(super) hour: i64,
}

/// The differences of one cause within the batch.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) route: Arc<str>,
    pub(super) difference: FoundDifference,
    pub(super) first_seen: i64,
    pub(super) last_seen: i64,
    pub(super) n: i64,
    pub(super) clients: HashSet<u64>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.compared.is_empty() && self.not_compared.is_empty()
    }

    /// How many records it holds.
    pub(super) fn records(&self) -> u64 {
        let counts = self.compared.values().chain(self.not_compared.values());
        counts.map(|n| u64::try_from(*n).unwrap_or_default()).sum()
    }

    pub(super) fn add(&mut self, record: Record) {
        match record {
            Record::NotCompared { route, reason, at_ms } => {
                let key = (route, reason, hour(at_ms));
                self.dropped += u64::from(!count(&mut self.not_compared, key));
            }
            Record::Compared(comparison) => self.add_comparison(comparison),
        }
    }

    fn add_comparison(&mut self, comparison: Box<Comparison>) {
        let hour = hour(comparison.at_ms);
        let key = ComparedKey {
            route: Arc::clone(&comparison.route),
            outcome: comparison.outcome,
            status: comparison.status,
            flag_version: comparison.flag_version,
            hour,
        };
        self.dropped += u64::from(!count(&mut self.compared, key));
        for (side, took) in [("legacy", comparison.legacy_took), ("native", comparison.native_took)] {
            count(
                &mut self.latencies,
                (Arc::clone(&comparison.route), side, latency_bucket(took), hour),
            );
        }
        for difference in &comparison.differences {
            self.add_difference(&comparison, difference);
        }
        if comparison.sample.is_some() && self.samples.len() < MOST_SAMPLES {
            let keys: Vec<_> = comparison
                .differences
                .iter()
                .map(|found| group_key(&comparison.route, found))
                .collect();
            if let Some(key) = keys.into_iter().next() {
                self.samples.push((key, comparison));
            }
        }
    }

    fn add_difference(&mut self, comparison: &Comparison, difference: &FoundDifference) {
        let key = group_key(&comparison.route, difference);
        if self.groups.len() >= MOST_ROWS && !self.groups.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        let group = self.groups.entry(key).or_insert_with(|| Group {
            route: Arc::clone(&comparison.route),
            difference: difference.clone(),
            first_seen: comparison.at_ms,
            last_seen: comparison.at_ms,
            n: 0,
            clients: HashSet::new(),
        });
        group.n += 1;
        group.first_seen = group.first_seen.min(comparison.at_ms);
        group.last_seen = group.last_seen.max(comparison.at_ms);
        if group.clients.len() < MOST_CLIENTS {
            group.clients.insert(comparison.client);
        }
    }
}

/// Adds one; `false` when the map is full.
fn count<K: Hash + Eq>(map: &mut HashMap<K, i64>, key: K) -> bool {
    if map.len() >= MOST_ROWS && !map.contains_key(&key) {
        return false;
    }
    *map.entry(key).or_default() += 1;
    true
}

fn hour(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(HOUR_MS)
}

/// The upper bound, in microseconds, of the histogram bucket: four to every doubling, so a quantile is off by at most a fifth.
pub(super) fn latency_bucket(took: Duration) -> i64 {
    let micros = i64::try_from(took.as_micros()).unwrap_or(i64::MAX).clamp(1, 1 << 40);
    let floor = 1_i64 << micros.ilog2();
    let step = (floor / 4).max(1);
    floor + (micros - floor).div_euclid(step) * step + step
}

/// One cause: route, kind and path template.
pub(super) fn group_key(route: &str, difference: &FoundDifference) -> String {
    let mut hash = Sha256::new();
    for part in [route, difference.kind, &difference.path] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(12).fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
