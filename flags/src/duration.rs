//! Durations as the flag file writes them: a whole number and its unit.

use std::time::Duration;

use serde::Serializer;

/// The units, largest first, with their length in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads `250ms`, `5s`, `5m`, `24h` or `7d`; `None` when the text is anything else.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let (_, milliseconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(milliseconds)
        .map(Duration::from_millis)
}

/// The shortest text that [`parse`] reads as this duration; parts below a millisecond are dropped.
pub(crate) fn print(duration: Duration) -> String {
    let total = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fitting = UNITS
        .into_iter()
        .find(|(_, milliseconds)| total > 0 && total % milliseconds == 0);
    let (unit, milliseconds) = fitting.unwrap_or(("ms", 1));
    format!("{}{unit}", total / milliseconds)
}

/// Serializes a duration as [`print`] writes it.
pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&print(*duration))
}

/// Serializes an optional duration as [`print`] writes it.
pub(crate) fn serialize_optional<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_some(&print(*duration)),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_its_unit_is_a_duration() {
        for (text, milliseconds) in [
            ("0ms", 0),
            ("250ms", 250),
            ("5s", 5_000),
            ("5m", 300_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "5",
            "s",
            "-5s",
            "1.5s",
            "5 s",
            "5S",
            "5sec",
            "1h30m",
            "99999999999999999999ms",
            "999999999999999999d",
            "∞s",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        for milliseconds in [
            0,
            1,
            999,
            1_000,
            1_500,
            60_000,
            90_000,
            3_600_000,
            86_400_000,
            172_800_000,
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse(&print(duration)), Some(duration));
        }
    }
}
