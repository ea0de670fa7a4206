//! Linking a phone to an app user, and that user's access to the chat (auth contract, "Linking and access check").

use super::queries;
use super::refusal::Refusal;
use crate::domain::role::Role;
use crate::kit::extract::home_tenant;
use crate::kit::fault::Stop;
use crate::kit::touch::Touch;
use crate::kit::unit::UnitOfWork;

/// A row of `chatbot_phone_users`.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct PhoneUser {
    /// `id`.
    #[sqlx(rename = "phone_user_id")]
    pub id: String,
    /// `phone`.
    pub phone: String,
    /// `normalizedPhone`.
    pub normalized_phone: String,
    /// `countryCode`.
    pub country_code: Option<String>,
    /// `tenantId`.
    #[sqlx(rename = "phone_user_tenant")]
    pub tenant: Option<String>,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `email`; set by the phone user without proof.
    #[sqlx(rename = "phone_user_email")]
    pub email: Option<String>,
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
    /// `users.name`.
    pub name: Option<String>,
    /// `users.email`.
    pub email: String,
}

impl PhoneUser {
    /// The row as it is after the blanks were filled, as [`Touch::Link`] fills them.
    fn fill(&mut self, user: &LinkedUser) {
        let fill = |mine: &mut Option<String>, other: Option<&String>| {
            if mine.as_deref().unwrap_or_default().is_empty() {
                *mine = other.filter(|other| !other.is_empty()).cloned().or_else(|| mine.take());
            }
        };
        fill(&mut self.email, Some(&user.email));
        fill(&mut self.display_name, user.name.as_ref());
        fill(&mut self.tenant, Some(&user.tenant));
    }
}

/// Finds the app user of a phone, has the blanks of both rows filled, and checks the user's access.
///
/// # Errors
/// A fault when the database fails; a refusal is no error but `Err(Refusal)` inside.
pub async fn ensure_access(
    unit: &mut impl UnitOfWork,
    phone_user: &mut PhoneUser,
) -> Result<Result<LinkedUser, Refusal>, Stop> {
    let home = home_tenant::resolve(unit, phone_user.tenant.as_deref()).await?;
    let found = queries::linked_user(unit.lookup().await?, &phone_user.id, &home).await?;
    Ok(judge(unit, phone_user, found))
}

/// Links what was found, and checks its access.
pub(super) fn judge(
    unit: &mut impl UnitOfWork,
    phone_user: &mut PhoneUser,
    found: Option<queries::UserRow>,
) -> Result<LinkedUser, Refusal> {
    let row = found.ok_or(Refusal::NoAccount)?;
    let (refusal, fills) = (access(&row), row.fills);
    let user = LinkedUser {
        id: row.user_id,
        tenant: row.user_tenant,
        role: Role::parse(&row.user_role),
        name: row.user_name,
        email: row.user_email,
    };
    if fills {
        unit.touch(Touch::Link {
            phone_user: phone_user.id.clone(),
            user: user.id.clone(),
        });
        phone_user.fill(&user);
    }
    refusal.map_or(Ok(user), Err)
}

/// Whether a tenant has an app user of this phone who is linked to no other one: only then is a phone user made.
///
/// # Errors
/// A fault when the database fails.
pub async fn user_of_phone(unit: &mut impl UnitOfWork, phone: &str, tenant: &str) -> Result<bool, Stop> {
    Ok(queries::user_of_phone(unit.lookup().await?, phone, tenant).await?)
}

/// The checks of step 4, in their order.
fn access(user: &queries::UserRow) -> Option<Refusal> {
    if user.approval_status != "approved" {
        return Some(Refusal::Pending);
    }
    if matches!(user.user_status.as_str(), "suspended" | "inactive") {
        return Some(Refusal::Suspended);
    }
    match user.chatbot_access_status.as_str() {
        "approved" => None,
        "revoked" => Some(Refusal::Revoked),
        _ => Some(Refusal::Pending),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_checked_in_the_order_of_the_contract() {
        let user = |approval: &str, status: &str, chat: &str| queries::UserRow {
            user_id: "u".into(),
            user_tenant: "t".into(),
            user_role: "user".into(),
            user_name: None,
            user_email: String::new(),
            user_status: status.into(),
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

    #[test]
    fn only_blanks_are_filled() {
        let mut phone_user = PhoneUser {
            id: "p".into(),
            phone: "+1".into(),
            normalized_phone: "+1".into(),
            country_code: None,
            tenant: Some("own".into()),
            display_name: Some(String::new()),
            email: None,
        };
        phone_user.fill(&LinkedUser {
            id: "u".into(),
            tenant: "other".into(),
            role: None,
            name: None,
            email: "a@b.example".into(),
        });
        assert_eq!(phone_user.tenant.as_deref(), Some("own"));
        assert_eq!(phone_user.display_name.as_deref(), Some(""));
        assert_eq!(phone_user.email.as_deref(), Some("a@b.example"));
    }
}
