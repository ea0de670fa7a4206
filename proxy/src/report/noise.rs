//! Whether a field that differs, differs more than legacy does from itself: Diffy's rule.

/// A field counts as a difference only when native differs more often than legacy does from itself, the two counts are more than
/// a fifth of their sum apart, and more than 3 in 10,000 of the exchanges for which both were counted.
pub(super) fn is_difference(raw: i64, noise: i64, exchanges: i64) -> bool {
    if raw <= noise || exchanges <= 0 {
        return false;
    }
    let apart = raw - noise;
    // 100 · apart / (raw + noise) > 20, and 100 · apart / exchanges > 0.03, in whole numbers.
    apart.saturating_mul(5) > raw.saturating_add(noise) && apart.saturating_mul(10_000) > exchanges.saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::is_difference;

    #[test]
    fn a_field_differs_only_beyond_its_own_noise() {
        for (raw, noise, exchanges, expected) in [
            (1, 0, 1, true),
            (10, 0, 100, true),
            (0, 0, 100, false),
            (5, 5, 100, false),
            (4, 5, 100, false),
            // 6 − 4 is exactly 20 % of 10, which is not more.
            (6, 4, 100, false),
            (61, 39, 100, true),
            // 3 in 10,000 is not more than 3 in 10,000.
            (3, 0, 10_000, false),
            (4, 0, 10_000, true),
            (1, 0, 0, false),
            (i64::MAX, 0, i64::MAX, false),
        ] {
            assert_eq!(
                is_difference(raw, noise, exchanges),
                expected,
                "{raw} {noise} {exchanges}"
            );
        }
    }
}
