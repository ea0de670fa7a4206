//! The Mann–Whitney test on two histograms of one shape: is native slower than legacy, beyond what chance explains?
//!
//! Values of one bucket are ties. With ties the variance of U is n₁n₂/12 · ((N + 1) − Σ(t³ − t)/(N(N − 1))), t the values of a bucket
//! (Lehmann, "Nonparametrics", section 1.4). The normal approximation is good from about twenty values a side on.

use std::collections::BTreeMap;

/// Values by the upper bound of their bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram(BTreeMap<u64, u64>);

/// What the test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The probability that a value of native is above one of legacy, ties counting half.
    pub effect: f64,
    /// How many standard deviations U is above its mean.
    pub z: f64,
}

/// One-sided 98 %, as Kayenta judges by default.
const SIGNIFICANT: f64 = 2.054;
/// Fewer values on a side say nothing.
const ENOUGH: u64 = 20;

impl Histogram {
    /// The histogram of these buckets: upper bound in microseconds, and how many.
    pub fn new(buckets: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut histogram = BTreeMap::new();
        for (bound, count) in buckets.into_iter().filter(|(_, count)| *count > 0) {
            *histogram.entry(bound).or_default() += count;
        }
        Self(histogram)
    }

    /// How many values there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The upper bound below which so many thousandths of the values lie.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        let wanted = self.total().saturating_mul(per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(bound, count)| {
            seen += count;
            (seen >= wanted).then_some(*bound)
        })
    }
}

impl Comparison {
    /// Compares native with legacy.
    #[must_use]
    pub fn of(legacy: &Histogram, native: &Histogram) -> Self {
        let unknown = Self { effect: 0.5, z: 0.0 };
        if legacy.total() < ENOUGH || native.total() < ENOUGH {
            return unknown;
        }
        let (theirs, ours) = (float(legacy.total()), float(native.total()));
        let all = theirs + ours;
        let mut bounds: Vec<u64> = legacy.0.keys().chain(native.0.keys()).copied().collect();
        bounds.sort_unstable();
        bounds.dedup();
        let (mut below, mut u, mut ties) = (0.0, 0.0, 0.0);
        for bound in bounds {
            let count = |histogram: &Histogram| float(histogram.0.get(&bound).copied().unwrap_or_default());
            let (legacy_here, native_here) = (count(legacy), count(native));
            u += native_here * (below + legacy_here / 2.0);
            below += legacy_here;
            let tied = legacy_here + native_here;
            ties += tied * tied * tied - tied;
        }
        let pairs = theirs * ours;
        let variance = pairs / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
        // All values in one bucket: nothing can be told apart.
        if variance <= 0.0 {
            return unknown;
        }
        Self {
            effect: u / pairs,
            z: (u - pairs / 2.0) / variance.sqrt(),
        }
    }

    /// Whether native is slower, beyond what chance explains.
    #[must_use]
    pub fn native_is_slower(&self) -> bool {
        self.z > SIGNIFICANT
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// U by its definition: every pair, ties half; and the variance of ranks with ties, by ranking every value.
    fn by_pairs(legacy: &[u64], native: &[u64]) -> (f64, f64) {
        let mut u = 0.0;
        for ours in native {
            for theirs in legacy {
                u += if ours > theirs {
                    1.0
                } else if ours == theirs {
                    0.5
                } else {
                    0.0
                };
            }
        }
        let all: Vec<u64> = legacy.iter().chain(native).copied().collect();
        let count = float(all.len() as u64);
        let ranks: Vec<f64> = all
            .iter()
            .map(|value| {
                let below = float(all.iter().filter(|other| *other < value).count() as u64);
                let equal = float(all.iter().filter(|other| *other == value).count() as u64);
                below + (equal + 1.0) / 2.0
            })
            .collect();
        let mean = f64::midpoint(count, 1.0);
        let spread: f64 = ranks.iter().map(|rank| (rank - mean).powi(2)).sum();
        let (theirs, ours) = (float(legacy.len() as u64), float(native.len() as u64));
        let variance = theirs * ours / (count * (count - 1.0)) * spread;
        (u / (theirs * ours), (u - theirs * ours / 2.0) / variance.sqrt())
    }

    fn histogram(values: &[u64]) -> Histogram {
        Histogram::new(values.iter().map(|value| (*value, 1)))
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(
            legacy in prop::collection::vec(1u64..12, 20..60),
            native in prop::collection::vec(1u64..12, 20..60),
        ) {
            let (effect, z) = by_pairs(&legacy, &native);
            let found = Comparison::of(&histogram(&legacy), &histogram(&native));
            prop_assert!((found.effect - effect).abs() < 1e-9);
            prop_assert!((found.z - z).abs() < 1e-9, "{} {z}", found.z);
        }
    }

    #[test]
    fn twice_as_slow_is_noticed_and_noise_is_not() {
        let legacy: Vec<u64> = (0..200).map(|n| 100 + n % 50).collect();
        let slower: Vec<u64> = legacy.iter().map(|value| value * 2).collect();
        assert!(Comparison::of(&histogram(&legacy), &histogram(&slower)).native_is_slower());
        assert!(!Comparison::of(&histogram(&slower), &histogram(&legacy)).native_is_slower());
        assert!(!Comparison::of(&histogram(&legacy), &histogram(&legacy)).native_is_slower());
        assert!(!Comparison::of(&histogram(&[1; 100]), &histogram(&[1; 100])).native_is_slower());
        assert!(
            !Comparison::of(&histogram(&[1; 19]), &histogram(&[9; 19])).native_is_slower(),
            "too few"
        );
    }

    #[test]
    fn quantiles_are_bounds_of_buckets() {
        let buckets = Histogram::new([(10, 50), (20, 49), (30, 1), (40, 0)]);
        assert_eq!(
            [500, 990, 1_000].map(|at| buckets.quantile(at)),
            [Some(10), Some(20), Some(30)]
        );
        assert_eq!(Histogram::default().quantile(500), None);
    }
}
