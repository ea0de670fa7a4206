//! Quantiles from a histogram of upper bounds.

/// The upper bound below which `per_mille` thousandths of the values lie; `None` without values. Buckets rise.
pub(super) fn quantile(buckets: &[(i64, i64)], per_mille: i64) -> Option<i64> {
    let total: i64 = buckets.iter().map(|(_, n)| n).sum();
    let wanted = (total * per_mille + 999) / 1_000;
    let mut seen = 0;
    for (bound, n) in buckets {
        seen += n;
        if *n > 0 && seen >= wanted.max(1) {
            return Some(*bound);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_the_bound_of_its_bucket() {
        let buckets = [(10, 50), (20, 49), (30, 1)];
        assert_eq!(quantile(&buckets, 500), Some(10));
        assert_eq!(quantile(&buckets, 990), Some(20));
        assert_eq!(quantile(&buckets, 1_000), Some(30));
        assert_eq!(quantile(&[], 500), None);
    }
}
