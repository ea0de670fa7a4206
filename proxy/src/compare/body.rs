//! Bodies, by their media type.

use std::str;

use http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::difference::Detail;
use super::{Answer, Judge, sse};

impl Judge<'_> {
    /// Compares the bodies of both answers: as JSON or events where both are that, else byte for byte.
    pub(super) fn bodies(&mut self, legacy: &Answer<'_>, native: &Answer<'_>) {
        self.trail.in_body();
        if legacy.body == native.body || self.rules.ignores(&self.trail) {
            return;
        }
        match (document(legacy), document(native)) {
            (Some(left), Some(right)) => self.values(&left, &right),
            (Some(left), None) => self.differ(Detail::Type, Some(left), Some(shown(native.body))),
            (None, Some(right)) => self.differ(Detail::Type, Some(shown(legacy.body)), Some(right)),
            (None, None) => self.differ(Detail::Changed, Some(shown(legacy.body)), Some(shown(native.body))),
        }
    }
}

/// The body as a tree, where its media type promises one and keeps the promise.
fn document(answer: &Answer<'_>) -> Option<Value> {
    let media_type = essence(answer.headers)?;
    if media_type == "text/event-stream" {
        return str::from_utf8(answer.body).ok().map(sse::events);
    }
    let json = media_type == "application/json" || media_type.ends_with("+json") || media_type == "text/json";
    if json {
        serde_json::from_slice(answer.body).ok()
    } else {
        None
    }
}

fn essence(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// A body for the report: its text, or its size when it is none.
fn shown(body: &[u8]) -> Value {
    str::from_utf8(body).map_or_else(
        |_| Value::from(format!("{} bytes that are not text", body.len())),
        Value::from,
    )
}
