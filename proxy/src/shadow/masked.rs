//! What a recording may hold of a request or an answer. A replay looks at native's answer through the same glasses, so that a
//! masked value equals what it stands for.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::Uri;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::redact;

/// A body that may be kept, and whether anything in it was masked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) text: String,
    pub(crate) changed: bool,
}

/// The value of one header.
pub(crate) fn header(name: &HeaderName, value: &HeaderValue) -> String {
    let shown = String::from_utf8_lossy(value.as_bytes());
    if is_policy(name.as_str()) {
        return redact::text(&shown);
    }
    let mut alone = HeaderMap::new();
    alone.insert(name.clone(), value.clone());
    match redact::headers(&alone).get(name.as_str()) {
        Some(Value::String(text)) => text.clone(),
        _ => redact::SECRET.to_owned(),
    }
}

/// Headers that say who may ask, and nothing about who did.
fn is_policy(name: &str) -> bool {
    name.starts_with("access-control-") || matches!(name, "origin" | "sec-fetch-site" | "www-authenticate")
}

/// Path and query; `route` tells the names of dynamic segments.
pub(crate) fn target(uri: &Uri, route: &str) -> String {
    redact::target(uri, route)
}

/// A whole body. Nothing is kept of one that is no text but its length and a digest, which is enough to compare it.
pub(crate) fn body(headers: &HeaderMap, body: &[u8]) -> Body {
    let kept = |text: &str| Body {
        text: text.to_owned(),
        changed: false,
    };
    if body.is_empty() {
        return kept("");
    }
    let Ok(text) = std::str::from_utf8(body) else {
        let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        return Body {
            text: format!("[{} bytes, sha256 {digest}]", body.len()),
            changed: true,
        };
    };
    let masked = match serde_json::from_str::<Value>(text) {
        Ok(tree) => {
            let masked = redact::value(&tree);
            if masked == tree {
                return kept(text);
            }
            masked.to_string()
        }
        Err(_) => match redact::body(headers, body, usize::MAX).value {
            Value::String(masked) => masked,
            other => other.to_string(),
        },
    };
    Body {
        changed: masked != text,
        text: masked,
    }
}

/// The claims of a JSON Web Token, masked: without its signature it is worth nothing.
pub(crate) fn claims(payload: &Value) -> Value {
    redact::value(payload)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::body;

    #[test]
    fn a_body_without_secrets_is_kept_as_it_came_and_others_are_masked() {
        let headers = HeaderMap::new();
        let plain = br#"{ "a" : 1.0 }"#;
        let kept = body(&headers, plain);
        assert_eq!((kept.text.as_bytes(), kept.changed), (&plain[..], false));
        let masked = body(&headers, br#"{"password":"x","a":1}"#);
        assert_eq!(
            (masked.text.as_str(), masked.changed),
            (r#"{"password":"[secret]","a":1}"#, true)
        );
        let binary = body(&headers, &[0xff, 0]);
        assert!(binary.text.starts_with("[2 bytes, sha256 ") && binary.changed);
    }
}
