//! Times that a side took from its clock during the exchange.

use super::Judge;

/// Names of fields that hold an end of validity: minted as "now plus a while", so in the future of the exchange.
const ENDS: [&str; 5] = ["expir", "exp", "until", "validto", "deadline"];

impl Judge<'_> {
    /// Two texts that are both times in the same notation and both minted now.
    pub(super) fn same_minted_time_text(&self, legacy: &str, native: &str) -> Option<bool> {
        let (legacy_ms, native_ms) = (iso_milliseconds(legacy)?, iso_milliseconds(native)?);
        Some(same_notation(legacy, native) && self.same_minted_time(legacy_ms, native_ms))
    }

    /// Two integers that are both a time of this exchange, in milliseconds or seconds since 1970.
    pub(super) fn same_minted_number(&self, legacy: i64, native: i64) -> bool {
        self.same_minted_time(legacy, native)
            || match (legacy.checked_mul(1_000), native.checked_mul(1_000)) {
                (Some(legacy), Some(native)) => self.same_minted_time(legacy, native),
                _ => false,
            }
    }

    /// Close to each other, and both taken from the clock of the exchange or ends of validity counted from it.
    pub(super) fn same_minted_time(&self, legacy_ms: i64, native_ms: i64) -> bool {
        let tolerance = self.rules.time_tolerance_ms();
        let apart = legacy_ms.abs_diff(native_ms);
        apart <= tolerance.unsigned_abs()
            && [legacy_ms, native_ms]
                .iter()
                .all(|time| self.is_now(*time) || self.is_end(*time))
    }

    /// Within the exchange, give or take the tolerance.
    pub(super) fn is_now(&self, milliseconds: i64) -> bool {
        let tolerance = self.rules.time_tolerance_ms();
        let from = self.at.started_ms.saturating_sub(tolerance);
        let to = self.at.ended_ms.saturating_add(tolerance);
        (from..=to).contains(&milliseconds)
    }

    fn is_end(&self, milliseconds: i64) -> bool {
        milliseconds >= self.at.started_ms
            && self.trail.name().is_some_and(|name| {
                let name = name.to_ascii_lowercase();
                ENDS.iter().any(|end| {
                    if *end == "exp" {
                        name == *end
                    } else {
                        name.contains(end)
                    }
                })
            })
    }
}

/// The same separators and as many digits: a client that parses one can parse the other.
fn same_notation(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one
            .bytes()
            .zip(other.bytes())
            .all(|(one, other)| one == other || (one.is_ascii_digit() && other.is_ascii_digit()))
}

/// Milliseconds since 1970 of an ISO 8601 date and time (`2026-01-31T23:59:59.123Z`, also with a blank, an offset, or no zone,
/// which then is UTC).
pub(super) fn iso_milliseconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if !(19..=35).contains(&bytes.len()) || !text.is_ascii() {
        return None;
    }
    let shaped = bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && bytes[13] == b':'
        && bytes[16] == b':';
    if !shaped {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.bytes().try_fold(0_i64, digit);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, zone) = fraction(&text[19..])?;
    let seconds =
        days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset_seconds(zone)?;
    Some(seconds * 1_000 + fraction)
}

fn digit(sum: i64, byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
}

/// Splits `.123Z` into 123 milliseconds and `Z`.
fn fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(digits) = rest.strip_prefix('.') else {
        return Some((0, rest));
    };
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    if end == 0 || end > 9 {
        return None;
    }
    let milliseconds = digits[..end].bytes().chain(*b"00").take(3).try_fold(0, digit)?;
    Some((milliseconds, &digits[end..]))
}

fn offset_seconds(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None | Some(b'Z') if zone.len() <= 1 => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return None,
    };
    let digits: Vec<i64> = zone[1..]
        .bytes()
        .filter(|byte| *byte != b':')
        .map(|byte| digit(0, byte))
        .collect::<Option<_>>()?;
    match digits[..] {
        [a, b] => Some(sign * (a * 10 + b) * 3_600),
        [a, b, c, d] => Some(sign * ((a * 10 + b) * 3_600 + (c * 10 + d) * 60)),
        _ => None,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar; years start in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::iso_milliseconds;

    #[test]
    fn times_are_read_in_every_notation_that_legacy_writes() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000Z", Some(0)),
            ("2026-11-22T19:34:00.131Z", Some(1_795_376_040_131)),
            ("2026-11-22T14:34:00.131-05:00", Some(1_795_376_040_131)),
            ("2026-11-22 19:34:00", Some(1_795_376_040_000)),
            ("2000-02-29T12:00:00Z", Some(951_825_600_000)),
            ("2026-11-22", None),
            ("2026-13-22T19:34:00Z", None),
            ("2026-11-22T19:34:00.Z", None),
            ("not a time, not at all", None),
        ] {
            assert_eq!(iso_milliseconds(text), expected, "{text}");
        }
    }
}
