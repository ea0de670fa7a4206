//! Whether a phone needs a code: `POST /api/chat/otp/sync` and `POST /api/v1/auth/phone/sync`. The page asks this first.
//!
//! A valid session token of this very phone restores its session, which legacy means to do and never does.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{PhoneAccount, Session};
use super::door::Door;
use super::input::PhoneOfTenant;
use super::{admission, answer};
use crate::kit::error::{Bare, Coded};
use crate::kit::extract::chat_session::{self, ChatSession, PhoneUser, ensure_access};
use crate::kit::extract::home_tenant;
use crate::kit::extract::json::Json;
use crate::kit::{ApiError, Callers, Inbound, Operation, Outcome, Stop, UnitOfWork as _, Work};

pub(super) fn operation(door: Door) -> Operation {
    let operation = Operation::new("Say whether a phone needs a code").callers(Callers::Anybody);
    let operation = door.takes::<PhoneOfTenant>(operation).takes::<Kept>();
    operation
        .gives::<Synced>(door.made())
        .refuses::<Bare>(&[StatusCode::BAD_REQUEST])
        .refuses::<Coded>(&[StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS])
        .header("retry-after", admission::SECONDS_TO_WAIT)
}

/// What the page kept.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Kept {
    /// The token of an earlier session of this very phone.
    #[schemars(default)]
    session_token: String,
}

impl Kept {
    fn read(body: &Json) -> Self {
        Self {
            session_token: body.text("sessionToken").unwrap_or_default().to_owned(),
        }
    }
}

/// Whether a session goes on.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum Synced {
    /// It does.
    Restored(Box<Restored>),
    /// It does not.
    NotRestored(NotRestored),
}

/// A session goes on.
#[derive(JsonSchema, Serialize)]
struct Restored {
    #[schemars(extend("const" = true))]
    success: bool,
    session: Session,
    user: PhoneAccount,
    message: &'static str,
}

/// No session goes on.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct NotRestored {
    #[schemars(extend("const" = false))]
    success: bool,
    reason: Reason,
    /// For a person.
    message: &'static str,
    /// Whether a code helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_otp: Option<bool>,
}

/// Why no session goes on.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WhyNotRestored")]
enum Reason {
    UserNotFound,
    AccessDenied,
    NoActiveSession,
}

fn not_restored(reason: Reason, message: &'static str, requires_otp: Option<bool>) -> Synced {
    Synced::NotRestored(NotRestored {
        success: false,
        reason,
        message,
        requires_otp,
    })
}

pub(super) async fn from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Browser, work, request).await
}

pub(super) async fn at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Backend, work, request).await
}

async fn run(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => sync(work, request, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    // Also when the answer is that a code is needed.
    door.answer(work, request, StatusCode::CREATED, answered)
}

async fn sync(work: &mut Work, request: &Inbound, body: &Json) -> Result<Synced, Stop> {
    let given = PhoneOfTenant::read(body);
    if given.lacks_phone() {
        return Err(ApiError::bare(StatusCode::BAD_REQUEST, "Phone number is required").into());
    }
    let phone = given
        .phone()
        .map_err(|error| answer::refusal(&error.to_string(), "INVALID_PHONE"))?;
    admission::question(work, request).await?;
    let tenant = home_tenant::resolve(work, given.tenant()).await?;
    let Some(mut phone_user) = find(work, &phone.normalized, &tenant).await? else {
        let message = "User not found. Please register first.";
        return Ok(not_restored(Reason::UserNotFound, message, None));
    };
    let user = match ensure_access(work, &mut phone_user).await? {
        Ok(user) => user,
        Err(refusal) => {
            return Ok(not_restored(Reason::AccessDenied, refusal.message(), Some(false)));
        }
    };
    let token = Kept::read(body).session_token;
    match chat_session::open(work, &token).await? {
        // The owner is asked for before the session is extended.
        Ok(open) if open.phone_user.id == phone_user.id => {
            let mut session = ChatSession {
                id: open.id,
                expires_at: open.expires_at,
                phone_user,
                user,
            };
            session.touch(work, true);
            Ok(Synced::Restored(Box::new(Restored {
                success: true,
                session: Session::new(&token, &session.id, session.expires_at),
                user: PhoneAccount::of(&session.phone_user, &session.user),
                message: "Existing session restored",
            })))
        }
        _ => {
            let message = "Please verify your phone number to continue";
            Ok(not_restored(Reason::NoActiveSession, message, Some(true)))
        }
    }
}

async fn find(work: &mut Work, phone: &str, tenant: &str) -> Result<Option<PhoneUser>, Stop> {
    Ok(sqlx::query_as(
        r#"select id as phone_user_id, phone, "normalizedPhone" as normalized_phone, "countryCode" as country_code,
                  "tenantId" as phone_user_tenant, "displayName" as display_name, email as phone_user_email
           from chatbot_phone_users where "normalizedPhone" = $1 and "tenantId" = $2"#,
    )
    .bind(phone)
    .bind(tenant)
    .fetch_optional(work.db().await?)
    .await?)
}
