//! Dates as `new Date(text)` reads them, for the forms that clients send.
//!
//! The ISO forms of ECMAScript exactly: a date alone is UTC, a date with a time and no zone is local time (the legacy servers run
//! in UTC). Of the free forms that engines accept besides, the common ones: `2026/01/02 10:00`, `Jan 2, 2026 10:00:00 GMT+0200`,
//! `Fri, 02 Jan 2026 10:00:00 GMT`. Everything else is no date.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Reads a date; `None` for what JavaScript calls an invalid date.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    if text.len() > 64 {
        return None;
    }
    iso(text).or_else(|| free(text.trim()))
}

fn iso(text: &str) -> Option<OffsetDateTime> {
    let (date, clock) = match text.find(['T', 't']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4..=4)?;
    let month = parts.next().map_or(Some(1), |part| digits(part, 2..=2))?;
    let day = parts.next().map_or(Some(1), |part| digits(part, 2..=2))?;
    if parts.next().is_some() {
        return None;
    }
    let date = calendar(year, month, day)?;
    match clock {
        Some(clock) => with_clock(date, clock),
        None => Some(date.midnight().assume_utc()),
    }
}

fn with_clock(date: Date, text: &str) -> Option<OffsetDateTime> {
    let (clock, offset) = split_zone(text)?;
    let (since_midnight, _) = clock_time(clock)?;
    at(date, since_midnight, offset)
}

/// `Z`, `+02:00`, `+0200` or nothing (UTC) at the end.
fn split_zone(text: &str) -> Option<(&str, UtcOffset)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, UtcOffset::UTC));
    }
    match text.rfind(['+', '-']) {
        Some(at) => Some((&text[..at], zone(&text[at..])?)),
        None => Some((text, UtcOffset::UTC)),
    }
}

fn zone(text: &str) -> Option<UtcOffset> {
    let sign: i8 = if text.starts_with('-') { -1 } else { 1 };
    let bare = text.get(1..)?.replace(':', "");
    if bare.len() != 4 {
        return None;
    }
    let hours = i8::try_from(digits(&bare[..2], 2..=2)?).ok()?;
    let minutes = i8::try_from(digits(&bare[2..], 2..=2)?).ok()?;
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

/// `hh:mm[:ss[.fraction]]`; 24:00 is the end of the day. Fractions are cut to milliseconds.
fn clock_time(text: &str) -> Option<(Duration, usize)> {
    let mut parts = text.split(':');
    let hour = digits(parts.next()?, 2..=2)?;
    let minute = digits(parts.next()?, 2..=2)?;
    let (second, milliseconds) = match parts.next() {
        Some(seconds) => fraction(seconds)?,
        None => (0, 0),
    };
    if parts.next().is_some() || hour > 24 || minute > 59 || second > 59 {
        return None;
    }
    if hour == 24 && (minute, second, milliseconds) != (0, 0, 0) {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some((
        Duration::seconds(seconds) + Duration::milliseconds(milliseconds.into()),
        text.len(),
    ))
}

fn fraction(text: &str) -> Option<(u32, u32)> {
    let Some((seconds, fraction)) = text.split_once('.') else {
        return Some((digits(text, 2..=2)?, 0));
    };
    digits(fraction, 1..=9)?;
    let padded = format!("{fraction:0<3}");
    Some((digits(seconds, 2..=2)?, digits(&padded[..3], 3..=3)?))
}

/// Words and numbers in the orders that people write.
fn free(text: &str) -> Option<OffsetDateTime> {
    let cleaned = text.replace([',', '/'], " ").replace("GMT", " ").replace("UTC", " ");
    let (mut month, mut numbers, mut clock, mut offset) = (None, Vec::new(), Duration::ZERO, UtcOffset::UTC);
    for word in cleaned.split_whitespace() {
        if word.contains(':') && !word.starts_with(['+', '-']) {
            clock = clock_time(&pad_hour(word))?.0;
        } else if word.starts_with(['+', '-']) {
            offset = zone(word)?;
        } else if let Some(number) = digits(word, 1..=4) {
            numbers.push((number, word.len()));
        } else if let Some(named) = month_name(word) {
            month = Some(named);
        } else if word != "Z" && !is_weekday(word) {
            return None;
        }
    }
    let (year, month, day) = match (month, numbers.as_slice()) {
        (Some(month), [(day, 1..=2), (year, 4)] | [(year, 4), (day, 1..=2)]) => (*year, month, *day),
        (None, [(year, 4), (month, 1..=2), (day, 1..=2)] | [(month, 1..=2), (day, 1..=2), (year, 4)]) => {
            (*year, *month, *day)
        }
        _ => return None,
    };
    at(calendar(year, month, day)?, clock, offset)
}

fn pad_hour(word: &str) -> String {
    if word.find(':') == Some(1) {
        format!("0{word}")
    } else {
        word.to_owned()
    }
}

fn month_name(word: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let start = word.get(..3)?.to_ascii_lowercase();
    let index = NAMES.iter().position(|name| *name == start)?;
    u32::try_from(index + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    let start = word.get(..3).map(str::to_ascii_lowercase);
    start.is_some_and(|start| ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(&start.as_str()))
}

fn digits(text: &str, width: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let plain = width.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn calendar(year: u32, month: u32, day: u32) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

fn at(date: Date, since_midnight: Duration, offset: UtcOffset) -> Option<OffsetDateTime> {
    let local = PrimitiveDateTime::new(date, Time::MIDNIGHT).checked_add(since_midnight)?;
    let utc = local.checked_sub(Duration::seconds(offset.whole_seconds().into()))?;
    Some(utc.assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_forms_that_clients_send() {
        let day = datetime!(2026-01-02 00:00:00 UTC);
        let ten = datetime!(2026-01-02 10:00:00 UTC);
        for (text, expected) in [
            ("2026-01-02", Some(day)),
            ("2026-01", Some(datetime!(2026-01-01 00:00:00 UTC))),
            ("2026", Some(datetime!(2026-01-01 00:00:00 UTC))),
            ("2026-01-02T10:00", Some(ten)),
            ("2026-01-02T10:00:00Z", Some(ten)),
            ("2026-01-02T12:00:00.000+02:00", Some(ten)),
            ("2026-01-02T24:00", Some(datetime!(2026-01-03 00:00:00 UTC))),
            (
                "2026-01-02T10:00:00.1239Z",
                Some(datetime!(2026-01-02 10:00:00.123 UTC)),
            ),
            ("2026/01/02 10:00", Some(ten)),
            ("01/02/2026", Some(day)),
            ("Jan 2, 2026 10:00:00 GMT", Some(ten)),
            ("Fri, 02 Jan 2026 12:00:00 GMT+0200", Some(ten)),
            ("Fri Jan 02 2026", Some(day)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn garbage_is_no_date() {
        for text in [
            "",
            "x",
            "2026-13-01",
            "2026-02-30",
            "2026-01-02T25:00",
            "2026-01-02T10:60",
            "mañana",
            "۲۰۲۶-۰۱-۰۲",
            "T",
            "2026-01-02T",
            "+",
            "1:2:3:4",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
