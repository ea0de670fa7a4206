//! A bounded limiter of events per key and window.

use std::collections::HashMap;
#[expect(
    clippy::disallowed_types,
    reason = "held for a map operation only, never across an await"
)]
use std::sync::Mutex;
use std::time::Duration;

use time::OffsetDateTime;

/// The most keys that are remembered; when they are all live, a new key is refused.
const MOST_KEYS: usize = 50_000;

/// Counts events per key in fixed windows, for one process.
#[derive(Debug)]
pub struct RateLimit {
    most: u32,
    window: Duration,
    #[expect(
        clippy::disallowed_types,
        reason = "held for a map operation only, never across an await"
    )]
    seen: Mutex<HashMap<String, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    ends: OffsetDateTime,
    events: u32,
}

impl RateLimit {
    /// At most `most` events per key in each `window`.
    #[must_use]
    pub fn new(most: u32, window: Duration) -> Self {
        #[expect(
            clippy::disallowed_types,
            reason = "held for a map operation only, never across an await"
        )]
        Self {
            most,
            window,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// Counts one event; whether it is within the limit.
    #[must_use]
    pub fn admit(&self, key: &str, now: OffsetDateTime) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() >= MOST_KEYS && !seen.contains_key(key) {
            seen.retain(|_, window| window.ends > now);
            if seen.len() >= MOST_KEYS {
                return false;
            }
        }
        let window = seen.entry(key.to_owned()).or_insert(Window {
            ends: now + self.window,
            events: 0,
        });
        if window.ends <= now {
            *window = Window {
                ends: now + self.window,
                events: 0,
            };
        }
        window.events = window.events.saturating_add(1);
        window.events <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_key_over_its_limit_waits_for_the_next_window_and_hinders_no_other() {
        let limit = RateLimit::new(2, Duration::from_secs(60));
        let now = datetime!(2026-11-22 10:00:00 UTC);
        assert!(limit.admit("a", now) && limit.admit("a", now));
        assert!(!limit.admit("a", now));
        assert!(limit.admit("b", now));
        assert!(limit.admit("a", now + Duration::from_secs(60)));
    }
}
