//! Looking at a session and ending it: `POST` and `DELETE /api/chat/otp/session` and `/api/v1/auth/phone/session`.
//!
//! The extension works here: in legacy it always fails with 500, after which the page logs its user out.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer;
use super::door::Door;
use crate::kit::extract::chat_session::{self, Refusal};
use crate::kit::extract::json::Json;
use crate::kit::{ApiError, Inbound, Outcome, Stop, UnitOfWork as _, Work};

pub(super) async fn from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Browser, work, request).await
}

pub(super) async fn at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Backend, work, request).await
}

pub(super) async fn end_from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    end(Door::Browser, work, request).await
}

pub(super) async fn end_at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    end(Door::Backend, work, request).await
}

async fn run(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => show(work, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    door.answer(work, request, StatusCode::CREATED, answered)
}

/// Quirk kept: only the literal `false` leaves the end of the session as it is.
async fn show(work: &mut Work, body: &Json) -> Result<Value, Stop> {
    let token = token(body)?;
    let extend = body.raw("extend") != Some(&Value::Bool(false));
    let open = chat_session::open(work, token).await?.map_err(unauthorized)?;
    let mut session = chat_session::admit(work, open)
        .await?
        .map_err(|refusal| refusal.answer(StatusCode::FORBIDDEN))?;
    session.touch(work, extend);
    Ok(json!({
        "success": true,
        "session": answer::session(token, &session.id, session.expires_at),
        "user": answer::user(&session.phone_user, &session.user),
    }))
}

async fn end(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => revoke(work, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    door.answer(work, request, StatusCode::OK, answered)
}

/// Quirk kept: a session that is over or was ended before is ended once more.
async fn revoke(work: &mut Work, body: &Json) -> Result<Value, Stop> {
    let token = token(body)?;
    let now = work.now();
    if !chat_session::revoke(work.db().await?, token, now).await? {
        return Err(unauthorized(Refusal::NotFound).into());
    }
    Ok(json!({ "success": true }))
}

fn token(body: &Json) -> Result<&str, ApiError> {
    body.text("token")
        .filter(|token| !token.is_empty())
        .ok_or_else(|| unauthorized(Refusal::TokenRequired))
}

fn unauthorized(refusal: Refusal) -> ApiError {
    refusal.answer(StatusCode::UNAUTHORIZED)
}
