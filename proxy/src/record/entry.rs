//! From an exchange as it was to an entry that may be kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::tap::Raw;
use crate::shadow::{decoded, masked};

/// Longest answer once it is decoded, in bytes.
const LONGEST_ANSWER: usize = 8 << 20;

/// Headers that say nothing about the endpoint: of the connection, of the hops, of the browser's build, and our own.
const LEFT_OUT: [&str; 17] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "date",
    "forwarded",
    "host",
    "keep-alive",
    "priority",
    "referer",
    "te",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-request-id",
];

/// The same, by their beginnings.
const LEFT_OUT_BEGINNINGS: [&str; 5] = [
    "sec-ch-",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "x-ficus-",
    "x-forwarded-",
];

/// The entry, or `None` when the answer is encoded in an unknown way. `number` makes its id unique in the recording.
pub(super) fn entry(raw: &Raw, number: u64) -> Option<Value> {
    let answer = decoded(&raw.answer_headers, raw.answer.body.clone(), LONGEST_ANSWER).ok()?;
    let took = raw.answer.ended_ms.saturating_sub(raw.started_ms).max(0);
    let (request, hidden) = request(raw);
    let claims = claims(&raw.headers);
    // A token whose claims are known can be signed anew for a replay.
    let hidden: Vec<String> = hidden
        .into_iter()
        .filter(|part| claims.is_none() || part != "header:authorization")
        .collect();
    let mut entry = json!({
        "_id": id(raw, number),
        "_area": area(raw.uri.path()),
        "_masked": hidden,
        "startedDateTime": rfc3339(raw.started_ms),
        "time": took,
        "request": request,
        "response": response(raw, &answer),
        "cache": {},
        "timings": { "send": 0, "wait": took, "receive": 0 },
    });
    if let Some(claims) = claims {
        entry["_claims"] = claims;
    }
    Some(entry)
}

/// The request, and the parts of it that had to be masked.
fn request(raw: &Raw) -> (Value, Vec<String>) {
    let mut hidden = Vec::new();
    let target = masked::target(&raw.uri, &raw.route);
    if raw.uri.path_and_query().is_some_and(|plain| plain.as_str() != target) {
        hidden.push("target".to_owned());
    }
    let headers = headers(&raw.headers, &mut hidden);
    let host = raw
        .headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("legacy");
    let mut request = json!({
        "method": raw.method.as_str(),
        "url": format!("{}://{host}{target}", raw.scheme),
        "httpVersion": "HTTP/1.1",
        "headers": headers,
        "cookies": [],
        "queryString": [],
        "headersSize": -1,
        "bodySize": -1,
    });
    if let Some(body) = &raw.body {
        let body = masked::body(&raw.headers, &body.body);
        if body.changed {
            hidden.push("body".to_owned());
        }
        request["postData"] = json!({ "mimeType": media_type(&raw.headers), "text": body.text });
    }
    (request, hidden)
}

fn response(raw: &Raw, answer: &[u8]) -> Value {
    let body = masked::body(&raw.answer_headers, answer);
    json!({
        "status": raw.status.as_u16(),
        "statusText": raw.status.canonical_reason().unwrap_or_default(),
        "httpVersion": "HTTP/1.1",
        "headers": headers(&raw.answer_headers, &mut Vec::new()),
        "cookies": [],
        "content": { "size": answer.len(), "mimeType": media_type(&raw.answer_headers), "text": body.text },
        "redirectURL": raw.answer_headers.get(LOCATION).map(|value| masked::header(&LOCATION, value)).unwrap_or_default(),
        "headersSize": -1,
        "bodySize": -1,
    })
}

/// The headers that are kept; the names of those whose values are not go to `hidden`.
fn headers(headers: &HeaderMap, hidden: &mut Vec<String>) -> Vec<Value> {
    let kept = headers.iter().filter(|(name, _)| !is_left_out(name));
    kept.map(|(name, value)| {
        let shown = masked::header(name, value);
        if shown.as_bytes() != value.as_bytes() {
            hidden.push(format!("header:{name}"));
        }
        json!({ "name": name.as_str(), "value": shown })
    })
    .collect()
}

fn is_left_out(name: &HeaderName) -> bool {
    let name = name.as_str();
    LEFT_OUT.contains(&name) || LEFT_OUT_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .map(|value| masked::header(&CONTENT_TYPE, value));
    value.unwrap_or_default()
}

/// The claims of a JSON Web Token in the `Authorization` header, masked.
fn claims(headers: &HeaderMap) -> Option<Value> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let [_, payload, _] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    payload.is_object().then(|| masked::claims(&payload))
}

/// `get.api.crm.tickets.17`: by the pattern where a flag names it, so that no value of a path gets into an id.
fn id(raw: &Raw, number: u64) -> String {
    let place = match raw.route.split_once(' ') {
        Some((_, pattern)) => pattern.to_owned(),
        None => area(raw.uri.path()),
    };
    let words = place
        .split(|one: char| !one.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let slug: Vec<&str> = words.collect();
    format!(
        "{}.{}.{number}",
        raw.method.as_str().to_ascii_lowercase(),
        slug.join(".")
    )
}

/// The first word of the path below `/api` or `/api/v1`.
fn area(path: &str) -> String {
    let mut words = path
        .split('/')
        .filter(|word| !word.is_empty() && !matches!(*word, "api" | "v1"));
    let word = words.next().unwrap_or("root");
    word.chars()
        .filter(|one| one.is_ascii_alphanumeric() || *one == '-')
        .take(40)
        .collect()
}

fn rfc3339(milliseconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000);
    at.ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
