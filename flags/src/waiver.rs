//! A person's word that differences of one kind do not count, for a stated reason, until a stated day.

use serde::Serialize;

use crate::glob::glob_matches;

const DAY_MS: i64 = 86_400_000;

/// A waiver. In its patterns `*` stands for anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiver {
    /// Pattern of routes: `GET /api/crm/*`.
    pub route: String,
    /// Pattern of the parts of an answer: `body`, `header`, `status`, `failure`, `*`.
    pub kind: String,
    /// Pattern of path templates, as the report shows them: `$.items[*].viewers`, `header:etag`.
    pub path: String,
    /// Who answers for it.
    pub owner: String,
    /// Why the difference is acceptable.
    pub reason: String,
    /// The first moment at which it no longer holds, in milliseconds since 1970.
    pub expires_ms: i64,
}

/// The parts of an answer that a waiver can name.
pub const WAIVABLE_KINDS: [&str; 6] = ["status", "header", "body", "failure", "rows", "effects"];

impl Waiver {
    /// Whether it speaks of such differences, expired or not.
    #[must_use]
    pub fn covers(&self, route: &str, kind: &str, path: &str) -> bool {
        glob_matches(&self.route, route) && glob_matches(&self.kind, kind) && glob_matches(&self.path, path)
    }

    /// Whether it no longer holds at this moment (milliseconds since 1970).
    #[must_use]
    pub fn has_expired(&self, now_ms: i64) -> bool {
        now_ms >= self.expires_ms
    }
}

/// The end of a day written `2026-12-31`, as the first millisecond (UTC) after it. `None`: not a day of the calendar.
#[must_use]
pub fn end_of_day_ms(day: &str) -> Option<i64> {
    let bytes = day.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = day.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse::<i64>().ok())?
    };
    let (year, month, date) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&date) {
        return None;
    }
    let years = (1970..year)
        .map(|year| if is_leap(year) { 366 } else { 365 })
        .sum::<i64>();
    let months = (1..month).map(|month| days_of(year, month)).sum::<i64>();
    Some((years + months + date) * DAY_MS)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The rule of the Gregorian calendar.
fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::{Waiver, end_of_day_ms};

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let waiver = Waiver {
            route: "GET /api/crm/*".to_owned(),
            kind: "*".to_owned(),
            path: "*.viewers".to_owned(),
            owner: "ana".to_owned(),
            reason: "counts whoever looks".to_owned(),
            expires_ms: end_of_day_ms("2026-11-22").expect("day"),
        };
        assert!(!waiver.has_expired(1_795_391_999_999));
        assert!(waiver.has_expired(1_795_392_000_000));
        assert!(waiver.covers("GET /api/crm/tickets", "body", "$.tickets[*].viewers"));
        assert!(!waiver.covers("POST /api/crm/tickets", "body", "$.tickets[*].viewers"));
        assert!(!waiver.covers("GET /api/crm/tickets", "body", "$.tickets[*].total"));
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for (day, expected) in [
            ("1970-01-01", Some(86_400_000)),
            ("2000-02-29", Some(951_868_800_000)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-00-10", None),
            ("2026-1-01", None),
            ("26-01-01", None),
            ("2026-01-01T00:00", None),
            ("+026-01-01", None),
            ("", None),
        ] {
            assert_eq!(end_of_day_ms(day), expected, "{day}");
        }
    }
}
