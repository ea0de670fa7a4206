//! Whether a phone needs a code: `POST /api/chat/otp/sync` and `POST /api/v1/auth/phone/sync`. The page asks this first.
//!
//! A valid session token of this very phone restores its session, which legacy means to do and never does.

use http::StatusCode;
use serde_json::{Value, json};

use super::door::Door;
use super::{admission, answer};
use crate::domain::phone::Phone;
use crate::kit::extract::chat_session::{self, ChatSession, PhoneUser, ensure_access};
use crate::kit::extract::home_tenant;
use crate::kit::extract::json::{self, Json};
use crate::kit::{ApiError, Inbound, Outcome, Stop, UnitOfWork as _, Work};

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

async fn sync(work: &mut Work, request: &Inbound, body: &Json) -> Result<Value, Stop> {
    if !json::is_truthy(body.get("phone")) {
        return Err(ApiError::bare(StatusCode::BAD_REQUEST, "Phone number is required").into());
    }
    let phone = Phone::from_fields(body.raw("phone"), body.raw("countryCode"))
        .map_err(|error| answer::refusal(&error.to_string(), "INVALID_PHONE"))?;
    admission::question(work, request).await?;
    let named = body.text("tenantId").or_else(|| body.text("host"));
    let tenant = home_tenant::resolve(work, named).await?;
    let Some(mut phone_user) = find(work, &phone.normalized, &tenant).await? else {
        return Ok(json!({
            "success": false,
            "reason": "user_not_found",
            "message": "User not found. Please register first.",
        }));
    };
    let user = match ensure_access(work, &mut phone_user).await? {
        Ok(user) => user,
        Err(refusal) => {
            return Ok(json!({
                "success": false,
                "reason": "access_denied",
                "message": refusal.message(),
                "requiresOtp": false,
            }));
        }
    };
    let token = body.text("sessionToken").unwrap_or_default();
    match chat_session::open(work, token).await? {
        // The owner is asked for before the session is extended.
        Ok(open) if open.phone_user.id == phone_user.id => {
            let mut session = ChatSession {
                id: open.id,
                expires_at: open.expires_at,
                phone_user,
                user,
            };
            session.touch(work, true);
            Ok(json!({
                "success": true,
                "session": answer::session(token, &session.id, session.expires_at),
                "user": answer::user(&session.phone_user, &session.user),
                "message": "Existing session restored",
            }))
        }
        _ => Ok(json!({
            "success": false,
            "reason": "no_active_session",
            "message": "Please verify your phone number to continue",
            "requiresOtp": true,
        })),
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
