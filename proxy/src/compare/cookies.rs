//! `Set-Cookie`: by name; the value by the common rules, the attributes one by one (RFC 6265, section 5.2).

use std::collections::BTreeMap;

use http::header::{HeaderMap, SET_COOKIE};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Judge;
use super::difference::Detail;

/// One cookie as it was set.
#[derive(Debug, Default)]
struct Cookie {
    value: String,
    /// Lower-case names; an attribute without a value has an empty one.
    attributes: BTreeMap<String, String>,
}

impl Judge<'_> {
    /// Compares the cookies that both answers set. The last one of a name wins, as in a browser.
    pub(super) fn cookies(&mut self, legacy: &HeaderMap, native: &HeaderMap) {
        let (legacy, native) = (all(legacy), all(native));
        for (name, left) in &legacy {
            self.trail.key(name);
            match native.get(name) {
                _ if self.rules.ignores(&self.trail) => {}
                Some(right) => self.cookie(left, right),
                None => self.differ(Detail::Missing, Some(Value::from(left.value.as_str())), None),
            }
            self.trail.up();
        }
        for (name, right) in native.iter().filter(|(name, _)| !legacy.contains_key(*name)) {
            self.trail.key(name);
            if self.rules.ignores(&self.trail) {
                self.trail.up();
                continue;
            }
            self.differ(Detail::Extra, None, Some(Value::from(right.value.as_str())));
            self.trail.up();
        }
    }

    fn cookie(&mut self, legacy: &Cookie, native: &Cookie) {
        self.values(&Value::from(legacy.value.as_str()), &Value::from(native.value.as_str()));
        let names = legacy.attributes.keys().chain(
            native
                .attributes
                .keys()
                .filter(|name| !legacy.attributes.contains_key(*name)),
        );
        for name in names {
            let (left, right) = (legacy.attributes.get(name), native.attributes.get(name));
            if name == "expires" && self.close_expiry(left, right) {
                continue;
            }
            self.trail.key(name);
            self.optional(
                left.map(|value| Value::from(value.as_str())),
                right.map(|value| Value::from(value.as_str())),
            );
            self.trail.up();
        }
    }

    /// An expiry is counted from the clock of the exchange; one in 1970 deletes the cookie and is equal as a text.
    fn close_expiry(&self, legacy: Option<&String>, native: Option<&String>) -> bool {
        let read = |text: Option<&String>| text.and_then(|text| http_date_milliseconds(text));
        match (read(legacy), read(native)) {
            (Some(left), Some(right)) => left.abs_diff(right) <= self.rules.time_tolerance_ms().unsigned_abs(),
            _ => false,
        }
    }
}

fn all(headers: &HeaderMap) -> BTreeMap<String, Cookie> {
    headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| one(&String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

fn one(text: &str) -> Option<(String, Cookie)> {
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let attributes = parts.filter(|part| !part.trim().is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        // `SameSite=lax` and `SameSite=Lax` are one.
        let value = if name == "samesite" {
            value.to_ascii_lowercase()
        } else {
            value.to_owned()
        };
        (name, value)
    });
    let value = percent_decode_str(value.trim().trim_matches('"'))
        .decode_utf8_lossy()
        .into_owned();
    Some((
        name.trim().to_owned(),
        Cookie {
            value,
            attributes: attributes.collect(),
        },
    ))
}

/// An IMF-fixdate (RFC 9110, section 5.6.7), with blanks or the older dashes between day, month and year.
fn http_date_milliseconds(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, date) = text.split_once(", ")?;
    let parts: Vec<&str> = date.split([' ', '-']).collect();
    let [day, month, year, time, "GMT"] = parts[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    super::times::iso_milliseconds(&format!("{year}-{month:02}-{day:0>2}T{time}Z"))
}
