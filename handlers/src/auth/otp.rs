//! Logging in by phone: a code in a text message, then a session of 180 days (auth contract).
//!
//! Every endpoint has two doors: `/api/chat/otp/…` for the browser and `/api/v1/auth/phone/…`, which was behind it. They differ in
//! how a body is read and in the dress of an answer, never in what is done.
//!
//! Rows are always locked in the order phone user, app user, code, session.

mod admission;
mod answer;
mod door;
mod input;
mod profile;
mod request;
mod session;
mod sync;
mod verify;

use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{HeaderValue, Method, StatusCode};

use self::door::Door;
use super::backend;
use crate::kit::ports::labsmobile;
use crate::kit::{Area, Callers, Inbound, Operation, Outcome, Reader, Reply, Routes};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    at_backend(from_browser(Routes::new(Area::Auth)))
}

fn from_browser(routes: Routes) -> Routes {
    routes
        .write(Method::POST, "/api/chat/otp/request", request::from_browser)
        .calls(&[labsmobile::SERVICE])
        .describe(request::operation(Door::Browser))
        .read(Method::OPTIONS, "/api/chat/otp/request", preflight)
        .describe(preflight_operation())
        .write(Method::POST, "/api/chat/otp/verify", verify::from_browser)
        .describe(verify::operation(Door::Browser))
        .read(Method::OPTIONS, "/api/chat/otp/verify", preflight)
        .describe(preflight_operation())
        .write(Method::POST, "/api/chat/otp/session", session::from_browser)
        .describe(session::operation(Door::Browser))
        .write(Method::DELETE, "/api/chat/otp/session", session::end_from_browser)
        .describe(session::end_operation(Door::Browser))
        .read(Method::OPTIONS, "/api/chat/otp/session", preflight)
        .describe(preflight_operation())
        .write(Method::POST, "/api/chat/otp/sync", sync::from_browser)
        .describe(sync::operation(Door::Browser))
        .read(Method::OPTIONS, "/api/chat/otp/sync", preflight)
        .describe(preflight_operation())
        .read(Method::GET, "/api/chat/otp/profile", profile::show_to_browser)
        .describe(profile::operation(Door::Browser))
        .write(Method::PUT, "/api/chat/otp/profile", profile::save_from_browser)
        .describe(profile::save_operation(Door::Browser))
        .read(Method::OPTIONS, "/api/chat/otp/profile", preflight)
        .describe(preflight_operation())
}

fn at_backend(routes: Routes) -> Routes {
    routes
        .write(Method::POST, "/api/v1/auth/phone/request", request::at_backend)
        .calls(&[labsmobile::SERVICE])
        .describe(request::operation(Door::Backend))
        .read(Method::OPTIONS, "/api/v1/auth/phone/request", backend::preflight)
        .describe(backend::preflight_operation())
        .write(Method::POST, "/api/v1/auth/phone/verify", verify::at_backend)
        .describe(verify::operation(Door::Backend))
        .read(Method::OPTIONS, "/api/v1/auth/phone/verify", backend::preflight)
        .describe(backend::preflight_operation())
        .write(Method::POST, "/api/v1/auth/phone/session", session::at_backend)
        .describe(session::operation(Door::Backend))
        .write(Method::DELETE, "/api/v1/auth/phone/session", session::end_at_backend)
        .describe(session::end_operation(Door::Backend))
        .read(Method::OPTIONS, "/api/v1/auth/phone/session", backend::preflight)
        .describe(backend::preflight_operation())
        .write(Method::POST, "/api/v1/auth/phone/sync", sync::at_backend)
        .describe(sync::operation(Door::Backend))
        .read(Method::OPTIONS, "/api/v1/auth/phone/sync", backend::preflight)
        .describe(backend::preflight_operation())
        .read(Method::GET, "/api/v1/auth/phone/profile", profile::show_at_backend)
        .describe(profile::operation(Door::Backend))
        .write(Method::PUT, "/api/v1/auth/phone/profile", profile::save_at_backend)
        .describe(profile::save_operation(Door::Backend))
        .read(Method::OPTIONS, "/api/v1/auth/phone/profile", backend::preflight)
        .describe(backend::preflight_operation())
}

fn preflight_operation() -> Operation {
    Operation::new("Say to a page of another origin what it may send")
        .callers(Callers::Anybody)
        .gives_nothing(StatusCode::OK)
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
