//! Name and e-mail of a phone user: `GET` and `PUT /api/chat/otp/profile` and `/api/v1/auth/phone/profile`.
//!
//! Quirks kept: the token of a `PUT` stands in the body alone, and a suspended user may save.

use http::StatusCode;
use schemars::JsonSchema;
use sqlx::PgConnection;

use super::answer::ProfileShown;
use super::door::Door;
use crate::kit::error::{Bare, Coded};
use crate::kit::extract::bearer;
use crate::kit::extract::chat_session::{self, OpenSession, Refusal, ensure_access};
use crate::kit::extract::json::Json;
use crate::kit::{ApiError, Callers, Credential, Inbound, Operation, Outcome, Reader, Stop, UnitOfWork as _, Work};

/// What the column of the e-mail holds, in characters.
const LONGEST_EMAIL: usize = 320;

pub(super) fn operation(door: Door) -> Operation {
    let operation = Operation::new("Show the profile of a phone user")
        .callers(Callers::Only(&[Credential::ChatSession, Credential::QueryToken]));
    door.shows::<ProfileShown>(operation)
        .refuses::<Bare>(&[StatusCode::BAD_REQUEST])
        .refuses::<Coded>(&[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED])
}

pub(super) fn save_operation(door: Door) -> Operation {
    let operation = Operation::new("Change the profile of a phone user").callers(Callers::Anybody);
    door.takes::<NewProfile>(operation)
        .gives::<ProfileShown>(StatusCode::OK)
        .refuses::<Coded>(&[StatusCode::UNAUTHORIZED, StatusCode::UNPROCESSABLE_ENTITY])
}

pub(super) async fn show_to_browser(reader: &mut Reader, request: &Inbound) -> Outcome {
    let answered = show(reader, request).await;
    Door::Browser.answer(reader, request, StatusCode::OK, answered)
}

pub(super) async fn show_at_backend(reader: &mut Reader, request: &Inbound) -> Outcome {
    let answered = show(reader, request).await;
    Door::Backend.answer(reader, request, StatusCode::OK, answered)
}

pub(super) async fn save_from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Browser, work, request).await
}

pub(super) async fn save_at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Backend, work, request).await
}

async fn run(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => save(work, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    door.answer(work, request, StatusCode::OK, answered)
}

/// What a profile is made of.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct NewProfile {
    /// The session token, which no header stands for here.
    token: String,
    display_name: String,
    email: String,
}

impl NewProfile {
    /// What is no text is empty, and refused as such.
    fn read(body: &Json) -> Self {
        let text = |field: &str| body.text(field).unwrap_or_default();
        Self {
            token: text("token").to_owned(),
            display_name: text("displayName").trim().to_owned(),
            email: text("email").trim().to_lowercase(),
        }
    }
}

async fn show(reader: &mut Reader, request: &Inbound) -> Result<ProfileShown, Stop> {
    let query = request.query();
    let token = query.text("token").or_else(|| bearer::rest(&request.headers));
    let token = token.ok_or_else(|| ApiError::bare(StatusCode::BAD_REQUEST, Refusal::TokenRequired.message()))?;
    let session = chat_session::verify(reader, token)
        .await?
        .map_err(Refusal::of_reading)?;
    Ok(ProfileShown::of(&session.phone_user))
}

async fn save(work: &mut Work, body: &Json) -> Result<ProfileShown, Stop> {
    let new = NewProfile::read(body);
    let OpenSession { mut phone_user, .. } = session(work, &new.token).await?;
    if let Some(text) = missing(&new.display_name, &new.email) {
        return Err(ApiError::coded(StatusCode::UNPROCESSABLE_ENTITY, text, "PROFILE_INVALID").into());
    }
    update(work.db().await?, &phone_user.id, &new.display_name, &new.email).await?;
    phone_user.display_name = Some(new.display_name);
    phone_user.email = Some(new.email);
    // For the blanks alone that it fills.
    let _access = ensure_access(work, &mut phone_user).await?;
    Ok(ProfileShown::of(&phone_user))
}

/// Legacy takes the first session of anybody when there is no token.
async fn session(work: &mut Work, token: &str) -> Result<OpenSession, Stop> {
    let open = chat_session::open(work, token).await?;
    // Quirk kept: here a session that is over is none, in its last millisecond already.
    let now = work.now();
    Ok(open
        .ok()
        .filter(|open| open.expires_at > now)
        .ok_or_else(|| Refusal::NotFound.answer(StatusCode::UNAUTHORIZED))?)
}

/// What is wrong first, in the order of the contract.
fn missing(display_name: &str, email: &str) -> Option<&'static str> {
    if display_name.is_empty() {
        Some("Full name is required")
    } else if email.is_empty() {
        Some("Email is required")
    } else if is_address(email) {
        None
    } else {
        Some("Email is invalid")
    }
}

/// `^[^\s@]+@[^\s@]+\.[^\s@]+$`, and short enough to be stored.
fn is_address(email: &str) -> bool {
    let Some((mailbox, domain)) = email.split_once('@') else {
        return false;
    };
    let inner = domain
        .char_indices()
        .skip(1)
        .any(|(at, letter)| letter == '.' && at + 1 < domain.len());
    !mailbox.is_empty()
        && inner
        && !domain.contains('@')
        && !email.contains(char::is_whitespace)
        && email.chars().count() <= LONGEST_EMAIL
}

async fn update(db: &mut PgConnection, phone_user: &str, display_name: &str, email: &str) -> sqlx::Result<()> {
    sqlx::query(r#"update chatbot_phone_users set "displayName" = $2, email = $3 where id = $1"#)
        .bind(phone_user)
        .bind(display_name)
        .bind(email)
        .execute(db)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_has_one_at_and_a_dot_inside_its_domain() {
        for address in ["a@b.c", "a.b@c.d.e", "a@b..", "ñ@b.example"] {
            assert!(is_address(address), "{address}");
        }
        for other in [
            "", "a", "a@b", "@b.c", "a@.c", "a@b.", "a@b@c.d", "a b@c.d", "a@b .c", "a@.",
        ] {
            assert!(!is_address(other), "{other}");
        }
        assert!(!is_address(&format!("{}@b.c", "a".repeat(320))));
    }
}
