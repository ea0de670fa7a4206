//! The only source of time for endpoints.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

/// Tells the time in UTC, cut to milliseconds because the legacy tables store `timestamp(3)` and its JSON has three digits.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Milliseconds since the epoch; shared, so that a test can move it under a running application.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::advance`] moves it. Clones share the position.
    #[must_use]
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(milliseconds(at)))))
    }

    /// The time now, in UTC, to the millisecond.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        let since_epoch = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the door through which time comes in")]
            Source::System => milliseconds(OffsetDateTime::now_utc()),
            Source::Fixed(at) => at.load(Ordering::SeqCst),
        };
        from_milliseconds(since_epoch)
    }

    /// Moves a fixed clock forward; a system clock is left as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(at) = &self.0 {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            at.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Puts a fixed clock at a given time (a replay sets it per recorded request).
    pub fn set(&self, to: OffsetDateTime) {
        if let Source::Fixed(at) = &self.0 {
            at.store(milliseconds(to), Ordering::SeqCst);
        }
    }
}

fn milliseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

fn from_milliseconds(since_epoch: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(since_epoch) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_for_all_its_clones() {
        let clock = Clock::fixed(datetime!(2026-11-22 10:00:00.123456 UTC));
        let twin = clock.clone();
        assert_eq!(clock.now(), datetime!(2026-11-22 10:00:00.123 UTC));
        twin.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now(), datetime!(2026-11-22 10:00:01.623 UTC));
    }

    #[test]
    fn the_system_clock_has_no_more_than_milliseconds() {
        assert_eq!(Clock::system().now().nanosecond() % 1_000_000, 0);
    }
}
