//! Which headers cross the proxy (RFC 9110, section 7.6.1), and which never reach the legacy app.

use http::HeaderMap;
use http::header::{CONNECTION, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};

use crate::exchange::RequestFacts;

/// Between two neighbours only.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("http2-settings"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
];

/// Headers by which Next.js talks to itself; from outside they skip middleware or confuse its caches.
const NEXT_INTERNAL: [&str; 18] = [
    "x-middleware-subrequest",
    "x-middleware-subrequest-id",
    "x-middleware-rewrite",
    "x-middleware-redirect",
    "x-middleware-set-cookie",
    "x-middleware-skip",
    "x-middleware-override-headers",
    "x-middleware-next",
    "x-middleware-invoke",
    "x-now-route-matches",
    "x-matched-path",
    "x-nextjs-data",
    "x-nextjs-request-id",
    "x-nextjs-html-request-id",
    "x-next-resume-state-length",
    "next-resume",
    "x-original-url",
    "x-rewrite-url",
];

/// Prefixes that only Ficus or Next.js itself may use.
const RESERVED_PREFIXES: [&str; 2] = ["x-ficus-", "x-invoke-"];

/// Names that nobody may nominate away with `Connection`: without them the request would mean something else.
const NEVER_NOMINATED: [HeaderName; 1] = [HOST];

/// The protocol that a request wants to change to, when it may: `Upgrade` needs `Connection: upgrade`, and h2c is refused
/// because it would let requests pass unseen.
#[must_use]
pub(super) fn wanted_upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let protocol = headers.get(UPGRADE)?;
    let nominated = nominated(headers).any(|name| name.eq_ignore_ascii_case("upgrade"));
    let h2c = protocol
        .to_str()
        .is_ok_and(|text| text.to_ascii_lowercase().contains("h2c"));
    (nominated && !h2c).then(|| protocol.clone())
}

/// Makes the headers of a request fit for the upstream: nothing hop-by-hop, nothing internal, then our own word on who asked.
pub fn forwardable_request(headers: &mut HeaderMap, facts: &RequestFacts, trusted_peer: bool) -> Option<HeaderValue> {
    let upgrade = wanted_upgrade(headers);
    let trailers = headers
        .get(TE)
        .is_some_and(|te| te.to_str().is_ok_and(|te| te.eq_ignore_ascii_case("trailers")));
    strip_hop_by_hop(headers);
    strip_internal(headers);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(protocol) = &upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol.clone());
    }
    add_forwarded(headers, facts, trusted_peer);
    upgrade
}

/// Makes the headers of an answer fit for the client.
pub fn forwardable_response(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
}

fn nominated(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let names: Vec<HeaderName> = nominated(headers).filter_map(|name| name.parse().ok()).collect();
        for name in names {
            if !NEVER_NOMINATED.contains(&name) {
                headers.remove(name);
            }
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove(UPGRADE);
}

fn strip_internal(headers: &mut HeaderMap) {
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_internal(name.as_str()))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
}

fn is_internal(name: &str) -> bool {
    // An underscore twin (`x_forwarded_for`) reads like the real header to some servers, so it is held to the same rule.
    let twin = name.contains('_').then(|| name.replace('_', "-"));
    let name = twin.as_deref().unwrap_or(name);
    let starts = RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    starts
        || (name.starts_with("x-") || name.starts_with("next-")) && NEXT_INTERNAL.contains(&name)
        || twin.is_some() && is_forwarded(name)
}

fn is_forwarded(name: &str) -> bool {
    name.starts_with("x-forwarded-")
        || matches!(
            name,
            "forwarded" | "x-real-ip" | "transfer-encoding" | "content-length" | "host"
        )
}

/// Says who asked. What an untrusted peer claims is dropped; a trusted one's list is continued.
fn add_forwarded(headers: &mut HeaderMap, facts: &RequestFacts, trusted_peer: bool) {
    const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
    const HOST_NAME: HeaderName = HeaderName::from_static("x-forwarded-host");
    const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
    const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
    if !trusted_peer {
        for name in [FOR, PROTO, HOST_NAME, PORT, REAL_IP, http::header::FORWARDED] {
            headers.remove(name);
        }
    }
    let chain = match headers.get(&FOR).and_then(|chain| chain.to_str().ok()) {
        Some(chain) => format!("{chain}, {}", facts.peer),
        None => facts.peer.to_string(),
    };
    if let Ok(chain) = HeaderValue::try_from(chain) {
        headers.insert(FOR, chain);
    }
    if !headers.contains_key(&PROTO) {
        headers.insert(PROTO, HeaderValue::from_static(facts.scheme));
    }
    if !headers.contains_key(&HOST_NAME)
        && let Some(host) = headers.get(HOST).cloned()
    {
        headers.insert(HOST_NAME, host);
    }
}

#[cfg(test)]
mod tests;
