//! Row updates that a contract hangs on the mere use of a session.
//!
//! Legacy updates `lastUsedAt` of a chat session whenever it is looked at, also on a `GET`. A native read holds a connection
//! that PostgreSQL itself keeps read-only, and it must stay so: that is what makes a read certainly repeatable and
//! shadowing certainly harmless. So an endpoint only *says* that a session was used. After a live read the touch is applied
//! in a transaction of its own, beside the answer and best effort: two timestamps are not worth a failed or a slower answer. In a
//! unit of work that writes, it is applied last inside the same transaction (the session row is then locked for the shortest
//! time). A dry run never applies it to anything that lasts and records it as an effect of kind `row`.

use serde_json::json;
use sqlx::PgConnection;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::effects::EffectRecord;
use super::wire::iso::Iso;

/// A session that was used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Touch {
    /// `chatbot_phone_sessions.id`.
    pub session: String,
    /// `chatbot_phone_users.id`.
    pub phone_user: String,
    /// When.
    pub at: OffsetDateTime,
    /// Blank columns of the two linked rows to be filled from each other (auth contract, "Linking and access check").
    pub link: Option<LinkFill>,
}

/// The app user whose row and the phone user's row fill each other's blanks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkFill {
    /// `users.id`.
    pub user: String,
}

impl Touch {
    pub(crate) async fn apply(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let at = PrimitiveDateTime::new(self.at.date(), self.at.time());
        if let Some(link) = &self.link {
            fill_user(connection, &self.phone_user, &link.user).await?;
            fill_phone_user(connection, &self.phone_user, &link.user).await?;
        }
        sqlx::query(r#"update chatbot_phone_sessions set "lastUsedAt" = $2 where id = $1"#)
            .bind(&self.session)
            .bind(at)
            .execute(&mut *connection)
            .await?;
        sqlx::query(r#"update chatbot_phone_users set "lastActiveAt" = $2 where id = $1"#)
            .bind(&self.phone_user)
            .bind(at)
            .execute(connection)
            .await?;
        Ok(())
    }

    pub(crate) fn record(&self) -> EffectRecord {
        EffectRecord {
            kind: "row".to_owned(),
            summary: "chat session used".to_owned(),
            payload: json!({
                "table": "chatbot_phone_sessions",
                "pk": self.session,
                "changed": { "lastUsedAt": Iso(self.at) },
                "phoneUser": self.phone_user,
                "link": self.link.as_ref().map(|link| &link.user),
            }),
        }
    }
}

async fn fill_user(connection: &mut PgConnection, phone_user: &str, user: &str) -> sqlx::Result<()> {
    sqlx::query(
        r#"update users u
           set "chatbotPhoneUserId" = coalesce(u."chatbotPhoneUserId", p.id),
               phone = coalesce(nullif(u.phone, ''), p.phone),
               "normalizedPhone" = coalesce(nullif(u."normalizedPhone", ''), p."normalizedPhone"),
               name = coalesce(nullif(btrim(u.name), ''), p."displayName")
           from chatbot_phone_users p
           where p.id = $1 and u.id = $2"#,
    )
    .bind(phone_user)
    .bind(user)
    .execute(connection)
    .await
    .map(drop)
}

async fn fill_phone_user(connection: &mut PgConnection, phone_user: &str, user: &str) -> sqlx::Result<()> {
    sqlx::query(
        r#"update chatbot_phone_users p
           set email = coalesce(nullif(p.email, ''), u.email),
               "displayName" = coalesce(nullif(p."displayName", ''), u.name),
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
