//! `timeout`, `connect_timeout`, `idle_timeout`, `total_timeout`.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::fields::Fields;
use super::values;
use crate::duration;
use crate::findings::Findings;
use crate::time_limits::TimeLimits;

/// The keys that [`read`] reads.
pub(super) const KEYS: [&str; 4] = [HEAD, "connect_timeout", "idle_timeout", TOTAL];
const HEAD: &str = "timeout";
const TOTAL: &str = "total_timeout";
const BOUNDS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 3_600);

/// Reads the limits among the keys of a part.
pub(super) fn read(fields: Fields<'_>, findings: &mut Findings) -> TimeLimits {
    let [timeout, connect_timeout, idle_timeout, total_timeout] = KEYS.map(|key| {
        fields
            .get(key)
            .and_then(|node| values::duration(node, key, BOUNDS, findings))
    });
    TimeLimits {
        timeout,
        connect_timeout,
        idle_timeout,
        total_timeout,
    }
}

/// A whole that ends before its first part may: one of the two is a mistake. `limits` are those of the part with what it takes from the
/// wider ones; a part that states neither is not to blame.
pub(super) fn check(fields: Fields<'_>, limits: &TimeLimits, findings: &mut Findings) {
    let (Some(head), Some(total)) = (limits.timeout, limits.total_timeout) else {
        return;
    };
    let stated = [TOTAL, HEAD].into_iter().find_map(|key| fields.get(key));
    if let Some(node) = stated.filter(|_| total < head) {
        let (head, total) = (duration::print(head), duration::print(total));
        let message = format!("`total_timeout: {total}` is shorter than `timeout: {head}`, which is a part of it");
        findings.add_with_remedy(
            node.place,
            message,
            "state both here, `timeout` not longer than `total_timeout`",
        );
    }
}
