//! Nothing secret and nothing personal goes into the store: fields by their name, and whatever looks like an address, a phone,
//! a card or a token wherever it stands.

mod names;
mod patterns;

#[cfg(test)]
mod tests;

use http::header::{CONTENT_TYPE, HeaderMap};
use http::uri::Uri;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

pub(super) use self::patterns::text;

/// Stands for a redacted value.
pub(super) const SECRET: &str = "[secret]";

/// Parts of a cookie that say nothing about its holder.
const COOKIE_ATTRIBUTES: [&str; 7] = ["path", "domain", "expires", "max-age", "secure", "httponly", "samesite"];

/// A value of which only the place is known, as a path template.
pub(super) fn at_path(path: &str, value: &Value) -> Value {
    if path.starts_with("header:set-cookie") {
        let attribute = COOKIE_ATTRIBUTES
            .iter()
            .any(|name| path.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')));
        return if attribute { self::value(value) } else { masked(value) };
    }
    let named = path
        .split(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-')))
        .any(|name| names::is_secret(name, value));
    if named { masked(value) } else { self::value(value) }
}

/// A value with its secret members masked.
pub(super) fn value(value: &Value) -> Value {
    match value {
        Value::String(content) => Value::from(text(content)),
        Value::Array(members) => members.iter().map(self::value).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (text(name), member_of(name, member)))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn member_of(name: &str, member: &Value) -> Value {
    if names::is_secret(name, member) {
        masked(member)
    } else {
        value(member)
    }
}

/// The type and the emptiness stay visible, because they are often the difference.
fn masked(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        Value::Array(members) => Value::Array(members.iter().map(masked).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (text(name), masked(member)))
                .collect(),
        ),
        Value::String(_) | Value::Number(_) => Value::from(SECRET),
    }
}

/// Headers that say something about the endpoint; of all others only the name is kept.
pub(super) fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut kept = Map::new();
    for name in headers.keys() {
        let shown = if names::is_plain_header(name.as_str()) {
            let values = headers.get_all(name).iter();
            let values: Vec<_> = values
                .map(|value| text(&String::from_utf8_lossy(value.as_bytes())))
                .collect();
            values.join(", ")
        } else {
            SECRET.to_owned()
        };
        kept.insert(name.as_str().to_owned(), Value::from(shown));
    }
    kept
}

/// A body as it may be kept.
#[derive(Debug)]
pub(super) struct Shown {
    /// The body: a tree if it is JSON, else its text, else its size.
    pub(super) value: Value,
    /// Whether it was neither cut nor replaced by its size.
    pub(super) whole: bool,
}

/// A body, redacted and cut.
pub(super) fn body(headers: &HeaderMap, body: &[u8], longest: usize) -> Shown {
    if body.is_empty() {
        return Shown {
            value: Value::Null,
            whole: true,
        };
    }
    let media_type = headers
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .unwrap_or_default();
    if let Ok(tree) = serde_json::from_slice::<Value>(body) {
        let tree = value(&tree);
        let shown = tree.to_string();
        return if shown.len() <= longest {
            Shown {
                value: tree,
                whole: true,
            }
        } else {
            shortened(shown, longest)
        };
    }
    if media_type.starts_with("application/x-www-form-urlencoded") {
        return shortened(query(&String::from_utf8_lossy(body)), longest);
    }
    // A multipart form names its fields in a way that is not worth parsing for a sample; files are personal anyway.
    match std::str::from_utf8(body) {
        Ok(content) if !media_type.starts_with("multipart/") => shortened(text(content), longest),
        _ => Shown {
            value: Value::from(format!("[{} bytes]", body.len())),
            whole: false,
        },
    }
}

/// Path and query, with secret parameters masked; `route` tells the names of the dynamic segments.
pub(super) fn target(uri: &Uri, route: &str) -> String {
    let pattern = route.split_once(' ').map_or(route, |(_, pattern)| pattern);
    let mut names = pattern.split('/');
    let path: Vec<String> = uri
        .path()
        .split('/')
        .map(|segment| segment_of(segment, names.next().unwrap_or_default()))
        .collect();
    match uri.query() {
        Some(parameters) => format!("{}?{}", path.join("/"), query(parameters)),
        None => path.join("/"),
    }
}

fn segment_of(segment: &str, name: &str) -> String {
    let name = name.trim_matches(['[', ']', '.']);
    let plain = percent_decode_str(segment).decode_utf8_lossy();
    if names::is_secret(name, &Value::from(&*plain)) {
        return SECRET.to_owned();
    }
    let redacted = text(&plain);
    if redacted == plain {
        segment.to_owned()
    } else {
        redacted
    }
}

/// `name=value` pairs.
fn query(parameters: &str) -> String {
    let pair = |pair: &str| {
        let (name, content) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = content.replace('+', " ");
        let plain = percent_decode_str(&plain).decode_utf8_lossy();
        let redacted = text(&plain);
        if names::is_secret(name, &Value::from(&*plain)) && !plain.is_empty() {
            format!("{name}={SECRET}")
        } else if redacted == plain {
            pair.to_owned()
        } else {
            format!("{name}={redacted}")
        }
    };
    parameters.split('&').map(pair).collect::<Vec<_>>().join("&")
}

fn shortened(mut content: String, longest: usize) -> Shown {
    let whole = content.len() <= longest;
    if !whole {
        let total = content.len();
        content.truncate(content.floor_char_boundary(longest));
        content.push_str(&format!("… ({total} bytes)"));
    }
    Shown {
        value: Value::from(content),
        whole,
    }
}
