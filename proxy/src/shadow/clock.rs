//! The wall clock of an exchange: the one place in the shadow that reads it.

use time::OffsetDateTime;

/// Now, in milliseconds since 1970 (UTC).
#[must_use]
pub fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
