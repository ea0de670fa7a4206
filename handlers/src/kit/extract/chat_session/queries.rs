//! The rows behind a chat session.

use sqlx::PgConnection;
use time::PrimitiveDateTime;

#[derive(Debug, sqlx::FromRow)]
pub(super) struct SessionRow {
    pub(super) id: String,
    pub(super) expires_at: PrimitiveDateTime,
    pub(super) revoked_at: Option<PrimitiveDateTime>,
    pub(super) phone_user_id: String,
    pub(super) tenant_id: Option<String>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) tenant_id: String,
    pub(super) role: String,
    pub(super) status: String,
    pub(super) approval_status: String,
    pub(super) chatbot_access_status: String,
    /// Whether a blank of either row can be filled from the other.
    pub(super) fills: bool,
}

pub(super) async fn session(db: &mut PgConnection, token: &str) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query_as(
        r#"select s.id, s."expiresAt" as expires_at, s."revokedAt" as revoked_at,
                  p.id as phone_user_id, p."tenantId" as tenant_id
           from chatbot_phone_sessions s
           join chatbot_phone_users p on p.id = s."userId"
           where s."sessionToken" = $1"#,
    )
    .bind(token)
    .fetch_optional(db)
    .await
}

/// The app user of a phone: the one linked by id, else one of the same verified phone that is linked to no other phone. The
/// e-mail plays no part, because a phone user can set it without proof (auth contract, `SECURITY:` of the linking step).
pub(super) async fn linked_user(
    db: &mut PgConnection,
    phone_user: &str,
    tenant: &str,
) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as(
        r#"select u.id, u."tenantId" as tenant_id, u.role::text as role, u.status::text as status,
                  u."approvalStatus"::text as approval_status,
                  u."chatbotAccessStatus"::text as chatbot_access_status,
                  (u."chatbotPhoneUserId" is null
                   or (coalesce(u.phone, '') = '' and p.phone <> '')
                   or (coalesce(u."normalizedPhone", '') = '' and p."normalizedPhone" <> '')
                   or (coalesce(btrim(u.name), '') = '' and coalesce(p."displayName", '') <> '')
                   or (coalesce(p.email, '') = '' and u.email <> '')
                   or (coalesce(p."displayName", '') = '' and coalesce(u.name, '') <> '')
                   or coalesce(p."tenantId", '') = '') as fills
           from chatbot_phone_users p
           join users u on u."tenantId" = $2
             and (u."chatbotPhoneUserId" = p.id
                  or (u."chatbotPhoneUserId" is null
                      and ((p."normalizedPhone" <> '' and u."normalizedPhone" = p."normalizedPhone")
                           or (p.phone <> '' and u.phone = p.phone))))
           where p.id = $1
           order by (u."chatbotPhoneUserId" is not null) desc, u."updatedAt" desc, u.id
           limit 1"#,
    )
    .bind(phone_user)
    .bind(tenant)
    .fetch_optional(db)
    .await
}

pub(super) async fn tenant(db: &mut PgConnection, input: &str, hosts: &[String]) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        r#"select id from tenants
           where id = $1 or subdomain = $1 or domain = any($2)
           order by (id = $1) desc, (subdomain = $1) desc, "createdAt", id
           limit 1"#,
    )
    .bind(input)
    .bind(hosts)
    .fetch_optional(db)
    .await
}
