//! Chat session tokens: verified as legacy verifies them (auth contract, "Chat session token" and "Linking and access check").

mod access;
mod queries;
mod refusal;

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::kit::fault::Stop;
use crate::kit::touch::Touch;
use crate::kit::unit::UnitOfWork;
use crate::kit::wire::iso::stored;

pub use access::{LinkedUser, PhoneUser, ensure_access, user_of_phone};
pub use refusal::Refusal;

/// How long a session lives from its last extension.
pub const LIFETIME: Duration = Duration::days(180);

/// Somebody who logged in by phone, and the app user that the phone is linked to.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatSession {
    /// `chatbot_phone_sessions.id`.
    pub id: String,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// Who logged in.
    pub phone_user: PhoneUser,
    /// The linked app user.
    pub user: LinkedUser,
}

/// A session that is neither revoked nor over. Nothing is said yet of the access of its user.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenSession {
    /// `chatbot_phone_sessions.id`.
    pub id: String,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// Who logged in.
    pub phone_user: PhoneUser,
    /// The app user, looked up with the session; none when the home tenant of the phone user is not named by its id and has
    /// yet to be found.
    linked: Option<queries::Linked>,
}

impl ChatSession {
    /// The phone user's own tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.phone_user.tenant.as_deref().filter(|tenant| !tenant.is_empty())
    }

    /// Says that the session was used, and with `extend` that it lives on from now.
    pub fn touch(&mut self, unit: &mut impl UnitOfWork, extend: bool) {
        let now = unit.now();
        if extend {
            self.expires_at = now + LIFETIME;
        }
        unit.touch(Touch::Used {
            session: self.id.clone(),
            phone_user: self.phone_user.id.clone(),
            at: now,
            expires_at: extend.then_some(self.expires_at),
        });
    }
}

/// Verifies a token and says that its session was used.
///
/// # Errors
/// A fault when the database fails; a token that is not accepted is no error but `Err(Refusal)` inside.
pub async fn verify(unit: &mut impl UnitOfWork, token: &str) -> Result<Result<ChatSession, Refusal>, Stop> {
    let session = match open(unit, token).await? {
        Ok(session) => session,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut session = match admit(unit, session).await? {
        Ok(session) => session,
        Err(refusal) => return Ok(Err(refusal)),
    };
    session.touch(unit, false);
    Ok(Ok(session))
}

/// Looks a token up, without asking for the access of its user and without touching anything.
///
/// # Errors
/// As [`verify`].
pub async fn open(unit: &mut impl UnitOfWork, token: &str) -> Result<Result<OpenSession, Refusal>, Stop> {
    if token.is_empty() {
        return Ok(Err(Refusal::TokenRequired));
    }
    // A NUL can be in no stored token and would only make PostgreSQL refuse the statement.
    if token.contains('\0') {
        return Ok(Err(Refusal::NotFound));
    }
    let now = unit.now();
    let Some(row) = queries::session(unit.lookup().await?, token).await? else {
        return Ok(Err(Refusal::NotFound));
    };
    if row.revoked_at.is_some() {
        return Ok(Err(Refusal::NotFound));
    }
    let expires_at = row.expires_at.assume_utc();
    if expires_at < now {
        return Ok(Err(Refusal::Expired));
    }
    Ok(Ok(OpenSession {
        id: row.session_id,
        expires_at,
        phone_user: row.phone_user,
        linked: row.home.map(|_| row.linked),
    }))
}

/// Ends a session, also one that is over or was ended before, whatever became of its user; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn revoke(db: &mut PgConnection, token: &str, now: OffsetDateTime) -> sqlx::Result<bool> {
    if token.contains('\0') {
        return Ok(false);
    }
    queries::revoke(db, token, stored(now)).await
}

/// Asks for the access of a session's user; what is blank in the two rows is filled, also when access is refused.
///
/// # Errors
/// As [`verify`].
pub async fn admit(unit: &mut impl UnitOfWork, mut session: OpenSession) -> Result<Result<ChatSession, Refusal>, Stop> {
    let access = match session.linked {
        Some(queries::Linked(found)) => access::judge(unit, &mut session.phone_user, found),
        None => ensure_access(unit, &mut session.phone_user).await?,
    };
    Ok(access.map(|user| ChatSession {
        id: session.id,
        expires_at: session.expires_at,
        phone_user: session.phone_user,
        user,
    }))
}
