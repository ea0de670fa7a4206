//! What of a rollout is planned ahead: steps at a time, who has to agree, and when somebody should have another look.

use std::fmt;
use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::duration;
use crate::share::Share;
use crate::stage::Stage;
use crate::waiver::end_of_day_ms;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What of a route's rollout is planned ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Calendar {
    /// The steps that it takes by itself; none without a schedule. Each leads further than the one before.
    pub schedule: Vec<ScheduleStep>,
    /// Who has to agree to a step forward.
    pub approval: Approval,
    /// The first moment, in milliseconds since 1970, at which a route that is still on its way counts as forgotten.
    pub expires_ms: Option<i64>,
    /// A canary that nobody has moved for so long counts as forgotten.
    #[serde(serialize_with = "duration::serialize")]
    pub stale_after: Duration,
}

impl Calendar {
    /// The age at which a canary counts as forgotten where the file says nothing.
    pub const DEFAULT_STALE_AFTER: Duration = Duration::from_secs(30 * 24 * 3_600);
}

/// Who has to agree to a step forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Whoever takes it.
    #[default]
    None,
    /// A second person.
    Required,
}

impl Approval {
    /// Every word, as the flag file writes it.
    pub const WORDS: [&'static str; 2] = ["none", "required"];

    /// Reads a word of [`Self::WORDS`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "required" => Some(Self::Required),
            _ => None,
        }
    }
}

/// One step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScheduleStep {
    /// When it is due.
    #[serde(flatten)]
    pub when: StepTime,
    /// Where it leads.
    pub stage: Stage,
    /// The share, for a canary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

/// When a step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepTime {
    /// At a moment, in milliseconds since 1970.
    At(i64),
    /// So long after the step before was taken.
    After(Duration),
}

impl fmt::Display for StepTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(moment) => write!(formatter, "at {moment}"),
            Self::After(pause) => write!(formatter, "after {}", duration::print(*pause)),
        }
    }
}

impl Serialize for StepTime {
    /// `{"at_ms": 1796112000000}` or `{"after": "30m"}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::At(moment) => map.serialize_entry("at_ms", moment)?,
            Self::After(pause) => map.serialize_entry("after", &duration::print(*pause))?,
        }
        map.end()
    }
}

/// A moment written `2026-12-01T08:00Z` or `2026-12-01T08:00:30Z`, in milliseconds since 1970. Only UTC: a local time means
/// another moment on another machine. `None`: not such a moment.
#[must_use]
pub fn moment_ms(text: &str) -> Option<i64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let start_of_day = end_of_day_ms(day)? - DAY_MS;
    let mut parts = time.split(':');
    let mut part = |most: i64| {
        let part = parts.next()?;
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i64>().ok().filter(|number| plain && *number <= most)
    };
    let (hours, minutes) = (part(23)?, part(59)?);
    let seconds = if time.len() > 5 { part(59)? } else { 0 };
    let milliseconds = hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1_000;
    parts.next().is_none().then_some(start_of_day + milliseconds)
}

#[cfg(test)]
mod tests {
    use super::moment_ms;

    #[test]
    fn a_moment_is_a_day_and_a_time_in_utc() {
        for (text, expected) in [
            ("1970-01-01T00:00Z", Some(0)),
            ("2026-12-01T08:00Z", Some(1_796_112_000_000)),
            ("2026-12-01T08:00:30Z", Some(1_796_112_030_000)),
            ("2026-12-01T23:59:59Z", Some(1_796_169_599_000)),
        ] {
            assert_eq!(moment_ms(text), expected, "{text}");
        }
        for text in [
            "",
            "2026-12-01",
            "2026-12-01T08:00",
            "2026-12-01T08:00+01:00",
            "2026-12-01T24:00Z",
            "2026-12-01T08:60Z",
            "2026-12-01T8:00Z",
            "2026-12-01T08Z",
            "2026-12-01T08:00:00:00Z",
            "2026-12-01T08:00:Z",
            "2026-02-30T08:00Z",
            "2026-12-01T08:00:0é",
        ] {
            assert_eq!(moment_ms(text), None, "{text}");
        }
    }
}
