//! Trading a code for a session: `POST /api/chat/otp/verify` and `POST /api/v1/auth/phone/verify`.
//!
//! An attempt is counted for good before the code is compared, so guesses made at the same time are no more than guesses made
//! one after the other; and whoever deletes the code has won, so one code makes one session.

mod queries;

use http::StatusCode;
use schemars::JsonSchema;

use self::queries::{Code, NewSession};
use super::answer::{PhoneAccount, Session, SignedIn};
use super::door::Door;
use super::{admission, answer};
use crate::auth::passwords;
use crate::kit::error::Coded;
use crate::kit::extract::chat_session::{self, LinkedUser, ensure_access};
use crate::kit::extract::json::Json;
use crate::kit::wire::iso::stored;
use crate::kit::{ApiError, Callers, Inbound, Operation, Outcome, Stop, UnitOfWork as _, Work};

/// How many sessions a phone user keeps, the newest ones.
const MOST_SESSIONS: i64 = 5;

pub(super) fn operation(door: Door) -> Operation {
    let operation = Operation::new("Trade a code for a session").callers(Callers::Anybody);
    door.takes::<Attempt>(operation)
        .gives::<SignedIn>(door.made())
        .refuses::<Coded>(&[StatusCode::BAD_REQUEST])
}

pub(super) async fn from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Browser, work, request).await
}

pub(super) async fn at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Backend, work, request).await
}

async fn run(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => verify(work, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    door.answer(work, request, StatusCode::CREATED, answered)
}

/// The code that came in the text message.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct Attempt {
    /// What the request for the code was answered with.
    #[schemars(required)]
    verification_id: Option<String>,
    #[schemars(required)]
    code: Option<String>,
}

impl Attempt {
    fn read(body: &Json) -> Self {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            verification_id: body.text("verificationId").and_then(filled),
            code: body.text("code").map(str::trim).and_then(filled),
        }
    }
}

async fn verify(work: &mut Work, body: &Json) -> Result<SignedIn, Stop> {
    let given = Attempt::read(body);
    let verification = given.verification_id;
    let verification =
        verification.ok_or_else(|| answer::refusal("Verification identifier is required", "MISSING_VERIFICATION"))?;
    let given = given.code.ok_or_else(|| invalid("Verification code is required"))?;
    let (code, user) = attempt(work, verification.trim()).await?;
    let fits = passwords::matching(given, vec![code.hash.clone()]).await?;
    if fits != [true] {
        return Err(invalid("Invalid verification code").into());
    }
    let session = open(work, &code).await?;
    Ok(SignedIn::new(session, PhoneAccount::of(&code.phone_user, &user)))
}

/// Finds the code and counts an attempt.
async fn attempt(work: &mut Work, verification: &str) -> Result<(Code, LinkedUser), Stop> {
    // No stored text has a NUL, and PostgreSQL would refuse the statement.
    if verification.contains('\0') {
        return Err(not_found().into());
    }
    let _turn = admission::turn().await?;
    let found = queries::find(work.db().await?, verification).await?;
    let mut code = found.ok_or_else(not_found)?;
    if code.expires_at.assume_utc() < work.now() {
        return Err(answer::refusal("The verification code has expired", "EXPIRED").into());
    }
    if code.attempts >= queries::MOST_ATTEMPTS {
        return Err(invalid("Too many invalid attempts").into());
    }
    let user = ensure_access(work, &mut code.phone_user)
        .await?
        .map_err(|refusal| refusal.answer(StatusCode::BAD_REQUEST))?;
    if !queries::count_attempt(work.db().await?, &code.id).await? {
        return Err(invalid("Too many invalid attempts").into());
    }
    work.checkpoint().await?;
    Ok((code, user))
}

/// Uses the code up and makes a session of it.
async fn open(work: &mut Work, code: &Code) -> Result<Session, Stop> {
    let now = work.now();
    let ids = work.context().ids.clone();
    let (id, token, expires_at) = (ids.timed(now), ids.hex::<32>(), now + chat_session::LIFETIME);
    let db = work.db().await?;
    let phone_user = &code.phone_user.id;
    queries::activate(db, phone_user, stored(now)).await?;
    if !queries::use_up(db, &code.id).await? {
        return Err(not_found().rolled_back().into());
    }
    let session = NewSession {
        id: &id,
        phone_user,
        token: &token,
        expires_at: stored(expires_at),
        now: stored(now),
    };
    queries::insert_session(db, &session).await?;
    queries::prune_sessions(db, phone_user, &id, MOST_SESSIONS).await?;
    Ok(Session::new(&token, &id, expires_at))
}

fn not_found() -> ApiError {
    answer::refusal("Verification request not found", "NOT_FOUND")
}

fn invalid(text: &str) -> ApiError {
    answer::refusal(text, "INVALID_CODE")
}
