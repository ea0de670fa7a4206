//! Evaluations in the form that OFREP gives them.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::evaluate::{Evaluation, NoValue};
use crate::body::Body;
use crate::exchange::AnsweredByFicus;

/// Hexadecimal digits of the hash that make an entity tag.
const TAG_BYTES: usize = 12;

/// The answer to a question for one flag.
pub(crate) fn single(evaluation: &Evaluation) -> Response<Body> {
    let status = match evaluation.side {
        Ok(_) => StatusCode::OK,
        Err(NoValue::NoSubject) => StatusCode::BAD_REQUEST,
    };
    answer(status, told(evaluation).to_string())
}

/// The answer to a question for every flag, or that nothing has changed since the asker had this tag.
pub(crate) fn bulk(evaluations: &[Evaluation], version: &str, asked: &HeaderMap) -> Response<Body> {
    let flags: Vec<Value> = evaluations.iter().map(told).collect();
    let text = json!({ "flags": flags, "metadata": { "version": version } }).to_string();
    let digest = Sha256::digest(text.as_bytes());
    let hash: String = digest
        .iter()
        .take(TAG_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{hash}\"");
    let mut response = if knows(asked, &tag) {
        answer(StatusCode::NOT_MODIFIED, String::new())
    } else {
        answer(StatusCode::OK, text)
    };
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// A question that cannot be answered: the code of OFREP, and the flag if one was named.
pub(crate) fn failed(status: StatusCode, key: Option<&str>, code: &'static str, details: &str) -> Response<Body> {
    let mut body = Map::new();
    if let Some(key) = key {
        body.insert("key".to_owned(), key.into());
    }
    body.insert("errorCode".to_owned(), code.into());
    body.insert("errorDetails".to_owned(), details.into());
    answer(status, Value::Object(body).to_string())
}

/// A question that is not looked at.
pub(crate) fn refused(status: StatusCode, details: &str) -> Response<Body> {
    let mut response = answer(status, json!({ "errorDetails": details }).to_string());
    if status == StatusCode::TOO_MANY_REQUESTS {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn told(evaluation: &Evaluation) -> Value {
    let Evaluation {
        key,
        reason,
        label,
        stage,
        group,
        side,
    } = evaluation;
    let side = match side {
        Ok(side) => side.as_str(),
        Err(NoValue::NoSubject) => {
            let details = "the share of this route draws by a subject: send `targetingKey`, or ask with a session";
            return json!({ "key": key, "errorCode": "TARGETING_KEY_MISSING", "errorDetails": details });
        }
    };
    let mut metadata = json!({ "stage": stage, "why": label });
    if let Some(group) = group {
        metadata["group"] = group.as_str().into();
    }
    json!({ "key": key, "value": side, "variant": side, "reason": reason, "metadata": metadata })
}

/// Whether one of the tags is this one; weak tags compare as strong ones do (RFC 9110, section 13.1.2).
fn knows(asked: &HeaderMap, tag: &str) -> bool {
    let lines = asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == tag)
}

/// What is told depends on who asks, so nobody in between may keep it.
fn answer(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::full(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("authorization, cookie"));
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response.extensions_mut().insert(AnsweredByFicus);
    response
}
