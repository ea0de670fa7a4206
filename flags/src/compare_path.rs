//! A place of an answer that a comparison rule names: a path in the JSON body, or a response header.

use std::fmt;
use std::str::FromStr;

use http::HeaderName;
use serde::{Serialize, Serializer};

use crate::json_path::{JsonPath, JsonPathError};

const HEADER: &str = "header:";
const COOKIES: &str = "set-cookie";

/// A place of an answer. Written as the report writes it: `$.items[*].total`, `header:cache-control`,
/// `header:set-cookie.session`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComparePath {
    /// A value of the JSON body.
    Body(JsonPath),
    /// A response header by its name in lower case.
    Header(String),
    /// One cookie by its name.
    Cookie(String),
}

impl FromStr for ComparePath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.strip_prefix(HEADER) else {
            return text.parse().map(Self::Body);
        };
        let wrong = |message| JsonPathError {
            offset: HEADER.len(),
            message,
        };
        let lower = rest.to_ascii_lowercase();
        if lower.starts_with(COOKIES) && lower.len() > COOKIES.len() {
            let cookie = cookie_name(&rest[COOKIES.len()..]);
            return cookie.map(Self::Cookie).ok_or_else(|| {
                wrong("a cookie is named `header:set-cookie.NAME`, or `header:set-cookie['odd.name']`")
            });
        }
        // Only real header names, so that a rule cannot name something that never comes.
        HeaderName::from_bytes(lower.as_bytes())
            .map(|name| Self::Header(name.as_str().to_owned()))
            .map_err(|_| wrong("the name of a response header follows `header:`"))
    }
}

/// `.session`, `['odd.name']` or `["odd.name"]`.
fn cookie_name(text: &str) -> Option<String> {
    let quoted = |quote: char| {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.strip_prefix(quote)?.strip_suffix(quote)
    };
    let name = text
        .strip_prefix('.')
        .or_else(|| quoted('\''))
        .or_else(|| quoted('"'))?;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"=;,\"'[]".contains(&byte));
    plain.then(|| name.to_owned())
}

impl fmt::Display for ComparePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(path) => path.fmt(formatter),
            Self::Header(name) => write!(formatter, "{HEADER}{name}"),
            Self::Cookie(name) => write!(formatter, "{HEADER}{COOKIES}['{name}']"),
        }
    }
}

impl Serialize for ComparePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::ComparePath;

    #[test]
    fn a_place_is_written_as_the_report_writes_it() {
        for (text, shown) in [
            ("$.items[*].total", "$.items[*].total"),
            ("header:Cache-Control", "header:cache-control"),
            ("header:set-cookie", "header:set-cookie"),
            ("header:set-cookie.session", "header:set-cookie['session']"),
            (
                "header:set-cookie[\"next-auth.session-token\"]",
                "header:set-cookie['next-auth.session-token']",
            ),
        ] {
            let path: ComparePath = text.parse().expect(text);
            assert_eq!(path.to_string(), shown);
            assert_eq!(shown.parse::<ComparePath>().as_ref(), Ok(&path));
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "header:",
            "header:a b",
            "header:set-cookie.",
            "header:set-cookie['a",
            "items",
            "header:é",
        ] {
            assert!(text.parse::<ComparePath>().is_err(), "{text}");
        }
    }
}
