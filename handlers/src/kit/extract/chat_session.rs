//! Chat session tokens: verified as legacy verifies them (auth contract, "Chat session token" and "Linking and access check").

mod queries;

use http::StatusCode;
use time::OffsetDateTime;

use crate::domain::role::Role;
use crate::kit::error::ApiError;
use crate::kit::fault::Stop;
use crate::kit::touch::{LinkFill, Touch};
use crate::kit::unit::UnitOfWork;

/// Somebody who logged in by phone, and the app user that the phone is linked to.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatSession {
    /// `chatbot_phone_sessions.id`.
    pub id: String,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// `chatbot_phone_users.id`.
    pub phone_user: String,
    /// The phone user's own tenant, as stored.
    pub tenant: Option<String>,
    /// The linked app user.
    pub user: LinkedUser,
}

/// The app user behind a phone.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedUser {
    /// `users.id`.
    pub id: String,
    /// `users."tenantId"`.
    pub tenant: String,
    /// `users.role`.
    pub role: Option<Role>,
}

/// Why a token is not accepted; each has the text and the code of the contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No token at all.
    TokenRequired,
    /// Unknown or revoked.
    NotFound,
    /// Too old.
    Expired,
    /// No app user is linked.
    NoAccount,
    /// The app user waits for approval.
    Pending,
    /// The app user is suspended or inactive.
    Suspended,
    /// The app user's chat access was revoked.
    Revoked,
}

impl Refusal {
    /// The text of the contract.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::TokenRequired => "Session token is required",
            Self::NotFound => "Session not found",
            Self::Expired => "Session has expired",
            Self::NoAccount => "No encontramos una cuenta autorizada para este número.",
            Self::Pending => "Tu acceso al chatbot está pendiente de aprobación. Contacta al administrador.",
            Self::Suspended => "Tu cuenta se encuentra suspendida. Contacta al administrador.",
            Self::Revoked => "Tu acceso al chatbot fue revocado por un administrador.",
        }
    }

    /// The code of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenRequired | Self::NotFound | Self::Expired => "SESSION_INVALID",
            Self::NoAccount | Self::Pending | Self::Suspended | Self::Revoked => "ACCESS_DENIED",
        }
    }

    /// The envelope `{"error","code"}`; which status a code has depends on the endpoint.
    #[must_use]
    pub fn answer(self, status: StatusCode) -> ApiError {
        ApiError::coded(status, self.message(), self.code())
    }
}

/// Verifies a token and says that its session was used.
///
/// # Errors
/// A fault when the database fails; a token that is not accepted is no error but `Err(Refusal)` inside.
pub async fn verify(unit: &mut impl UnitOfWork, token: &str) -> Result<Result<ChatSession, Refusal>, Stop> {
    if token.is_empty() {
        return Ok(Err(Refusal::TokenRequired));
    }
    // A NUL can be in no stored token and would only make PostgreSQL refuse the statement.
    if token.contains('\0') {
        return Ok(Err(Refusal::NotFound));
    }
    let now = unit.now();
    let Some(row) = queries::session(unit.db().await?, token).await? else {
        return Ok(Err(Refusal::NotFound));
    };
    if row.revoked_at.is_some() {
        return Ok(Err(Refusal::NotFound));
    }
    if row.expires_at.assume_utc() < now {
        return Ok(Err(Refusal::Expired));
    }
    let home = resolve_tenant(unit, row.tenant_id.as_deref()).await?;
    let Some(user) = queries::linked_user(unit.db().await?, &row.phone_user_id, &home).await? else {
        return Ok(Err(Refusal::NoAccount));
    };
    if let Some(refusal) = access(&user) {
        return Ok(Err(refusal));
    }
    unit.touch(Touch {
        session: row.id.clone(),
        phone_user: row.phone_user_id.clone(),
        at: now,
        link: user.fills.then(|| LinkFill { user: user.id.clone() }),
    });
    Ok(Ok(ChatSession {
        id: row.id,
        expires_at: row.expires_at.assume_utc(),
        phone_user: row.phone_user_id,
        tenant: row.tenant_id.filter(|tenant| !tenant.is_empty()),
        user: LinkedUser {
            id: user.id,
            tenant: user.tenant_id,
            role: Role::parse(&user.role),
        },
    }))
}

/// The checks of step 4, in their order.
fn access(user: &queries::UserRow) -> Option<Refusal> {
    if user.approval_status != "approved" {
        return Some(Refusal::Pending);
    }
    if matches!(user.status.as_str(), "suspended" | "inactive") {
        return Some(Refusal::Suspended);
    }
    match user.chatbot_access_status.as_str() {
        "approved" => None,
        "revoked" => Some(Refusal::Revoked),
        _ => Some(Refusal::Pending),
    }
}

/// `resolveTenantId` of the auth contract, for the tenant stored with a phone user.
async fn resolve_tenant(unit: &mut impl UnitOfWork, stored: Option<&str>) -> Result<String, Stop> {
    let input = stored.unwrap_or_default().trim();
    if input.is_empty() || input == "default" {
        return Ok("default".to_owned());
    }
    if let Some(id) = queries::tenant(unit.db().await?, input, &host_variants(input)).await? {
        return Ok(id);
    }
    let looks_like_id = input.len() >= 12 && input.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let tagged = input
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("tenant_"));
    Ok(if looks_like_id || tagged {
        input.to_owned()
    } else {
        "default".to_owned()
    })
}

fn host_variants(input: &str) -> Vec<String> {
    let lower = input.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
        .unwrap_or(&lower);
    let host = rest.split('/').next().unwrap_or_default();
    let without_port = host.split(':').next().unwrap_or_default();
    let mut variants: Vec<String> = [host, without_port]
        .into_iter()
        .flat_map(|host| [host, host.strip_prefix("www.").unwrap_or(host)])
        .filter(|host| !host.is_empty())
        .map(str::to_owned)
        .collect();
    variants.sort();
    variants.dedup();
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_tried_without_port_and_without_www() {
        assert_eq!(
            host_variants("https://www.Acme.example:8080/x"),
            [
                "acme.example",
                "acme.example:8080",
                "www.acme.example",
                "www.acme.example:8080"
            ]
        );
    }

    #[test]
    fn access_is_checked_in_the_order_of_the_contract() {
        let user = |approval: &str, status: &str, chat: &str| queries::UserRow {
            id: "u".into(),
            tenant_id: "t".into(),
            role: "user".into(),
            status: status.into(),
            approval_status: approval.into(),
            chatbot_access_status: chat.into(),
            fills: false,
        };
        assert_eq!(access(&user("approved", "invited", "approved")), None);
        assert_eq!(
            access(&user("rejected", "suspended", "revoked")),
            Some(Refusal::Pending)
        );
        assert_eq!(
            access(&user("approved", "inactive", "revoked")),
            Some(Refusal::Suspended)
        );
        assert_eq!(access(&user("approved", "active", "revoked")), Some(Refusal::Revoked));
        assert_eq!(access(&user("approved", "active", "pending")), Some(Refusal::Pending));
    }
}
