//! Looking at a session and ending it: `POST` and `DELETE /api/chat/otp/session` and `/api/v1/auth/phone/session`.
//!
//! The extension works here: in legacy it always fails with 500, after which the page logs its user out.

use http::StatusCode;
use schemars::JsonSchema;
use serde_json::Value;

use super::answer::{PhoneAccount, Session, SignedIn};
use super::door::Door;
use crate::auth::session::Done;
use crate::kit::error::Coded;
use crate::kit::extract::chat_session::{self, Refusal};
use crate::kit::extract::json::Json;
use crate::kit::{ApiError, Callers, Inbound, Operation, Outcome, Stop, UnitOfWork as _, Work};

pub(super) fn operation(door: Door) -> Operation {
    let operation = Operation::new("Show a session, and let it live on").callers(Callers::Anybody);
    let operation = door.takes::<TokenGiven>(operation).takes::<Extension>();
    operation
        .gives::<SignedIn>(door.made())
        .refuses::<Coded>(&[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN])
}

pub(super) fn end_operation(door: Door) -> Operation {
    let operation = Operation::new("End a session").callers(Callers::Anybody);
    door.takes::<TokenGiven>(operation)
        .gives::<Done>(StatusCode::OK)
        .refuses::<Coded>(&[StatusCode::UNAUTHORIZED])
}

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

/// Which session.
#[derive(JsonSchema)]
pub(super) struct TokenGiven {
    #[schemars(required)]
    token: Option<String>,
}

impl TokenGiven {
    fn read(body: &Json) -> Self {
        let token = body.text("token").filter(|token| !token.is_empty());
        Self {
            token: token.map(str::to_owned),
        }
    }
}

/// Whether it lives on.
#[derive(JsonSchema)]
pub(super) struct Extension {
    /// Whether the session begins anew; only `false` leaves its end where it is.
    #[schemars(default = "yes")]
    extend: bool,
}

fn yes() -> bool {
    true
}

impl Extension {
    fn read(body: &Json) -> Self {
        Self {
            extend: body.raw("extend") != Some(&Value::Bool(false)),
        }
    }
}

/// Quirk kept: only the literal `false` leaves the end of the session as it is.
async fn show(work: &mut Work, body: &Json) -> Result<SignedIn, Stop> {
    let token = token(body)?;
    let extend = Extension::read(body).extend;
    let open = chat_session::open(work, &token).await?.map_err(unauthorized)?;
    let mut session = chat_session::admit(work, open)
        .await?
        .map_err(|refusal| refusal.answer(StatusCode::FORBIDDEN))?;
    session.touch(work, extend);
    let user = PhoneAccount::of(&session.phone_user, &session.user);
    Ok(SignedIn::new(
        Session::new(&token, &session.id, session.expires_at),
        user,
    ))
}

async fn end(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => revoke(work, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    door.answer(work, request, StatusCode::OK, answered)
}

/// Quirk kept: a session that is over or was ended before is ended once more.
async fn revoke(work: &mut Work, body: &Json) -> Result<Done, Stop> {
    let token = token(body)?;
    let now = work.now();
    if !chat_session::revoke(work.db().await?, &token, now).await? {
        return Err(unauthorized(Refusal::NotFound).into());
    }
    Ok(Done::new())
}

fn token(body: &Json) -> Result<String, ApiError> {
    let given = TokenGiven::read(body).token;
    given.ok_or_else(|| unauthorized(Refusal::TokenRequired))
}

fn unauthorized(refusal: Refusal) -> ApiError {
    refusal.answer(StatusCode::UNAUTHORIZED)
}
