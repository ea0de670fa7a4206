//! Phone users and their codes.

use sqlx::PgConnection;
use time::PrimitiveDateTime;

use crate::domain::phone::Phone;
use crate::kit::extract::chat_session::PhoneUser;

/// A code without its hash, which no guess can fit.
pub(super) struct NewCode<'c> {
    pub(super) id: &'c str,
    pub(super) public_id: &'c str,
    pub(super) phone_user: &'c str,
    pub(super) expires_at: PrimitiveDateTime,
    pub(super) now: PrimitiveDateTime,
}

/// Says that a known phone user was active, and locks the row.
pub(super) async fn activate(
    db: &mut PgConnection,
    phone: &Phone,
    tenant: &str,
    now: PrimitiveDateTime,
) -> sqlx::Result<Option<PhoneUser>> {
    sqlx::query_as(
        r#"update chatbot_phone_users
           set phone = $1, "lastActiveAt" = $3, "countryCode" = coalesce($4, "countryCode")
           where "normalizedPhone" = $1 and "tenantId" = $2
           returning id as phone_user_id, phone, "normalizedPhone" as normalized_phone, "countryCode" as country_code,
                     "tenantId" as phone_user_tenant, "displayName" as display_name, email as phone_user_email"#,
    )
    .bind(&phone.normalized)
    .bind(tenant)
    .bind(now)
    .bind(&phone.country_code)
    .fetch_optional(db)
    .await
}

/// Makes a phone user and locks the row; of two made at the same time the second becomes an update of the first.
pub(super) async fn upsert(
    db: &mut PgConnection,
    id: &str,
    phone: &Phone,
    tenant: &str,
    now: PrimitiveDateTime,
) -> sqlx::Result<PhoneUser> {
    sqlx::query_as(
        r#"insert into chatbot_phone_users as old
             (id, phone, "normalizedPhone", "countryCode", "tenantId", "createdAt", "updatedAt")
           values ($1, $2, $2, $3, $4, $5, $5)
           on conflict ("normalizedPhone", "tenantId") do update
             set phone = excluded.phone, "lastActiveAt" = $5,
                 "countryCode" = coalesce(excluded."countryCode", old."countryCode")
           returning id as phone_user_id, phone, "normalizedPhone" as normalized_phone, "countryCode" as country_code,
                     "tenantId" as phone_user_tenant, "displayName" as display_name, email as phone_user_email"#,
    )
    .bind(id)
    .bind(&phone.normalized)
    .bind(&phone.country_code)
    .bind(tenant)
    .bind(now)
    .fetch_one(db)
    .await
}

/// When the newest code of a phone user was made.
pub(super) async fn newest(db: &mut PgConnection, phone_user: &str) -> sqlx::Result<Option<PrimitiveDateTime>> {
    sqlx::query_scalar(r#"select max("createdAt") from chatbot_phone_otps where "userId" = $1"#)
        .bind(phone_user)
        .fetch_one(db)
        .await
}

pub(super) async fn insert(db: &mut PgConnection, code: &NewCode<'_>) -> sqlx::Result<()> {
    sqlx::query(
        r#"insert into chatbot_phone_otps
             (id, "publicId", "userId", "codeHash", "expiresAt", "attemptCount", "createdAt", "updatedAt")
           values ($1, $2, $3, '', $4, 0, $5, $5)"#,
    )
    .bind(code.id)
    .bind(code.public_id)
    .bind(code.phone_user)
    .bind(code.expires_at)
    .bind(code.now)
    .execute(db)
    .await
    .map(drop)
}

pub(super) async fn set_hash(db: &mut PgConnection, id: &str, hash: &str) -> sqlx::Result<()> {
    sqlx::query(r#"update chatbot_phone_otps set "codeHash" = $2 where id = $1"#)
        .bind(id)
        .bind(hash)
        .execute(db)
        .await
        .map(drop)
}

pub(super) async fn delete(db: &mut PgConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from chatbot_phone_otps where id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop)
}

pub(super) async fn delete_all(db: &mut PgConnection, phone_user: &str) -> sqlx::Result<()> {
    sqlx::query(r#"delete from chatbot_phone_otps where "userId" = $1"#)
        .bind(phone_user)
        .execute(db)
        .await
        .map(drop)
}
