//! Logging in with an e-mail and a password: `POST /api/auth/login` for the browser and `POST /api/v1/auth/admin/login`, which
//! was behind it. Quirk kept: role, approval and chat access of the user do not matter here.
//!
//! Closed against legacy: wildcards in the e-mail, an arbitrary row when several tenants know it, suspended users, guessing
//! without end, and the time an answer takes, which told known addresses from others.

mod attempt;
mod limits;
mod queries;
mod token;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, RETRY_AFTER,
};
use http::{HeaderValue, Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use self::attempt::Attempt;
use super::backend;
use crate::domain::role::Role;
use crate::kit::error::{Bare, Envelope, Unexpected};
use crate::kit::extract::json;
use crate::kit::{
    ApiError, Area, Callers, FaultKind, Inbound, Operation, Outcome, Reader, Reply, Routes, Stop, UnitOfWork as _, Work,
};

const BROWSER: &str = "/api/auth/login";
const BACKEND: &str = "/api/v1/auth/admin/login";

const UNAVAILABLE: &str = "Unable to connect to authentication service. Please try again later.";
const TOO_MANY: &str = "Too many login attempts. Please try again later.";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Auth)
        .write(Method::POST, BROWSER, from_browser)
        .describe(
            Operation::new("Log in with an e-mail and a password")
                .callers(Callers::Anybody)
                .takes::<Credentials>()
                .gives::<LoggedIn>(StatusCode::OK)
                .refuses::<Bare>(&[
                    StatusCode::BAD_REQUEST,
                    StatusCode::UNAUTHORIZED,
                    StatusCode::INTERNAL_SERVER_ERROR,
                    StatusCode::SERVICE_UNAVAILABLE,
                ])
                .refuses::<Bare>(&[StatusCode::TOO_MANY_REQUESTS])
                .header("retry-after", SECONDS_TO_WAIT),
        )
        .read(Method::OPTIONS, BROWSER, preflight)
        .describe(
            Operation::new("Say to a page of another origin what it may send")
                .callers(Callers::Anybody)
                .gives_nothing(StatusCode::OK),
        )
        .write(Method::POST, BACKEND, at_backend)
        .describe(
            Operation::new("Log in with an e-mail and a password, at the backend")
                .callers(Callers::Anybody)
                .takes_form::<Credentials>()
                .gives::<LoggedIn>(StatusCode::CREATED)
                .refuses::<Envelope>(&[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED])
                .refuses::<Unexpected>(&[StatusCode::INTERNAL_SERVER_ERROR])
                .refuses::<Envelope>(&[StatusCode::TOO_MANY_REQUESTS])
                .header("retry-after", SECONDS_TO_WAIT),
        )
        .read(Method::OPTIONS, BACKEND, backend::preflight)
        .describe(backend::preflight_operation())
}

const SECONDS_TO_WAIT: &str = "Seconds to wait before trying again.";

/// Somebody who is logged in.
#[derive(JsonSchema, Serialize)]
pub(super) struct LoggedIn {
    /// An admin token, for `Authorization: Bearer …`.
    token: String,
    user: AdminUser,
}

/// The user who logged in, in the order of the contract.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct AdminUser {
    id: String,
    email: String,
    #[schemars(with = "Role")]
    role: String,
    tenant_id: String,
}

async fn from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    let reply = match browser_credentials(&request.body) {
        Ok(given) => browser_answer(attempt::run(work, request, &given).await)?,
        Err((status, text)) => ApiError::bare(status, text).into(),
    };
    Ok(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
}

fn browser_answer(attempt: Result<Attempt, Stop>) -> Outcome {
    let refusal = |status, text| Reply::from(ApiError::bare(status, text));
    Ok(match attempt {
        Ok(Attempt::Granted(answer)) => Reply::ok(&answer),
        Ok(Attempt::Refused) => refusal(StatusCode::UNAUTHORIZED, "Invalid credentials"),
        Ok(Attempt::Throttled { seconds }) => {
            refusal(StatusCode::TOO_MANY_REQUESTS, TOO_MANY).header(RETRY_AFTER, seconds.into())
        }
        Ok(Attempt::NoSecret) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        // Saturation stays a fault: another side may have room.
        Err(Stop::Fault(fault)) if fault.kind == FaultKind::Database => {
            tracing::error!(%fault, "nobody can log in");
            refusal(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE).rollback()
        }
        Err(stop) => return Err(stop),
    })
}

async fn at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match backend::body(request) {
        Ok(body) => {
            let text = |field: &str| body.text(field).map(str::to_owned);
            let given = Credentials {
                email: text("email"),
                password: text("password"),
            };
            attempt::run(work, request, &given).await?
        }
        Err(refusal) => {
            return Ok(backend::error(&work.context().settings, request, &refusal));
        }
    };
    let settings = &work.context().settings;
    let refusal = match answered {
        Attempt::Granted(answer) => {
            return Ok(backend::reply(settings, request, StatusCode::CREATED, &answer));
        }
        Attempt::Refused => ApiError::envelope(StatusCode::UNAUTHORIZED, "Invalid credentials"),
        Attempt::Throttled { seconds } => {
            let mut refusal = ApiError::envelope(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
            refusal.headers.push((RETRY_AFTER, seconds.into()));
            refusal
        }
        Attempt::NoSecret => ApiError::internal(),
    };
    Ok(backend::error(settings, request, &refusal))
}

/// What was sent; each is a text, or of a type that can never be right.
#[derive(JsonSchema)]
struct Credentials {
    /// In any case of letters.
    #[schemars(required)]
    email: Option<String>,
    #[schemars(required)]
    password: Option<String>,
}

impl Credentials {
    fn of(body: &Value) -> Self {
        let text = |field: &str| body.get(field).and_then(Value::as_str).map(str::to_owned);
        Self {
            email: text("email"),
            password: text("password"),
        }
    }
}

/// The checks of the browser-facing route, which come before any of the backend's.
fn browser_credentials(body: &[u8]) -> Result<Credentials, (StatusCode, &'static str)> {
    let body = match json::parse(body) {
        None | Some(Value::Null) => return Err((StatusCode::BAD_REQUEST, "Invalid request")),
        Some(body) => body,
    };
    if !(json::is_truthy(body.get("email")) && json::is_truthy(body.get("password"))) {
        return Err((StatusCode::BAD_REQUEST, "Email and password are required"));
    }
    Ok(Credentials::of(&body))
}

async fn preflight(_: &mut Reader, _: &Inbound) -> Outcome {
    Ok(Reply::empty(StatusCode::OK)
        .header(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))
        .header(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, OPTIONS"))
        .header(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type")))
}

impl LoggedIn {
    fn new(token: String, user: queries::UserRow) -> Self {
        let user = AdminUser {
            id: user.id,
            email: user.email,
            role: user.role,
            tenant_id: user.tenant_id,
        };
        Self { token, user }
    }
}
