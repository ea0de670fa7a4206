//! Times on the wire: `2026-11-22T10:00:00.000Z`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// A time that is written as JavaScript's `toISOString` writes it: UTC, three digits of a second, `Z`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Iso(pub OffsetDateTime);

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

impl Iso {
    /// The text.
    #[must_use]
    pub fn text(self) -> String {
        self.0.to_offset(UtcOffset::UTC).format(FORMAT).unwrap_or_default()
    }
}

impl From<PrimitiveDateTime> for Iso {
    /// The legacy tables store UTC in `timestamp without time zone`.
    fn from(stored: PrimitiveDateTime) -> Self {
        Self(stored.assume_utc())
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl JsonSchema for Iso {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "UTC, with milliseconds and `Z`." })
    }
}

/// A time as the legacy tables store it.
#[must_use]
pub fn stored(at: OffsetDateTime) -> PrimitiveDateTime {
    let utc = at.to_offset(UtcOffset::UTC);
    PrimitiveDateTime::new(utc.date(), utc.time())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn three_digits_utc_and_z() {
        assert_eq!(
            Iso(datetime!(2026-01-02 03:04:05.6 UTC)).text(),
            "2026-01-02T03:04:05.600Z"
        );
        assert_eq!(
            Iso(datetime!(2026-01-02 00:00:00 +02:00)).text(),
            "2026-01-01T22:00:00.000Z"
        );
        assert_eq!(
            stored(datetime!(2026-01-02 00:00:00 +02:00)),
            datetime!(2026-01-01 22:00:00)
        );
    }
}
