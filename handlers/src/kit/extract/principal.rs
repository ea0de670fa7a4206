//! Who asks: an app user with a JWT, or somebody logged in by phone.

use super::chat_session::{self, ChatSession};
use super::jwt::{self, JwtUser};
use super::revoked;
use crate::domain::role::Role;
use crate::kit::fault::Stop;
use crate::kit::unit::UnitOfWork;

/// A caller whose token was verified.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// An app user. Role and tenant are those of the token.
    User(JwtUser),
    /// Somebody logged in by phone.
    Chat(Box<ChatSession>),
}

impl Principal {
    /// Verifies a token of either kind; `None` when it is neither.
    ///
    /// # Errors
    /// A fault when the database fails.
    pub async fn verify(unit: &mut impl UnitOfWork, token: &str) -> Result<Option<Self>, Stop> {
        let now = unit.now();
        if let Some(user) = jwt::verify(token, &unit.context().settings.jwt_secrets, now) {
            let revoked = revoked::is_revoked(unit.lookup().await?, token).await?;
            return Ok((!revoked).then_some(Self::User(user)));
        }
        Ok(chat_session::verify(unit, token)
            .await?
            .ok()
            .map(Box::new)
            .map(Self::Chat))
    }

    /// The caller's own tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::User(user) => user.tenant.as_deref(),
            Self::Chat(session) => session.tenant(),
        }
    }

    /// Whether the caller may act for any tenant. Only a JWT can say so, never a phone.
    #[must_use]
    pub fn is_super_admin(&self) -> bool {
        matches!(
            self,
            Self::User(JwtUser {
                role: Some(Role::SuperAdmin),
                ..
            })
        )
    }

    /// `users.id` of the caller.
    #[must_use]
    pub fn user_id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Chat(session) => &session.user.id,
        }
    }
}
