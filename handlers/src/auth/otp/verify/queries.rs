//! Codes that are traded for sessions.

use sqlx::PgConnection;
use time::PrimitiveDateTime;

use crate::kit::extract::chat_session::PhoneUser;

/// How many attempts a code has.
pub(super) const MOST_ATTEMPTS: i32 = 5;

#[derive(sqlx::FromRow)]
pub(super) struct Code {
    #[sqlx(rename = "otp_id")]
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) expires_at: PrimitiveDateTime,
    pub(super) attempts: i32,
    #[sqlx(flatten)]
    pub(super) phone_user: PhoneUser,
}

pub(super) struct NewSession<'s> {
    pub(super) id: &'s str,
    pub(super) phone_user: &'s str,
    pub(super) token: &'s str,
    pub(super) expires_at: PrimitiveDateTime,
    pub(super) now: PrimitiveDateTime,
}

/// The code and its phone user, whose row is locked before that of the code is.
pub(super) async fn find(db: &mut PgConnection, public_id: &str) -> sqlx::Result<Option<Code>> {
    sqlx::query_as(
        r#"select o.id as otp_id, o."codeHash" as hash, o."expiresAt" as expires_at, o."attemptCount" as attempts,
                  p.id as phone_user_id, p.phone, p."normalizedPhone" as normalized_phone,
                  p."countryCode" as country_code, p."tenantId" as phone_user_tenant,
                  p."displayName" as display_name, p.email as phone_user_email
           from chatbot_phone_otps o
           join chatbot_phone_users p on p.id = o."userId"
           where o."publicId" = $1
           for no key update of p"#,
    )
    .bind(public_id)
    .fetch_optional(db)
    .await
}

/// Counts an attempt; false when there are none left.
pub(super) async fn count_attempt(db: &mut PgConnection, id: &str) -> sqlx::Result<bool> {
    let counted = sqlx::query(
        r#"update chatbot_phone_otps set "attemptCount" = "attemptCount" + 1 where id = $1 and "attemptCount" < $2"#,
    )
    .bind(id)
    .bind(MOST_ATTEMPTS)
    .execute(db)
    .await?;
    Ok(counted.rows_affected() == 1)
}

pub(super) async fn activate(db: &mut PgConnection, phone_user: &str, now: PrimitiveDateTime) -> sqlx::Result<()> {
    sqlx::query(r#"update chatbot_phone_users set "lastActiveAt" = $2 where id = $1"#)
        .bind(phone_user)
        .bind(now)
        .execute(db)
        .await
        .map(drop)
}

/// Deletes the code; false when somebody else did.
pub(super) async fn use_up(db: &mut PgConnection, id: &str) -> sqlx::Result<bool> {
    let deleted = sqlx::query("delete from chatbot_phone_otps where id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn insert_session(db: &mut PgConnection, session: &NewSession<'_>) -> sqlx::Result<()> {
    sqlx::query(
        r#"insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
           values ($1, $2, $3, $4, $5, $5)"#,
    )
    .bind(session.id)
    .bind(session.phone_user)
    .bind(session.token)
    .bind(session.expires_at)
    .bind(session.now)
    .execute(db)
    .await
    .map(drop)
}

/// Deletes all but the newest sessions, of which `newest` is one whatever the clocks of other replicas say.
pub(super) async fn prune_sessions(
    db: &mut PgConnection,
    phone_user: &str,
    newest: &str,
    most: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"delete from chatbot_phone_sessions where "userId" = $1 and id not in (
             select id from chatbot_phone_sessions where "userId" = $1
             order by (id = $2) desc, "createdAt" desc, id desc limit $3)"#,
    )
    .bind(phone_user)
    .bind(newest)
    .bind(most)
    .execute(db)
    .await
    .map(drop)
}
