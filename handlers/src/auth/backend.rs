//! Answers in the form of the legacy backend (auth contract, "Backend HTTP rules"), and its two smallest endpoints.
//!
//! Pages of other origins are admitted by a configured list alone: legacy lets every app of two hosting companies in.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
    ETAG, IF_NONE_MATCH, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::Settings;
use crate::kit::error::Envelope;
use crate::kit::extract::json::{self, Json};
use crate::kit::extract::query::Query;
use crate::kit::{ApiError, Area, Callers, Inbound, Operation, Outcome, Reader, Reply, Routes, Stop, UnitOfWork};
use crate::public::health::Alive;

/// The liveness of the backend, and the endpoint that is refused.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Public)
        .read(Method::GET, "/api/v1", alive)
        .describe(liveness())
        .read(Method::GET, "/api/v1/health", alive)
        .describe(liveness())
        .read(Method::POST, "/api/v1/setup-admin", refused)
        .describe(
            Operation::new("Refuse to make a first administrator")
                .callers(Callers::Anybody)
                .refuses::<Envelope>(&[StatusCode::NOT_FOUND]),
        )
}

fn liveness() -> Operation {
    Operation::new("Say that the backend answers")
        .callers(Callers::Anybody)
        .gives::<Alive>(StatusCode::OK)
        .gives_nothing(StatusCode::NOT_MODIFIED)
}

/// What [`preflight`] takes and gives.
pub(crate) fn preflight_operation() -> Operation {
    Operation::new("Say to a page of another origin what it may send")
        .callers(Callers::Anybody)
        .gives_nothing(StatusCode::NO_CONTENT)
        .refuses::<Envelope>(&[StatusCode::NOT_FOUND])
}

/// It says that the process answers; it does not ask the database.
async fn alive(reader: &mut Reader, request: &Inbound) -> Outcome {
    let body = Alive::at(reader.now());
    let settings = &reader.context().settings;
    Ok(reply(settings, request, StatusCode::OK, &body))
}

/// Legacy would make an administrator with a known password for anybody.
async fn refused(reader: &mut Reader, request: &Inbound) -> Outcome {
    let settings = &reader.context().settings;
    Ok(error(settings, request, &unknown_route(request)))
}

/// The answer to `OPTIONS` on any backend path.
pub(crate) async fn preflight(reader: &mut Reader, request: &Inbound) -> Outcome {
    let settings = &reader.context().settings;
    if matches!(page(settings, request), Page::Foreign) {
        return Ok(error(settings, request, &unknown_route(request)));
    }
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    let headers = reply.headers_mut();
    share(settings, request, headers);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,PUT,PATCH,DELETE,OPTIONS"),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type,Authorization,Accept,Accept-Language,Content-Language,Origin,X-Requested-With",
        ),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(reply)
}

/// A JSON answer with the charset, the weak entity tag and the CORS headers of the backend.
pub(crate) fn reply(settings: &Settings, request: &Inbound, status: StatusCode, body: &impl Serialize) -> Reply {
    let mut reply = Reply::json(status, body);
    let tag = reply.whole_body().map(entity_tag);
    if status.is_success() && tag.as_ref().is_some_and(|tag| is_known(request, tag)) {
        reply = Reply::empty(StatusCode::NOT_MODIFIED);
    } else {
        let kind = HeaderValue::from_static("application/json; charset=utf-8");
        reply.headers_mut().insert(CONTENT_TYPE, kind);
    }
    let headers = reply.headers_mut();
    if let Some(Ok(tag)) = tag.map(HeaderValue::try_from) {
        headers.insert(ETAG, tag);
    }
    share(settings, request, headers);
    reply
}

/// A refusal in the same form.
pub(crate) fn error(settings: &Settings, request: &Inbound, error: &ApiError) -> Reply {
    let mut reply = reply(settings, request, error.status, &error.body);
    reply.headers_mut().extend(error.headers.iter().cloned());
    if error.rollback { reply.rollback() } else { reply }
}

/// The answer to what an endpoint came to.
///
/// # Errors
/// What ends the run without an answer.
pub(crate) fn answer(
    unit: &impl UnitOfWork,
    request: &Inbound,
    status: StatusCode,
    answered: Result<impl Serialize, Stop>,
) -> Outcome {
    let settings = &unit.context().settings;
    match answered {
        Ok(body) => Ok(reply(settings, request, status, &body)),
        Err(Stop::Answer(refusal)) => Ok(error(settings, request, &refusal)),
        Err(stop) => Err(stop),
    }
}

/// Whether the caller has this very answer to a `GET` (RFC 9110, section 13.1.2: the weak comparison) and does not insist on another.
fn is_known(request: &Inbound, tag: &str) -> bool {
    let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = |list: &HeaderValue| {
        list.to_str()
            .is_ok_and(|list| list.trim() == "*" || list.split(',').any(|one| weak(one) == weak(tag)))
    };
    let insists = request.headers.get_all(CACHE_CONTROL).iter();
    let insists = insists.filter_map(|value| value.to_str().ok());
    let insists = insists
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == "no-cache");
    request.method == Method::GET && !insists && request.headers.get_all(IF_NONE_MATCH).iter().any(known)
}

/// The fields of a body as the backend reads it: JSON objects, lists and forms; of other content types it sees nothing.
///
/// # Errors
/// 400 for what is no JSON, and for JSON that is neither an object nor a list.
pub(crate) fn body(request: &Inbound) -> Result<Json, ApiError> {
    let kind = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .map(|kind| kind.trim().to_ascii_lowercase());
    match kind.as_deref() {
        Some("application/json") if !request.body.is_empty() => match json::parse(&request.body) {
            Some(Value::Object(fields)) => Ok(Json::from(fields)),
            Some(Value::Array(_)) => Ok(Json::default()),
            _ => Err(malformed(&String::from_utf8_lossy(&request.body))),
        },
        Some("application/x-www-form-urlencoded") => {
            let form = Query::parse(&String::from_utf8_lossy(&request.body));
            let fields = form.iter().map(|(name, value)| (name.to_owned(), value.into()));
            Ok(Json::from(fields.collect::<Map<_, _>>()))
        }
        _ => Ok(Json::default()),
    }
}

/// 400 with the parser's text. Legacy looks at the first character before it parses, and its words for that are repeated; those
/// for faults further on are of one engine version and are not.
pub(crate) fn malformed(text: &str) -> ApiError {
    /// As many characters as the engine shows of a long text.
    const SHOWN: usize = 10;
    const SHORT: usize = 20;
    let first = text.trim_start_matches([' ', '\t', '\n', '\r']).chars().next();
    let message = match first {
        None | Some('{' | '[') => "The body is not valid JSON".to_owned(),
        Some(first) if text.chars().count() <= SHORT => {
            format!("Unexpected token '{first}', \"{text}\" is not valid JSON")
        }
        Some(first) => {
            let before = text.chars().take_while(|one| *one != first).count();
            let start = before.saturating_sub(SHOWN);
            let shown: String = text.chars().skip(start).take(before - start + SHOWN).collect();
            let cut = if start > 0 { "..." } else { "" };
            format!("Unexpected token '{first}', {cut}\"{shown}\"... is not valid JSON")
        }
    };
    ApiError::envelope(StatusCode::BAD_REQUEST, &message)
}

/// `W/"<length in hexadecimal>-<SHA-1 in Base64>"`, as the legacy framework makes it.
fn entity_tag(body: &[u8]) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, body);
    format!("W/\"{:x}-{}\"", body.len(), STANDARD_NO_PAD.encode(hash.as_ref()))
}

fn unknown_route(request: &Inbound) -> ApiError {
    let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
    ApiError::envelope(StatusCode::NOT_FOUND, &format!("Cannot {} {target}", request.method))
}

/// What sent the request.
enum Page<'r> {
    /// No browser, or a page of the same origin.
    None,
    /// A page of a configured origin.
    Allowed(&'r HeaderValue),
    /// A page of any other origin.
    Foreign,
}

fn page<'r>(settings: &Settings, request: &'r Inbound) -> Page<'r> {
    let Some(origin) = request.headers.get(ORIGIN) else {
        return Page::None;
    };
    let allowed = &settings.auth.allowed_origins;
    if allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) {
        Page::Allowed(origin)
    } else {
        Page::Foreign
    }
}

fn share(settings: &Settings, request: &Inbound, headers: &mut HeaderMap) {
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    match page(settings, request) {
        Page::Foreign => return,
        Page::Allowed(origin) => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        Page::None => {}
    }
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Length,Content-Type"),
    );
}

#[cfg(test)]
mod tests {
    use super::{entity_tag, malformed};

    /// The tag that the legacy framework gives to an empty object.
    #[test]
    fn the_entity_tag_is_the_one_of_the_legacy_framework() {
        assert_eq!(entity_tag(b"{}"), "W/\"2-vyGp6PvFo4RvsFtPoIWeCReyIC8\"");
    }

    #[test]
    fn what_is_no_object_from_its_first_character_on_is_named_as_legacy_names_it() {
        for (text, message) in [
            ("5", "Unexpected token '5', \"5\" is not valid JSON"),
            ("null", "Unexpected token 'n', \"null\" is not valid JSON"),
            (
                "\"a text that is long enough\"",
                "Unexpected token '\"', \"\"a text th\"... is not valid JSON",
            ),
        ] {
            assert_eq!(malformed(text).body["message"], message);
        }
    }
}
