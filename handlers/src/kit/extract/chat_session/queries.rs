//! The rows behind a chat session.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use time::PrimitiveDateTime;

use super::access::PhoneUser;

#[derive(Debug, sqlx::FromRow)]
pub(super) struct SessionRow {
    pub(super) session_id: String,
    pub(super) expires_at: PrimitiveDateTime,
    pub(super) revoked_at: Option<PrimitiveDateTime>,
    /// The tenant of the phone user, when it is named by its id.
    pub(super) home: Option<String>,
    #[sqlx(flatten)]
    pub(super) phone_user: PhoneUser,
    #[sqlx(flatten)]
    pub(super) linked: Linked,
}

/// The app user of a phone in its home tenant, if there is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Linked(pub(super) Option<UserRow>);

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub(super) struct UserRow {
    pub(super) user_id: String,
    pub(super) user_tenant: String,
    pub(super) user_role: String,
    pub(super) user_name: Option<String>,
    pub(super) user_email: String,
    pub(super) user_status: String,
    pub(super) approval_status: String,
    pub(super) chatbot_access_status: String,
    /// Whether a blank of either row can be filled from the other.
    pub(super) fills: bool,
}

/// The app user of the phone user `p` in a tenant: the one linked by id, else one of the same verified phone that is linked to no
/// other phone. The e-mail plays no part, because a phone user can set it without proof (auth contract, `SECURITY:` of the
/// linking step).
macro_rules! user_of_p {
    ($tenant:literal) => {
        concat!(
            r#"select u.id as user_id, u."tenantId" as user_tenant, u.role::text as user_role, u.name as user_name,
                      u.email as user_email, u.status::text as user_status,
                      u."approvalStatus"::text as approval_status,
                      u."chatbotAccessStatus"::text as chatbot_access_status,
                      (u."chatbotPhoneUserId" is null
                       or (coalesce(u.phone, '') = '' and p.phone <> '')
                       or (coalesce(u."normalizedPhone", '') = '' and p."normalizedPhone" <> '')
                       or (btrim(coalesce(u.name, '')) = '' and coalesce(p."displayName", '') <> '')
                       or (btrim(u.email) = '' and coalesce(p.email, '') <> '')
                       or (coalesce(p.email, '') = '' and u.email <> '')
                       or (coalesce(p."displayName", '') = '' and coalesce(u.name, '') <> '')
                       or coalesce(p."tenantId", '') = '') as fills
               from users u
               where u."tenantId" = "#,
            $tenant,
            r#" and (u."chatbotPhoneUserId" = p.id
                    or (u."chatbotPhoneUserId" is null
                        and ((p."normalizedPhone" <> '' and u."normalizedPhone" = p."normalizedPhone")
                             or (p.phone <> '' and u.phone = p.phone))))
               order by (u."chatbotPhoneUserId" is not null) desc, u."updatedAt" desc, u.id
               limit 1"#
        )
    };
}

impl<'r> FromRow<'r, PgRow> for Linked {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let id: Option<String> = row.try_get("user_id")?;
        id.map(|_| UserRow::from_row(row)).transpose().map(Self)
    }
}

pub(super) async fn session(db: &mut PgConnection, token: &str) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query_as(concat!(
        r#"select s.id as session_id, s."expiresAt" as expires_at, s."revokedAt" as revoked_at,
                  t.id as home, p.id as phone_user_id, p.phone, p."normalizedPhone" as normalized_phone,
                  p."countryCode" as country_code, p."tenantId" as phone_user_tenant,
                  p."displayName" as display_name, p.email as phone_user_email, linked.*
           from chatbot_phone_sessions s
           join chatbot_phone_users p on p.id = s."userId"
           left join tenants t on t.id = p."tenantId"
           left join lateral ("#,
        user_of_p!("t.id"),
        r#") linked on true
           where s."sessionToken" = $1"#
    ))
    .bind(token)
    .fetch_optional(db)
    .await
}

pub(super) async fn revoke(db: &mut PgConnection, token: &str, now: PrimitiveDateTime) -> sqlx::Result<bool> {
    let sql = r#"update chatbot_phone_sessions set "revokedAt" = $2 where "sessionToken" = $1"#;
    let revoked = sqlx::query(sql).bind(token).bind(now).execute(db).await?;
    Ok(revoked.rows_affected() > 0)
}

pub(super) async fn linked_user(
    db: &mut PgConnection,
    phone_user: &str,
    tenant: &str,
) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as(concat!(
        "select linked.* from chatbot_phone_users p cross join lateral (",
        user_of_p!("$2"),
        ") linked where p.id = $1"
    ))
    .bind(phone_user)
    .bind(tenant)
    .fetch_optional(db)
    .await
}

pub(super) async fn user_of_phone(db: &mut PgConnection, phone: &str, tenant: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        r#"select exists (
             select 1 from users
             where "tenantId" = $2 and "chatbotPhoneUserId" is null and ("normalizedPhone" = $1 or phone = $1))"#,
    )
    .bind(phone)
    .bind(tenant)
    .fetch_one(db)
    .await
}
