//! Which headers of a request some step acts on. Most requests have few of them: one look at the names, when the request begins,
//! takes the place of a look-up by every step for every name.

use http::HeaderMap;

use crate::upstream::is_kept_from_upstream;

/// Kinds of headers that a request has. Never fewer than it has: a header that a step takes off may stay noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notable(u16);

impl Notable {
    /// `Accept`.
    pub const ACCEPT: Self = Self(1);
    /// `Connection`.
    pub const CONNECTION: Self = Self(1 << 1);
    /// `Content-Length`.
    pub const CONTENT_LENGTH: Self = Self(1 << 2);
    /// `Cookie`.
    pub const COOKIE: Self = Self(1 << 3);
    /// `Expect`.
    pub const EXPECT: Self = Self(1 << 4);
    /// Headers that are Ficus's own, in either spelling.
    pub const FICUS: Self = Self(1 << 5);
    /// What a proxy says of who asked: `Forwarded`, `X-Forwarded-…`.
    pub const FORWARDED: Self = Self(1 << 6);
    /// Whatever never reaches an upstream, or only under conditions.
    pub const KEPT: Self = Self(1 << 7);
    /// `Next-Action`.
    pub const NEXT_ACTION: Self = Self(1 << 8);
    /// `X-Request-Id`.
    pub const REQUEST_ID: Self = Self(1 << 9);
    /// `TE`.
    pub const TE: Self = Self(1 << 10);
    /// `Traceparent` and `Tracestate`.
    pub const TRACE: Self = Self(1 << 11);
    /// `Transfer-Encoding`.
    pub const TRANSFER_ENCODING: Self = Self(1 << 12);
    /// `Upgrade`.
    pub const UPGRADE: Self = Self(1 << 13);

    /// Of these headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .keys()
            .fold(Self::default(), |noted, name| noted.and(Self::of_name(name.as_str())))
    }

    /// Whether any header of these kinds is among them.
    #[must_use]
    pub const fn has(self, kinds: Self) -> bool {
        self.0 & kinds.0 != 0
    }

    /// Of one name, in lower case. The most frequent ones come first.
    pub(crate) fn of_name(name: &str) -> Self {
        let known = match name {
            "accept" => return Self::ACCEPT,
            "content-length" => return Self::CONTENT_LENGTH,
            "cookie" => return Self::COOKIE,
            "accept-encoding" | "accept-language" | "cache-control" | "content-type" | "date" | "etag" | "host"
            | "last-modified" | "origin" | "referer" | "server" | "user-agent" | "vary" => return Self::default(),
            "connection" => Self::CONNECTION,
            "expect" => return Self::EXPECT,
            "next-action" => return Self::NEXT_ACTION,
            "te" => Self::TE,
            "traceparent" | "tracestate" => return Self::TRACE,
            "transfer-encoding" => Self::TRANSFER_ENCODING,
            "upgrade" => Self::UPGRADE,
            "x-request-id" => return Self::REQUEST_ID,
            _ if name.starts_with("x-ficus-") || name.contains('_') => Self::FICUS,
            _ if name == "forwarded" || name.starts_with("x-forwarded-") => Self::FORWARDED,
            _ => Self::default(),
        };
        if is_kept_from_upstream(name) {
            known.and(Self::KEPT)
        } else {
            known
        }
    }

    /// Of both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(names: &[&'static str]) -> Notable {
        let named = |name: &&'static str| (HeaderName::from_static(name), HeaderValue::from_static("x"));
        Notable::of(&names.iter().map(named).collect())
    }

    #[test]
    fn an_ordinary_request_has_nothing_of_note() {
        assert_eq!(
            of(&["host", "user-agent", "sec-fetch-mode", "x-api-key", "authorization"]),
            Notable::default()
        );
    }

    #[test]
    fn every_kind_is_noted_beside_others() {
        for (name, kind) in [
            ("accept", Notable::ACCEPT),
            ("connection", Notable::CONNECTION),
            ("content-length", Notable::CONTENT_LENGTH),
            ("cookie", Notable::COOKIE),
            ("expect", Notable::EXPECT),
            ("x-ficus-override", Notable::FICUS),
            ("x_ficus_override", Notable::FICUS),
            ("forwarded", Notable::FORWARDED),
            ("x-forwarded-host", Notable::FORWARDED),
            ("next-action", Notable::NEXT_ACTION),
            ("x-request-id", Notable::REQUEST_ID),
            ("te", Notable::TE),
            ("tracestate", Notable::TRACE),
            ("traceparent", Notable::TRACE),
            ("transfer-encoding", Notable::TRANSFER_ENCODING),
            ("upgrade", Notable::UPGRADE),
        ] {
            assert!(of(&["host", name, "pragma"]).has(kind), "{name}");
        }
    }

    #[test]
    fn what_may_not_reach_an_upstream_is_noted() {
        for name in [
            "connection",
            "forwarded",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "x-ficus-stage",
            "x-forwarded-for",
            "x-middleware-subrequest",
            "next-resume",
            "x-real-ip",
            "x_forwarded_for",
            "content_length",
        ] {
            assert!(of(&[name]).has(Notable::KEPT), "{name}");
        }
    }
}
