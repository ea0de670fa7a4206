//! Moments on the command line: so long ago, a day, or an instant.

use flags::end_of_day_ms;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const DAY_MS: i64 = 24 * 3_600_000;

/// A moment as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So many milliseconds ago.
    Ago(i64),
    /// In milliseconds since 1970.
    At(i64),
}

impl Moment {
    /// In milliseconds since 1970; never before it.
    pub(crate) fn at_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Ago(past) => now_ms.saturating_sub(past).max(0),
            Self::At(moment) => moment,
        }
    }
}

/// Reads `30m`, `24h`, `7d`, `2026-11-22` (its first moment, UTC) or `2026-11-22T19:34:00Z`.
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    if let Some(end) = end_of_day_ms(text) {
        return Ok(Moment::At(end - DAY_MS));
    }
    if let Ok(instant) = OffsetDateTime::parse(text, &Rfc3339) {
        let milliseconds = i64::try_from(instant.unix_timestamp_nanos() / 1_000_000);
        return milliseconds.map(Moment::At).map_err(|error| error.to_string());
    }
    duration_ms(text).map(Moment::Ago).ok_or_else(|| {
        format!("`{text}` is neither a time ago such as 30m, 24h or 7d, nor a day such as 2026-11-22, nor an instant such as 2026-11-22T19:34:00Z")
    })
}

/// A whole number and a unit.
fn duration_ms(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let milliseconds = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        _ => return None,
    };
    Some(number.parse::<i64>().ok()?.saturating_mul(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::{Moment, moment};

    #[test]
    fn a_moment_is_so_long_ago_a_day_or_an_instant() {
        assert_eq!(moment("24h"), Ok(Moment::Ago(86_400_000)));
        assert_eq!(moment("1970-01-02"), Ok(Moment::At(86_400_000)));
        assert_eq!(moment("1970-01-02T00:00:01+01:00"), Ok(Moment::At(82_801_000)));
        for text in [
            "",
            "24",
            "h",
            "-1h",
            "1.5h",
            "1w",
            "99999999999999999999d",
            "2026-02-30",
        ] {
            assert!(moment(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn more_time_than_there_was_is_all_of_it() {
        assert_eq!(Moment::Ago(4_000).at_ms(10_000), 6_000);
        assert_eq!(Moment::Ago(i64::MAX).at_ms(10_000), 0);
        assert_eq!(Moment::At(7).at_ms(10_000), 7);
    }
}
