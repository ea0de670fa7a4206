//! The recorded request: as native gets it, and as a person can send it again.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use jsonwebtoken::{EncodingKey, Header as TokenHeader};
use serde_json::Value;
use time::OffsetDateTime;

use super::har::{Content, Entry, Header, Request};

/// How long a token lives that is signed anew, in seconds.
const LIFETIME: i64 = 3_600;

/// The recorded request; `None` when no server would have let it through to a handler.
pub(super) fn http_request(entry: &Entry, recorded: &Request, compat: bool) -> Option<http::Request<Bytes>> {
    let body = match &recorded.post_data {
        Some(content) => content.bytes()?,
        None => Vec::new(),
    };
    let mut request = http::Request::new(Bytes::from(body));
    *request.method_mut() = recorded.method.parse::<Method>().ok()?;
    *request.uri_mut() = path_of(&recorded.url).parse::<Uri>().ok()?;
    *request.headers_mut() = headers(&recorded.headers);
    let host = recorded.url.split("://").nth(1).and_then(|rest| rest.split('/').next());
    if let Some(host) = host.and_then(|host| HeaderValue::from_str(host).ok()) {
        request.headers_mut().insert(http::header::HOST, host);
    }
    if compat && entry.masked.is_none() {
        let page = HeaderValue::from_static("same-origin");
        request.headers_mut().insert("sec-fetch-site", page);
    }
    Some(request)
}

/// A token with the claims of one that a recording leaves out, signed for the lab and valid now.
pub(super) fn signed(claims: &Value, secret: &str, now: OffsetDateTime) -> Option<HeaderValue> {
    let mut claims = claims.clone();
    let members = claims.as_object_mut()?;
    members.insert("iat".to_owned(), now.unix_timestamp().into());
    members.insert("exp".to_owned(), (now.unix_timestamp() + LIFETIME).into());
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&TokenHeader::default(), &claims, &key).ok()?;
    HeaderValue::from_str(&format!("Bearer {token}")).ok()
}

/// Whether a request carries a JSON Web Token, which only the secret of the recording makes valid.
pub(super) fn carries_token(request: &Request) -> bool {
    let value = request
        .headers
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case("authorization"));
    value.is_some_and(|one| one.value.starts_with("Bearer ") && one.value.split('.').count() == 3)
}

pub(super) fn headers(recorded: &[Header]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for one in recorded {
        if let (Ok(name), Ok(value)) = (one.name.parse::<HeaderName>(), HeaderValue::from_str(&one.value)) {
            headers.append(name, value);
        }
    }
    headers
}

/// Path and query of an absolute URL.
pub(super) fn path_of(url: &str) -> &str {
    url.split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
        .unwrap_or("/")
}

/// What was sent.
pub(super) fn body_of(request: &Request) -> Vec<u8> {
    request.post_data.as_ref().and_then(Content::bytes).unwrap_or_default()
}

/// Values of headers that may be secret are not shown.
pub(super) fn curl(request: &Request) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let target = format!("$FICUS_URL{}", path_of(&request.url));
    let mut line = format!("curl -i -X {} \"{}\"", request.method, target.replace('"', "%22"));
    for one in &request.headers {
        let value = match one.name.to_ascii_lowercase().as_str() {
            "accept" | "content-type" | "origin" | "accept-language" => one.value.as_str(),
            _ => "…",
        };
        line.push_str(&format!(" -H {}", quoted(&format!("{}: {value}", one.name))));
    }
    if let Some(body) = request.post_data.as_ref().and_then(Content::bytes) {
        match String::from_utf8(body) {
            Ok(text) if text.len() <= 2_000 => line.push_str(&format!(" --data-raw {}", quoted(&text))),
            _ => line.push_str(" --data-binary @body"),
        }
    }
    line
}
