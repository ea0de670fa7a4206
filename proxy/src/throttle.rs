//! How often something may happen per second, for many somethings: comparisons of a route, questions of a client.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many have a counter of their own; beyond, two share one (and so are limited together, never unlimited).
const COUNTERS: usize = 1_024;

/// Counters of the current second: the second in the upper half, the count in the lower.
#[derive(Debug)]
pub(crate) struct Throttle {
    counters: Box<[AtomicU64]>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Throttle {
    /// Whether this one may have another in this second.
    pub(crate) fn admits(&self, which: usize, per_second: Option<u32>, now_ms: i64) -> bool {
        let Some(limit) = per_second else { return true };
        let second = u64::from(u32::try_from((now_ms / 1_000).rem_euclid(1 << 31)).unwrap_or_default());
        let counter = &self.counters[which % COUNTERS];
        counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
                let count = if state >> 32 == second {
                    state & u64::from(u32::MAX)
                } else {
                    0
                };
                (count < u64::from(limit)).then(|| (second << 32) | (count + 1))
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Throttle;

    #[test]
    fn each_has_its_number_in_every_second_and_zero_means_none() {
        let throttle = Throttle::default();
        let admitted = |which, limit, now| (0..10).filter(|_| throttle.admits(which, limit, now)).count();
        assert_eq!(admitted(1, Some(3), 5_000), 3);
        assert_eq!(admitted(1, Some(3), 5_999), 0);
        assert_eq!(admitted(1, Some(3), 6_000), 3);
        assert_eq!(admitted(2, Some(0), 6_000), 0);
        assert_eq!(admitted(3, None, 6_000), 10);
    }
}
