//! The response headers that mean something to a client; all others are ignored (`docs/parity.md`).

use std::collections::BTreeSet;

use http::header::{self, HeaderMap, HeaderName};
use serde_json::Value;

use super::Judge;
use super::difference::Detail;

/// Compared as they are, with minted values inside (a `Location` names the new resource).
const EXACT: [HeaderName; 6] = [
    header::LOCATION,
    header::CONTENT_DISPOSITION,
    header::WWW_AUTHENTICATE,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// Compared as sets of comma-separated words, whatever their case and order.
const SETS: [HeaderName; 6] = [
    header::CACHE_CONTROL,
    header::ALLOW,
    header::VARY,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

impl Judge<'_> {
    /// Compares the headers of both answers.
    pub(super) fn headers(&mut self, legacy: &HeaderMap, native: &HeaderMap) {
        self.in_header(&header::CONTENT_TYPE, |judge| {
            judge.optional(media_type(legacy).map(Value::from), media_type(native).map(Value::from));
        });
        let rules = self.rules;
        let more = rules.headers().iter().filter(|name| !is_compared(name));
        for name in EXACT.iter().chain(more) {
            self.in_header(name, |judge| {
                judge.optional(
                    joined(legacy, name).map(Value::from),
                    joined(native, name).map(Value::from),
                )
            });
        }
        for name in &SETS {
            self.in_header(name, |judge| judge.word_sets(words(legacy, name), words(native, name)));
        }
        self.in_header(&header::ETAG, |judge| {
            let presence = |headers: &HeaderMap| headers.contains_key(header::ETAG).then(|| Value::from("present"));
            judge.optional(presence(legacy), presence(native));
        });
        self.in_header(&header::SET_COOKIE, |judge| judge.cookies(legacy, native));
        self.trail.in_body();
    }

    fn in_header(&mut self, name: &HeaderName, compare: impl FnOnce(&mut Self)) {
        self.trail.in_header(name.as_str());
        if !self.rules.ignores(&self.trail) {
            compare(self);
        }
        self.trail.in_body();
    }

    /// Compares two values of which either may be absent.
    pub(super) fn optional(&mut self, legacy: Option<Value>, native: Option<Value>) {
        match (legacy, native) {
            (Some(legacy), Some(native)) => self.values(&legacy, &native),
            (None, None) => {}
            (legacy @ Some(_), None) => self.differ(Detail::Missing, legacy, None),
            (None, native @ Some(_)) => self.differ(Detail::Extra, None, native),
        }
    }

    fn word_sets(&mut self, legacy: BTreeSet<String>, native: BTreeSet<String>) {
        if legacy != native {
            let text = |words: BTreeSet<String>| {
                (!words.is_empty()).then(|| Value::from(words.into_iter().collect::<Vec<_>>().join(", ")))
            };
            let (legacy, native) = (text(legacy), text(native));
            let detail = match (&legacy, &native) {
                (Some(_), None) => Detail::Missing,
                (None, Some(_)) => Detail::Extra,
                _ => Detail::Changed,
            };
            self.differ(detail, legacy, native);
        }
    }
}

/// Whether the header is compared anyway, in its own way.
fn is_compared(name: &HeaderName) -> bool {
    let own_way = [header::CONTENT_TYPE, header::ETAG, header::SET_COOKIE];
    EXACT.contains(name) || SETS.contains(name) || own_way.contains(name)
}

/// Media type and charset, lower case; other parameters (a multipart boundary) are minted.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = joined(headers, &header::CONTENT_TYPE)?.to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next()?.to_owned();
    Some(match parts.find_map(|part| part.strip_prefix("charset=")) {
        Some(charset) => format!("{essence}; charset={}", charset.trim_matches('"')),
        None => essence,
    })
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// `Accept-Encoding` in `Vary` belongs to the compression on the way, which native answers get outside the dry run.
fn words(headers: &HeaderMap, name: &HeaderName) -> BTreeSet<String> {
    let text = joined(headers, name).unwrap_or_default().to_ascii_lowercase();
    let words = text
        .split(',')
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty());
    words
        .filter(|word| *name != header::VARY || word != "accept-encoding")
        .collect()
}
