//! The counters of one route.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use flags::Side;
use http::StatusCode;

use super::{add, get};

/// Upper edges of the latency histogram, in microseconds; what is above the last is counted behind it.
pub(super) const EDGES_MICROS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
];
const BUCKETS: usize = EDGES_MICROS.len() + 1;
/// 1xx to 5xx.
const CLASSES: usize = 5;

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
}

/// The counters of one route, read.
#[derive(Debug, Clone, Default)]
pub struct RouteTotals {
    /// Answered by legacy.
    pub legacy: SideTotals,
    /// Answered by native.
    pub native: SideTotals,
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
}

impl RouteCells {
    pub(super) fn answered(&self, side: Side, status: StatusCode, took: Duration) {
        let cells = match side {
            Side::Legacy => &self.legacy,
            Side::Native => &self.native,
        };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES) - 1;
        let bucket = EDGES_MICROS
            .iter()
            .position(|edge| micros <= *edge)
            .unwrap_or(EDGES_MICROS.len());
        if let (Some(class), Some(bucket)) = (cells.classes.get(class), cells.buckets.get(bucket)) {
            add(class, 1);
            add(bucket, 1);
        }
        add(&cells.micros, micros);
    }
}

impl RouteTotals {
    pub(super) fn add(&mut self, cells: &RouteCells) {
        self.legacy.add(&cells.legacy);
        self.native.add(&cells.native);
    }
}

impl SideTotals {
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
        self.micros += get(&cells.micros);
    }
}
