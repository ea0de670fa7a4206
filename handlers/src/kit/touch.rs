//! Row updates that a contract hangs on the mere use of a session.
//!
//! Legacy updates `lastUsedAt` of a chat session whenever it is looked at, also on a `GET`. A native read holds a connection
//! that PostgreSQL itself keeps read-only, and it must stay so: that is what makes a read certainly repeatable and
//! shadowing certainly harmless. So an endpoint only *says* that a session was used. After a live read, and after a unit of work
//! that wrote nothing, the touch is applied beside the answer and best effort: two timestamps are not worth a failed or a
//! slower answer. In a unit of work that writes, or where an answer promises a longer life, it is applied last inside the same
//! transaction (the rows are then locked for the shortest time). A dry run never applies it to anything that lasts and records
//! it as an effect of kind `row`.
//!
//! Rows are always locked in the order phone user, app user, session, so that two requests never wait for each other.

pub(crate) mod later;

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::effects::EffectRecord;
use super::wire::iso::{Iso, stored};

/// What is written because a chat session was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Touch {
    /// Blank columns of an app user and a phone user are filled from each other (auth contract, "Linking and access check"). Only
    /// blank ones are written, so saying it twice does no harm.
    Link {
        /// `chatbot_phone_users.id`.
        phone_user: String,
        /// `users.id`.
        user: String,
    },
    /// A session was used.
    Used {
        /// `chatbot_phone_sessions.id`.
        session: String,
        /// `chatbot_phone_users.id`.
        phone_user: String,
        /// When.
        at: OffsetDateTime,
        /// Its new end, where the use extends it.
        expires_at: Option<OffsetDateTime>,
    },
}

impl Touch {
    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        match self {
            Self::Link { phone_user, user } => {
                fill_phone_user(connection, phone_user, user).await?;
                fill_user(connection, phone_user, user).await
            }
            Self::Used {
                session,
                phone_user,
                at,
                expires_at,
            } => was_used(connection, session, phone_user, *at, *expires_at).await,
        }
    }

    /// Whether no answer depends on it: it may be written late, or be lost.
    pub(crate) fn may_wait(&self) -> bool {
        matches!(self, Self::Used { expires_at: None, .. })
    }

    pub(crate) fn record(&self) -> EffectRecord {
        let (summary, payload) = match self {
            Self::Link { phone_user, user } => (
                "app user and phone user linked",
                json!({ "table": "users", "pk": user, "phoneUser": phone_user }),
            ),
            Self::Used {
                session,
                phone_user,
                at,
                expires_at,
            } => (
                "chat session used",
                json!({
                    "table": "chatbot_phone_sessions",
                    "pk": session,
                    "changed": { "lastUsedAt": Iso(*at), "expiresAt": expires_at.map(Iso) },
                    "phoneUser": phone_user,
                }),
            ),
        };
        EffectRecord {
            kind: "row".to_owned(),
            summary: summary.to_owned(),
            payload,
        }
    }
}

/// One statement, so that it needs no transaction around it; the phone user is locked first, because its id is asked for.
async fn was_used(
    connection: &mut PgConnection,
    session: &str,
    phone_user: &str,
    at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"with active as (
             update chatbot_phone_users set "lastActiveAt" = $3 where id = $2 returning id)
           update chatbot_phone_sessions set "lastUsedAt" = $3, "expiresAt" = coalesce($4, "expiresAt")
           where id = $1 and "userId" = (select id from active)"#,
    )
    .bind(session)
    .bind(phone_user)
    .bind(stored(at))
    .bind(expires_at.map(stored))
    .execute(connection)
    .await
    .map(drop)
}

async fn fill_phone_user(connection: &mut PgConnection, phone_user: &str, user: &str) -> sqlx::Result<()> {
    sqlx::query(
        r#"update chatbot_phone_users p
           set email = coalesce(nullif(p.email, ''), nullif(u.email, ''), p.email),
               "displayName" = coalesce(nullif(p."displayName", ''), nullif(u.name, ''), p."displayName"),
               "tenantId" = coalesce(nullif(p."tenantId", ''), u."tenantId")
           from users u
           where p.id = $1 and u.id = $2"#,
    )
    .bind(phone_user)
    .bind(user)
    .execute(connection)
    .await
    .map(drop)
}

/// The e-mail is filled only where no other user of the tenant has it.
async fn fill_user(connection: &mut PgConnection, phone_user: &str, user: &str) -> sqlx::Result<()> {
    sqlx::query(
        r#"update users u
           set "chatbotPhoneUserId" = coalesce(u."chatbotPhoneUserId", p.id),
               phone = coalesce(nullif(u.phone, ''), p.phone),
               "normalizedPhone" = coalesce(nullif(u."normalizedPhone", ''), p."normalizedPhone"),
               name = case when btrim(coalesce(u.name, '')) = ''
                           then coalesce(nullif(p."displayName", ''), u.name) else u.name end,
               email = case when btrim(u.email) = '' and p.email <> '' and not exists (
                              select 1 from users o where o.email = p.email and o."tenantId" = u."tenantId")
                            then p.email else u.email end
           from chatbot_phone_users p
           where p.id = $1 and u.id = $2"#,
    )
    .bind(phone_user)
    .bind(user)
    .execute(connection)
    .await
    .map(drop)
}
