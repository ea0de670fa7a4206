//! Which headers cross the proxy (RFC 9110, section 7.6.1), and which never reach the legacy app.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{CONNECTION, HOST, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE};

use crate::exchange::{Notable, RequestFacts};

/// Between two neighbours only; `trailer` unless trailers may follow.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers by which Next.js talks to itself, and some by which others are told to take a request for another one. From outside they
/// skip middleware, confuse caches or change the method and path that the decision was made on.
const INTERNAL: [&str; 22] = [
    "next-resume",
    "x-http-method",
    "x-http-method-override",
    "x-matched-path",
    "x-method-override",
    "x-middleware-invoke",
    "x-middleware-next",
    "x-middleware-override-headers",
    "x-middleware-redirect",
    "x-middleware-rewrite",
    "x-middleware-set-cookie",
    "x-middleware-skip",
    "x-middleware-subrequest",
    "x-middleware-subrequest-id",
    "x-next-resume-state-length",
    "x-nextjs-data",
    "x-nextjs-html-request-id",
    "x-nextjs-request-id",
    "x-now-route-matches",
    "x-original-url",
    "x-prerender-revalidate",
    "x-rewrite-url",
];

/// By these a page of an app in development names its requests, to speak about them with the server.
const IN_DEVELOPMENT: [&str; 2] = ["x-nextjs-html-request-id", "x-nextjs-request-id"];

/// Prefixes that only Ficus or Next.js itself may use.
const RESERVED_PREFIXES: [&str; 2] = ["x-ficus-", "x-invoke-"];

/// By these a proxy says who asked. Only a trusted one is believed.
const WHO_ASKED: [&str; 7] = [
    "cf-connecting-ip",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-real-ip",
];

/// Names that nobody may nominate away with `Connection`: without them the request would mean something else, or they are ours.
const NEVER_NOMINATED: [HeaderName; 3] = [
    HOST,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("x-request-id"),
];

/// The protocol that a request wants to change to, when it may: `Upgrade` needs `Connection: upgrade`, and it must be WebSocket.
/// Anything else (h2c above all) would let requests pass unseen.
#[must_use]
pub(super) fn wanted_upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut protocols = headers.get_all(UPGRADE).iter();
    let protocol = protocols.next().filter(|_| protocols.next().is_none())?;
    let websocket = protocol.as_bytes().eq_ignore_ascii_case(b"websocket");
    let nominated = nominated(headers).any(|name| name.eq_ignore_ascii_case("upgrade"));
    (websocket && nominated).then(|| protocol.clone())
}

/// What holds for the headers of one request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Passing {
    /// Whether the peer is believed when it says who asked.
    pub trusted_peer: bool,
    /// Whether the upstream is an app in development, which gets the names that its pages give to requests.
    pub development: bool,
}

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Our own word on who asked, where nobody has said anything before: it need not stand among the headers to be sent with them.
#[derive(Debug, Clone, Copy)]
pub struct Forwarded<'a> {
    peer: &'a HeaderValue,
    scheme: &'static str,
}

/// What has become of the headers of a request.
#[derive(Debug)]
pub struct Forwardable<'a> {
    /// The protocol that the request wants to change to.
    pub upgrade: Option<HeaderValue>,
    /// What is to be sent with them.
    pub forwarded: Option<Forwarded<'a>>,
}

/// Makes the headers of a request fit for the upstream: nothing hop-by-hop, nothing internal, then our own word on who asked.
pub fn forwardable_request<'a>(headers: &mut HeaderMap, facts: &'a RequestFacts, passing: Passing) -> Forwardable<'a> {
    let upgrade = match facts.notable.has(Notable::KEPT) {
        true => strip_request(headers, passing),
        false => None,
    };
    let forwarded = if passing.trusted_peer && facts.notable.has(Notable::FORWARDED) {
        continue_forwarded(headers, facts);
        None
    } else {
        Some(Forwarded {
            peer: &facts.peer_text,
            scheme: facts.scheme,
        })
    };
    Forwardable { upgrade, forwarded }
}

impl<'a> Forwarded<'a> {
    /// Whether a header of this name would say the same.
    pub(super) fn says(name: &HeaderName) -> bool {
        *name == FOR || *name == PROTO || *name == FORWARDED_HOST
    }

    /// The fields, for a request with this host.
    pub(super) fn fields(self, host: Option<&'a HeaderValue>) -> impl Iterator<Item = (HeaderName, &'a [u8])> {
        let fields = [
            (FOR, Some(self.peer.as_bytes())),
            (PROTO, Some(self.scheme.as_bytes())),
            (FORWARDED_HOST, host.map(HeaderValue::as_bytes)),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// Puts it among the headers.
    pub fn insert_into(self, headers: &mut HeaderMap) {
        let host = headers.get(HOST).cloned();
        headers.insert(FOR, self.peer.clone());
        headers.insert(PROTO, HeaderValue::from_static(self.scheme));
        if let Some(host) = host {
            headers.insert(FORWARDED_HOST, host);
        }
    }
}

/// Takes off what an upstream must not see; gives back the protocol that the request wants to change to.
fn strip_request(headers: &mut HeaderMap, passing: Passing) -> Option<HeaderValue> {
    let upgrade = wanted_upgrade(headers);
    let trailers = headers
        .get(TE)
        .is_some_and(|te| te.to_str().is_ok_and(|te| te.eq_ignore_ascii_case("trailers")));
    let announced = announces_trailers(headers);
    strip_nominated(headers);
    strip(headers, |name| {
        let kept = passing.development && IN_DEVELOPMENT.contains(&name);
        is_hop_by_hop(name, announced) || is_internal(name) && !kept || !passing.trusted_peer && says_who_asked(name)
    });
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(protocol) = &upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol.clone());
    }
    upgrade
}

/// Whether a request header of this name, in lower case, may not reach an upstream as it is.
pub(crate) fn is_kept_from_upstream(name: &str) -> bool {
    is_hop_by_hop(name, false) || is_internal(name) || says_who_asked(name)
}

/// Makes the headers of an answer fit for the client. What `notable` does not have is not looked for.
pub fn forwardable_response(headers: &mut HeaderMap, notable: Notable) {
    if !notable.has(Notable::KEPT) {
        return;
    }
    let announced = announces_trailers(headers);
    strip_nominated(headers);
    strip(headers, |name| is_hop_by_hop(name, announced));
}

/// Whether trailers may follow, so that `Trailer` has something to say to whoever is next (RFC 9110, section 6.6.2): a body that
/// has them comes in chunks.
fn announces_trailers(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
}

fn is_hop_by_hop(name: &str, announces_trailers: bool) -> bool {
    HOP_BY_HOP.contains(&name) && !(announces_trailers && name == "trailer")
}

fn nominated(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn strip_nominated(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let names: Vec<HeaderName> = nominated(headers).filter_map(|name| name.parse().ok()).collect();
        for name in names {
            if !NEVER_NOMINATED.contains(&name) {
                headers.remove(name);
            }
        }
    }
}

/// Takes off what `doomed` names, in one pass over the names.
fn strip(headers: &mut HeaderMap, doomed: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| doomed(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

fn is_internal(name: &str) -> bool {
    // An underscore twin (`x_forwarded_for`) reads like the real header to some servers, so it is held to the same rule.
    let twin = name.contains('_').then(|| name.replace('_', "-"));
    let name = twin.as_deref().unwrap_or(name);
    let starts = RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    starts
        || (name.starts_with("x-") || name.starts_with("next-")) && INTERNAL.contains(&name)
        || twin.is_some() && is_sensitive(name)
}

/// Whether a proxy says with it who asked.
fn says_who_asked(name: &str) -> bool {
    name.starts_with("x-forwarded-") || WHO_ASKED.contains(&name)
}

/// What must not come under another spelling.
fn is_sensitive(name: &str) -> bool {
    says_who_asked(name)
        || HOP_BY_HOP.contains(&name)
        || matches!(
            name,
            "content-length" | "content-type" | "content-encoding" | "x-request-id" | "next-action"
        )
}

/// Continues what a trusted peer says of who asked.
fn continue_forwarded(headers: &mut HeaderMap, facts: &RequestFacts) {
    let host = headers.get(HOST).cloned();
    let chain = continued(headers, &FOR, &facts.peer_text);
    headers.insert(FOR, chain);
    if headers.contains_key(http::header::FORWARDED) {
        let element = forwarded_element(facts, host.as_ref());
        let chain = continued(headers, &http::header::FORWARDED, element.as_bytes());
        headers.insert(http::header::FORWARDED, chain);
    }
    if !headers.contains_key(&PROTO) {
        headers.insert(PROTO, HeaderValue::from_static(facts.scheme));
    }
    if !headers.contains_key(&FORWARDED_HOST)
        && let Some(host) = host
    {
        headers.insert(FORWARDED_HOST, host);
    }
}

/// All lines of a list as one, with one element more.
fn continued(headers: &HeaderMap, name: &HeaderName, element: impl AsRef<[u8]>) -> HeaderValue {
    let mut chain = Vec::new();
    for line in headers.get_all(name).iter().filter(|line| line.to_str().is_ok()) {
        chain.extend_from_slice(line.as_bytes());
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(element.as_ref());
    // Visible ASCII, all of it: that is what `to_str` lets through.
    HeaderValue::try_from(chain).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// What Ficus itself has seen (RFC 7239, section 4).
fn forwarded_element(facts: &RequestFacts, host: Option<&HeaderValue>) -> String {
    let client = match facts.peer {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    };
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("for={client};host=\"{host}\";proto={}", facts.scheme)
}

#[cfg(test)]
mod tests;
