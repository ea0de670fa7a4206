//! The counters of one route.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use flags::{Reason, Side};
use http::StatusCode;

use super::{add, get};
use crate::exchange::Routed;

/// Upper edges of the latency histogram, in microseconds; what is above the last is counted behind it.
pub(super) const EDGES_MICROS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
];
const BUCKETS: usize = EDGES_MICROS.len() + 1;
/// 1xx to 5xx.
const CLASSES: usize = 5;
/// The reasons of decisions, and then why native, which was to answer, did not.
const REASONS: usize = Reason::LABELS.len() + Routed::LATE_REASONS.len();

/// The counters of one route, for both sides.
#[derive(Debug, Default)]
pub struct RouteCells {
    legacy: SideCells,
    native: SideCells,
}

#[derive(Debug, Default)]
struct SideCells {
    classes: [AtomicU64; CLASSES],
    buckets: [AtomicU64; BUCKETS],
    micros: AtomicU64,
    reasons: [AtomicU64; REASONS],
}

/// The counters of one route, read.
#[derive(Debug, Clone, Default)]
pub struct RouteTotals {
    /// Answered by legacy.
    pub legacy: SideTotals,
    /// Answered by native.
    pub native: SideTotals,
}

/// How long answers took: how many, in all, and by bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// How many.
    pub count: u64,
    /// All of them together, in microseconds.
    pub micros: u64,
    /// By latency, one per edge and one above.
    pub buckets: [u64; BUCKETS],
}

/// The counters of one side of a route, read.
#[derive(Debug, Clone, Default)]
pub struct SideTotals {
    /// Answers by status class: `classes[1]` is 2xx.
    pub classes: [u64; CLASSES],
    /// Answers by latency, one per edge and one above.
    pub buckets: [u64; BUCKETS],
    /// Sum of all latencies, in microseconds.
    pub micros: u64,
    /// Answers by reason, in the order of [`reason_labels`].
    pub reasons: [u64; REASONS],
}

/// Why a side answers, in one word each.
pub(super) fn reason_labels() -> impl Iterator<Item = &'static str> {
    Reason::LABELS.into_iter().chain(Routed::LATE_REASONS)
}

impl RouteCells {
    pub(super) fn answered(&self, side: Side, status: StatusCode, took: Duration) {
        let cells = match side {
            Side::Legacy => &self.legacy,
            Side::Native => &self.native,
        };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES) - 1;
        if let (Some(class), Some(bucket)) = (cells.classes.get(class), cells.buckets.get(bucket_of(micros))) {
            add(class, 1);
            add(bucket, 1);
        }
        add(&cells.micros, micros);
    }
}

impl RouteCells {
    /// `reason` is the place of a word among [`reason_labels`].
    pub(super) fn decided(&self, side: Side, reason: usize) {
        let cells = match side {
            Side::Legacy => &self.legacy,
            Side::Native => &self.native,
        };
        if let Some(cell) = cells.reasons.get(reason) {
            add(cell, 1);
        }
    }
}

fn bucket_of(micros: u64) -> usize {
    let bucket = EDGES_MICROS.iter().position(|edge| micros <= *edge);
    bucket.unwrap_or(EDGES_MICROS.len())
}

impl Times {
    /// One more.
    pub fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.count += 1;
        self.micros = self.micros.saturating_add(micros);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(micros)) {
            *bucket += 1;
        }
    }

    /// What has come since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = *self;
        since.count = since.count.saturating_sub(earlier.count);
        since.micros = since.micros.saturating_sub(earlier.micros);
        for (bucket, before) in since.buckets.iter_mut().zip(&earlier.buckets) {
            *bucket = bucket.saturating_sub(*before);
        }
        since
    }
}

impl RouteTotals {
    pub(super) fn add(&mut self, cells: &RouteCells) {
        self.legacy.add(&cells.legacy);
        self.native.add(&cells.native);
    }
}

impl SideTotals {
    /// Answers for one reason; see [`reason_labels`].
    #[must_use]
    pub fn reason(&self, label: &str) -> u64 {
        let place = reason_labels().position(|known| known == label);
        place
            .and_then(|place| self.reasons.get(place))
            .copied()
            .unwrap_or_default()
    }

    /// How long the answers took.
    #[must_use]
    pub fn times(&self) -> Times {
        Times {
            count: self.answers(),
            micros: self.micros,
            buckets: self.buckets,
        }
    }

    /// All answers.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.classes.iter().sum()
    }

    fn add(&mut self, cells: &SideCells) {
        self.classes
            .iter_mut()
            .zip(&cells.classes)
            .for_each(|(sum, cell)| *sum += get(cell));
        self.buckets
            .iter_mut()
            .zip(&cells.buckets)
            .for_each(|(sum, cell)| *sum += get(cell));
        self.reasons
            .iter_mut()
            .zip(&cells.reasons)
            .for_each(|(sum, cell)| *sum += get(cell));
        self.micros += get(&cells.micros);
    }
}
