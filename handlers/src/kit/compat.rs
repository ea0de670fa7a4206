//! Compatibility switches: legacy behaviour that is off by default because it is a hole, and can be admitted per route.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::HeaderMap;
use http::header::{HOST, ORIGIN, REFERER};

/// The switches that the flag file turns on for a route, set by the proxy as an extension. Empty means strict.
#[derive(Clone, Debug, Default)]
pub struct Compat(pub Arc<BTreeSet<String>>);

/// Whether a browser says that the request comes from a page of this origin (contract decision 2 asks for it).
///
/// `Sec-Fetch-Site` decides where it is sent, because a page cannot forge it; older browsers are judged by `Origin`, then by
/// `Referer`, against the host that was asked. A request with none of the three is not from a page.
#[must_use]
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = text(headers, "sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(host) = text(headers, HOST.as_str()) else {
        return false;
    };
    let from = text(headers, ORIGIN.as_str()).or_else(|| text(headers, REFERER.as_str()));
    from.and_then(authority)
        .is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    rest.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_origin(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect();
        is_same_origin(&headers)
    }

    #[test]
    fn the_browser_says_where_the_page_is_from() {
        assert!(same_origin(&[("sec-fetch-site", "same-origin")]));
        assert!(!same_origin(&[
            ("sec-fetch-site", "cross-site"),
            ("host", "a.example"),
            ("origin", "https://a.example")
        ]));
        assert!(same_origin(&[("host", "a.example"), ("origin", "https://a.example")]));
        assert!(!same_origin(&[("host", "a.example"), ("origin", "https://b.example")]));
        assert!(same_origin(&[
            ("host", "a.example:8080"),
            ("referer", "http://a.example:8080/admin")
        ]));
        assert!(!same_origin(&[
            ("host", "a.example"),
            ("referer", "https://a.example.b.example/")
        ]));
        assert!(!same_origin(&[("host", "a.example")]));
    }
}
