//! How records add up before they are written.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::record::{Comparison, FoundDifference, Outcome, Place, Record};

/// One hour, in milliseconds: counters are kept by hour.
const HOUR_MS: i64 = 3_600_000;

/// Rows of one kind in one batch: a store that is away must not fill the memory.
const MOST_ROWS: usize = 10_000;

/// Samples waiting to be written.
const MOST_SAMPLES: usize = 200;

/// Distinct clients counted per group and batch.
const MOST_CLIENTS: usize = 64;

/// Causes told apart on one route by one process. Whoever makes up answers with ever new fields makes up no more rows than that.
const MOST_CAUSES: usize = 500;

/// The place of every cause above [`MOST_CAUSES`].
const OTHER_PLACES: &str = "(other places)";

/// Records added up, ready to be written in one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) compared: HashMap<ComparedKey, i64>,
    pub(super) not_compared: HashMap<(Arc<str>, Cow<'static, str>, i64), i64>,
    pub(super) latencies: HashMap<(Arc<str>, &'static str, i64, i64), i64>,
    /// By route, set of causes and hour.
    pub(super) mismatches: HashMap<(Arc<str>, String, i64), i64>,
    pub(super) groups: HashMap<String, Group>,
    /// Exchanges for which legacy was asked twice, by route and hour.
    pub(super) controls: HashMap<(Arc<str>, i64), i64>,
    /// By group key and hour.
    pub(super) noise: HashMap<(String, i64), Noise>,
    pub(super) samples: Vec<(Vec<String>, Box<Comparison>)>,
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
    pub(super) clients: HashMap<Arc<str>, i64>,
}

/// What legacy asked twice says about one place.
#[derive(Debug)]
pub(super) struct Noise {
    pub(super) route: Arc<str>,
    pub(super) place: Place,
    pub(super) raw: i64,
    pub(super) noise: i64,
}

/// The causes seen by this process, by route.
#[derive(Debug, Default)]
pub(super) struct KnownCauses(HashMap<Arc<str>, HashSet<String>>);

impl KnownCauses {
    /// The group of a difference; of one too many, the group of all that are too many.
    fn key(&mut self, route: &Arc<str>, difference: &mut FoundDifference) -> String {
        let known = self.0.entry(Arc::clone(route)).or_default();
        let key = group_key(route, &difference.place);
        if known.contains(&key) {
            return key;
        }
        if known.len() < MOST_CAUSES {
            known.insert(key.clone());
            return key;
        }
        OTHER_PLACES.clone_into(&mut difference.place.path);
        (difference.legacy, difference.native) = (None, None);
        group_key(route, &difference.place)
    }
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

    pub(super) fn add(&mut self, record: Record, known: &mut KnownCauses) {
        match record {
            Record::NotCompared { route, reason, at_ms } => self.add_reason(route, reason, at_ms, 1),
            Record::Compared(comparison) => self.add_comparison(comparison, known),
        }
    }

    pub(super) fn add_reason(&mut self, route: Arc<str>, reason: Cow<'static, str>, at_ms: i64, n: i64) {
        self.dropped += u64::from(!count(&mut self.not_compared, (route, reason, hour(at_ms)), n));
    }

    fn add_comparison(&mut self, mut comparison: Box<Comparison>, known: &mut KnownCauses) {
        let hour = hour(comparison.at_ms);
        let route = Arc::clone(&comparison.route);
        let key = ComparedKey {
            route: Arc::clone(&route),
            outcome: comparison.outcome,
            status: comparison.status,
            flag_version: comparison.flag_version,
            hour,
        };
        self.dropped += u64::from(!count(&mut self.compared, key, 1));
        let sides = [
            ("legacy", Some(comparison.legacy_took)),
            ("native", comparison.native_took),
        ];
        for (side, took) in sides {
            if let Some(took) = took {
                count(
                    &mut self.latencies,
                    (Arc::clone(&route), side, latency_bucket(took), hour),
                    1,
                );
            }
        }
        let keys: BTreeSet<String> = comparison
            .differences
            .iter_mut()
            .map(|difference| known.key(&route, difference))
            .collect();
        // Several that were too many are one now.
        let mut places = HashSet::new();
        comparison
            .differences
            .retain(|difference| places.insert(group_key(&route, &difference.place)));
        for difference in &comparison.differences {
            self.add_difference(&comparison, difference);
        }
        if !keys.is_empty() {
            let causes = keys.iter().map(String::as_str).collect::<Vec<_>>().join(",");
            self.dropped += u64::from(!count(&mut self.mismatches, (route, causes, hour), 1));
        }
        self.learn(&comparison, hour);
        if comparison.sample.is_some() && !keys.is_empty() && self.samples.len() < MOST_SAMPLES {
            self.samples.push((keys.into_iter().collect(), comparison));
        }
    }

    fn add_difference(&mut self, comparison: &Comparison, difference: &FoundDifference) {
        let key = group_key(&comparison.route, &difference.place);
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
            clients: HashMap::new(),
        });
        group.n += 1;
        group.first_seen = group.first_seen.min(comparison.at_ms);
        group.last_seen = group.last_seen.max(comparison.at_ms);
        if group.clients.len() < MOST_CLIENTS || group.clients.contains_key(&comparison.client) {
            *group.clients.entry(Arc::clone(&comparison.client)).or_default() += 1;
        }
    }

    /// Counts what a second asking of legacy says about each place that differs, from native or from itself.
    fn learn(&mut self, comparison: &Comparison, hour: i64) {
        let Some(control) = &comparison.control else { return };
        count(&mut self.controls, (Arc::clone(&comparison.route), hour), 1);
        for difference in &comparison.differences {
            self.noise_at(&comparison.route, &difference.place, hour, |noise| noise.raw += 1);
        }
        for place in control {
            self.noise_at(&comparison.route, place, hour, |noise| noise.noise += 1);
        }
    }

    fn noise_at(&mut self, route: &Arc<str>, place: &Place, hour: i64, add: impl FnOnce(&mut Noise)) {
        let key = (group_key(route, place), hour);
        if self.noise.len() >= MOST_ROWS && !self.noise.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        add(self.noise.entry(key).or_insert_with(|| Noise {
            route: Arc::clone(route),
            place: place.clone(),
            raw: 0,
            noise: 0,
        }));
    }
}

/// Adds so many; `false` when the map is full.
fn count<K: Hash + Eq>(map: &mut HashMap<K, i64>, key: K, n: i64) -> bool {
    if map.len() >= MOST_ROWS && !map.contains_key(&key) {
        return false;
    }
    *map.entry(key).or_default() += n;
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
pub(super) fn group_key(route: &str, place: &Place) -> String {
    let mut hash = Sha256::new();
    for part in [route, place.kind, &place.path] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..12])
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
