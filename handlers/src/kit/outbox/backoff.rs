//! How long to wait before the next try.

use std::time::Duration;

use crate::kit::ids::Ids;

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(600);
/// How often an effect is tried whose service is not configured.
pub(super) const UNCONFIGURED: Duration = Duration::from_secs(300);

/// `first` doubled for every try before this one, up to ten minutes; between a half and the whole of it by chance, so that
/// effects that failed together do not come back together.
pub(super) fn after(attempts: i32, first: Duration, ids: &Ids) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let whole = first.saturating_mul(1 << doublings).min(LONGEST);
    let half = u64::try_from((whole / 2).as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(half.saturating_add(ids.below(half.saturating_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_scatters_and_stops_growing() {
        let (ids, first) = (Ids::seeded(1), Duration::from_secs(2));
        for (attempt, whole) in [(1, 2), (2, 4), (5, 32), (30, 600)] {
            let whole = Duration::from_secs(whole);
            let wait = after(attempt, first, &ids);
            assert!(wait >= whole / 2 && wait <= whole, "{attempt}: {wait:?}");
        }
        assert_ne!(after(9, first, &ids), after(9, first, &ids));
    }
}
