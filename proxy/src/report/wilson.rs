//! Wilson's score interval: what a match rate seen on a few samples says about the true one.

/// The quantile of the normal distribution for a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// Lower and upper bound of a proportion, in 0..=1; everything is possible without samples.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn interval(hits: u64, total: u64) -> (f64, f64) {
    if total == 0 {
        return (0.0, 1.0);
    }
    let (hits, total) = (hits as f64, total as f64);
    let rate = hits / total;
    let spread = Z * Z / total;
    let center = rate + spread / 2.0;
    let half = Z * (rate * (1.0 - rate) / total + spread / (4.0 * total)).sqrt();
    let scale = 1.0 + spread;
    (((center - half) / scale).max(0.0), ((center + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn published_values_are_met_and_bounds_stay_in_range() {
        for (hits, total, low, high) in [
            (0, 0, 0.0, 1.0),
            (10, 10, 0.7225, 1.0),
            (0, 10, 0.0, 0.2775),
            (81, 263, 0.2553, 0.3662),
            (500, 500, 0.9924, 1.0),
        ] {
            let (lower, upper) = interval(hits, total);
            assert!(
                (lower - low).abs() < 1e-4 && (upper - high).abs() < 1e-4,
                "{hits}/{total}: {lower} {upper}"
            );
        }
    }
}
