//! Logging in by phone: a code in a text message, then a session of 180 days (auth contract).
//!
//! Every endpoint has two doors: `/api/chat/otp/…` for the browser and `/api/v1/auth/phone/…`, which was behind it. They differ in
//! how a body is read and in the dress of an answer, never in what is done.
//!
//! Rows are always locked in the order phone user, app user, code, session.

mod admission;
mod answer;
mod door;
mod profile;
mod request;
mod session;
mod sync;
mod verify;

use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{HeaderValue, Method, StatusCode};

use super::backend;
use crate::kit::ports::labsmobile;
use crate::kit::{Area, Inbound, Outcome, Reader, Reply, Routes};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Auth)
        .write(Method::POST, "/api/chat/otp/request", request::from_browser)
        .calls(&[labsmobile::SERVICE])
        .read(Method::OPTIONS, "/api/chat/otp/request", preflight)
        .write(Method::POST, "/api/chat/otp/verify", verify::from_browser)
        .read(Method::OPTIONS, "/api/chat/otp/verify", preflight)
        .write(Method::POST, "/api/chat/otp/session", session::from_browser)
        .write(Method::DELETE, "/api/chat/otp/session", session::end_from_browser)
        .read(Method::OPTIONS, "/api/chat/otp/session", preflight)
        .write(Method::POST, "/api/chat/otp/sync", sync::from_browser)
        .read(Method::OPTIONS, "/api/chat/otp/sync", preflight)
        .read(Method::GET, "/api/chat/otp/profile", profile::show_to_browser)
        .write(Method::PUT, "/api/chat/otp/profile", profile::save_from_browser)
        .read(Method::OPTIONS, "/api/chat/otp/profile", preflight)
        .write(Method::POST, "/api/v1/auth/phone/request", request::at_backend)
        .calls(&[labsmobile::SERVICE])
        .read(Method::OPTIONS, "/api/v1/auth/phone/request", backend::preflight)
        .write(Method::POST, "/api/v1/auth/phone/verify", verify::at_backend)
        .read(Method::OPTIONS, "/api/v1/auth/phone/verify", backend::preflight)
        .write(Method::POST, "/api/v1/auth/phone/session", session::at_backend)
        .write(Method::DELETE, "/api/v1/auth/phone/session", session::end_at_backend)
        .read(Method::OPTIONS, "/api/v1/auth/phone/session", backend::preflight)
        .write(Method::POST, "/api/v1/auth/phone/sync", sync::at_backend)
        .read(Method::OPTIONS, "/api/v1/auth/phone/sync", backend::preflight)
        .read(Method::GET, "/api/v1/auth/phone/profile", profile::show_at_backend)
        .write(Method::PUT, "/api/v1/auth/phone/profile", profile::save_at_backend)
        .read(Method::OPTIONS, "/api/v1/auth/phone/profile", backend::preflight)
}

/// Any page may ask; that the answers themselves carry no such headers is legacy's.
async fn preflight(_: &mut Reader, _: &Inbound) -> Outcome {
    Ok(Reply::empty(StatusCode::OK)
        .header(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))
        .header(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, OPTIONS"),
        )
        .header(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Content-Type, Authorization"),
        ))
}
