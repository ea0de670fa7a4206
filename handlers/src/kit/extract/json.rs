//! JSON bodies as untyped JavaScript objects.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::kit::error::ApiError;

/// The fields of a body. Unknown ones are ignored because nobody asks for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Json(Map<String, Value>);

impl Json {
    /// Reads a body whatever its content type; what is no JSON object counts as `{}`.
    ///
    /// As `Request.json()` in JavaScript: a byte order mark is skipped, broken UTF-8 becomes U+FFFD, the last of duplicate
    /// keys counts, a lone surrogate is kept (as U+FFFD, which is what reaches the database in legacy too).
    #[must_use]
    pub fn lenient(body: &[u8]) -> Self {
        match parse(body) {
            Some(Value::Object(fields)) => Self(fields),
            _ => Self::default(),
        }
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The field when it is a text, which may be empty.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    /// The field; `None` when absent or null.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// The field as it is, null included.
    #[must_use]
    pub fn raw(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// A text that must be there; it may be empty.
    ///
    /// # Errors
    /// 400 `{"error":"{field} is required"}` when it is absent, null or no text.
    pub fn required_text(&self, field: &str) -> Result<&str, ApiError> {
        self.get(field)
            .and_then(Value::as_str)
            .ok_or_else(|| ApiError::bare(StatusCode::BAD_REQUEST, &format!("{field} is required")))
    }

    /// A text that may be missing: what JavaScript calls falsy counts as missing.
    ///
    /// # Errors
    /// 400 `{"error":"Invalid {field}"}` when it is there and no text.
    pub fn truthy_text(&self, field: &str) -> Result<Option<&str>, ApiError> {
        match self.get(field) {
            value if !is_truthy(value) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            _ => Err(ApiError::bare(StatusCode::BAD_REQUEST, &format!("Invalid {field}"))),
        }
    }
}

impl From<Map<String, Value>> for Json {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

/// Reads a body of any JSON type with the rules of [`Json::lenient`]; `None` when it is no JSON.
#[must_use]
pub fn parse(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text)
        .ok()
        .or_else(|| serde_json::from_str(&whole_surrogates(text)?).ok())
}

/// Whether JavaScript takes a value for true: all but what is missing, null, false, 0 and an empty text.
#[must_use]
pub fn is_truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

/// Replaces `\uD800`–`\uDFFF` escapes that are no pair by `\uFFFD`; `None` when there is none.
fn whole_surrogates(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let (kept, length) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (&escape[..12], 12),
            (Some(0xD800..=0xDFFF), _) => {
                changed = true;
                ("\\ufffd", 6)
            }
            (Some(_), _) => (&escape[..6], 6),
            (None, _) => {
                let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                (&escape[..length], length)
            }
        };
        mended.push_str(kept);
        rest = &escape[length..];
    }
    mended.push_str(rest);
    changed.then_some(mended)
}

/// The code unit of a `\uXXXX` escape at the start.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(body: &str) -> Value {
        Value::Object(Json::lenient(body.as_bytes()).0)
    }

    #[test]
    fn what_is_no_object_counts_as_an_empty_one() {
        for body in ["", "{", "null", "5", "\"x\"", "[1]", "{\"a\":NaN}", "{\"a\":1,}"] {
            assert_eq!(fields(body), json!({}), "{body}");
        }
        assert_eq!(fields("\u{feff}{\"a\":1}"), json!({"a": 1}));
        assert_eq!(fields(r#"{"a":1,"a":2}"#), json!({"a": 2}));
        assert_eq!(Json::lenient(b"{\"a\":\"\xff\"}").get("a"), Some(&json!("\u{fffd}")));
    }

    #[test]
    fn a_lone_surrogate_becomes_the_replacement_character_and_a_pair_stays() {
        assert_eq!(fields(r#"{"a":"x\ud800y"}"#), json!({"a": "x\u{fffd}y"}));
        assert_eq!(fields(r#"{"a":"\ud83d\ude00\udc00"}"#), json!({"a": "😀\u{fffd}"}));
        assert_eq!(
            fields(r#"{"a":"\\ud800é\"\ud800"}"#),
            json!({"a": "\\ud800é\"\u{fffd}"})
        );
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        assert_eq!(
            fields(&format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))),
            json!({})
        );
    }

    #[test]
    fn required_and_truthy_texts() {
        let body = Json::lenient(br#"{"a":"","b":5,"c":"x","d":null,"e":0,"f":false}"#);
        assert_eq!(body.required_text("a").unwrap(), "");
        assert_eq!(
            body.required_text("b").unwrap_err().body,
            json!({"error": "b is required"})
        );
        assert_eq!(
            body.required_text("d").unwrap_err().body,
            json!({"error": "d is required"})
        );
        assert_eq!(body.truthy_text("a").unwrap(), None);
        assert_eq!(body.truthy_text("c").unwrap(), Some("x"));
        assert_eq!(body.truthy_text("e").unwrap(), None);
        assert_eq!(body.truthy_text("f").unwrap(), None);
        assert_eq!(body.truthy_text("b").unwrap_err().body, json!({"error": "Invalid b"}));
    }
}
