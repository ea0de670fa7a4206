//! Answers in the form of the legacy backend (auth contract, "Backend HTTP rules"), and its two smallest endpoints.
//!
//! Pages of other origins are admitted by a configured list alone: legacy lets every app of two hosting companies in.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, ETAG, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;

use crate::config::Settings;
use crate::kit::error::Envelope;
use crate::kit::{ApiError, Area, Callers, Inbound, Operation, Outcome, Reader, Reply, Routes, UnitOfWork as _};
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
}

/// What [`preflight`] takes and gives.
pub(super) fn preflight_operation() -> Operation {
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
pub(super) async fn preflight(reader: &mut Reader, request: &Inbound) -> Outcome {
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
pub(super) fn reply(settings: &Settings, request: &Inbound, status: StatusCode, body: &impl Serialize) -> Reply {
    let mut reply = Reply::json(status, body);
    let tag = reply.whole_body().map(entity_tag);
    let headers = reply.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    if let Some(Ok(tag)) = tag.map(HeaderValue::try_from) {
        headers.insert(ETAG, tag);
    }
    share(settings, request, headers);
    reply
}

/// A refusal in the same form.
pub(super) fn error(settings: &Settings, request: &Inbound, error: &ApiError) -> Reply {
    let mut reply = reply(settings, request, error.status, &error.body);
    reply.headers_mut().extend(error.headers.iter().cloned());
    reply
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
    use super::entity_tag;

    /// The tag that the legacy framework gives to an empty object.
    #[test]
    fn the_entity_tag_is_the_one_of_the_legacy_framework() {
        assert_eq!(entity_tag(b"{}"), "W/\"2-vyGp6PvFo4RvsFtPoIWeCReyIC8\"");
    }
}
