//! Times as histograms, and whether one side is slower than the other: the Mann–Whitney test, which asks of two times drawn by
//! chance which is the longer, and does not care how long the longest are.

/// The quantile of the normal distribution for 98 % confidence to one side.
const Z: f64 = 2.053_748_910_631_823;

/// Upper bounds in microseconds and how many lie below each and above the one before; bounds rise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram(Vec<(i64, i64)>);

impl Histogram {
    /// A histogram of these buckets, in any order.
    #[must_use]
    pub fn of(buckets: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut buckets: Vec<_> = buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        buckets.sort_unstable();
        Self(buckets)
    }

    /// The bound below which so many thousandths lie; none without values.
    #[must_use]
    pub fn quantile(&self, per_mille: i64) -> Option<i64> {
        let total: i64 = self.0.iter().map(|(_, count)| count).sum();
        let wanted = (total * per_mille + 999) / 1_000;
        let mut seen = 0;
        self.0.iter().find_map(|(bound, count)| {
            seen += count;
            (seen >= wanted.max(1)).then_some(*bound)
        })
    }

    fn count_at(&self, bound: i64) -> f64 {
        let found = self.0.binary_search_by_key(&bound, |(bound, _)| *bound);
        found
            .ok()
            .and_then(|index| self.0.get(index))
            .map_or(0.0, |(_, count)| float(*count))
    }
}

/// Whether `this` is slower than `that` beyond chance (one-sided, 98 %). Never without values on both sides.
#[must_use]
pub fn slower(this: &Histogram, that: &Histogram) -> bool {
    let mut bounds: Vec<i64> = this.0.iter().chain(&that.0).map(|(bound, _)| *bound).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let (mut faster_before, mut u, mut ties, mut ours) = (0.0, 0.0, 0.0, 0.0);
    for bound in bounds {
        let (mine, theirs) = (this.count_at(bound), that.count_at(bound));
        u += mine * (faster_before + theirs / 2.0);
        faster_before += theirs;
        ours += mine;
        let tied = mine + theirs;
        ties += tied.powi(3) - tied;
    }
    let (theirs, all) = (faster_before, faster_before + ours);
    if ours == 0.0 || theirs == 0.0 {
        return false;
    }
    let mean = ours * theirs / 2.0;
    let variance = ours * theirs / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
    variance > 0.0 && (u - mean) / variance.sqrt() > Z
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn float(count: i64) -> f64 {
    count as f64
}
