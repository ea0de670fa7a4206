//! The rows behind the list, each of them of the tenant.

use serde_json::Value;
use sqlx::PgConnection;
use time::PrimitiveDateTime;

#[derive(Debug, sqlx::FromRow)]
pub(super) struct ContactRow {
    pub(super) id: String,
    pub(super) tenant: String,
    pub(super) kind: String,
    pub(super) display_name: String,
    pub(super) phone: Option<String>,
    pub(super) avatar_url: Option<String>,
    pub(super) description: Option<String>,
    pub(super) metadata: Option<Value>,
    pub(super) is_flowbot: bool,
    pub(super) email: Option<String>,
    pub(super) created_at: PrimitiveDateTime,
    pub(super) updated_at: PrimitiveDateTime,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) tenant: String,
    pub(super) name: Option<String>,
    pub(super) email: String,
    pub(super) phone: Option<String>,
    pub(super) role: String,
    pub(super) picture: Option<String>,
    pub(super) metadata: Option<Value>,
    pub(super) created_at: PrimitiveDateTime,
    pub(super) updated_at: PrimitiveDateTime,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct WhatsappRow {
    pub(super) id: String,
    pub(super) tenant: String,
    /// Whether its session is the tenant's.
    pub(super) of_session: bool,
    pub(super) session: String,
    pub(super) jid: String,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) unread: i32,
    pub(super) last_message_at: Option<PrimitiveDateTime>,
    pub(super) metadata: Option<Value>,
    pub(super) contact: Option<String>,
    pub(super) user: Option<String>,
    pub(super) session_status: String,
    pub(super) session_started_at: Option<PrimitiveDateTime>,
    pub(super) session_closed_at: Option<PrimitiveDateTime>,
}

/// What somebody and the caller have written to each other.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Talk {
    pub(super) peer: String,
    pub(super) unread: i64,
    pub(super) last_at: PrimitiveDateTime,
}

pub(super) async fn contacts(db: &mut PgConnection, tenant: &str) -> sqlx::Result<Vec<ContactRow>> {
    sqlx::query_as(
        r#"select id, "tenantId" as tenant, type::text as kind, "displayName" as display_name, phone,
                  "avatarUrl" as avatar_url, description, metadata, "isDefaultFlowbot" as is_flowbot, email,
                  "createdAt" as created_at, "updatedAt" as updated_at
           from chatbot_contacts where "tenantId" = $1 order by "createdAt", id"#,
    )
    .bind(tenant)
    .fetch_all(db)
    .await
}

pub(super) async fn users(db: &mut PgConnection, tenant: &str) -> sqlx::Result<Vec<UserRow>> {
    sqlx::query_as(
        r#"select id, "tenantId" as tenant, name, email, phone, role::text as role, "profilePictureUrl" as picture,
                  metadata, "createdAt" as created_at, "updatedAt" as updated_at
           from users where "tenantId" = $1 order by name, id"#,
    )
    .bind(tenant)
    .fetch_all(db)
    .await
}

/// Those of the tenant, and those of its sessions.
pub(super) async fn whatsapp(db: &mut PgConnection, tenant: &str) -> sqlx::Result<Vec<WhatsappRow>> {
    sqlx::query_as(
        r#"select c.id, c."tenantId" as tenant, s."sessionId" is not null as of_session, c."sessionId" as session, c.jid,
                  c.name, c."phoneNumber" as phone, c."unreadCount" as unread, c."lastMessageAt" as last_message_at,
                  c.metadata, c."chatbotContactId" as contact, c."userId" as user,
                  c."sessionStatus"::text as session_status, c."sessionStartedAt" as session_started_at,
                  c."lastSessionClosedAt" as session_closed_at
           from whatsapp_contacts c
           left join whatsapp_sessions s on s."sessionId" = c."sessionId" and s."tenantId" = $1
           where c."tenantId" = $1 or s."sessionId" is not null
           order by c."createdAt", c.id"#,
    )
    .bind(tenant)
    .fetch_all(db)
    .await
}

/// Quirk kept: deleted messages count.
pub(super) async fn talks(db: &mut PgConnection, tenant: &str, user: &str) -> sqlx::Result<Vec<Talk>> {
    sqlx::query_as(
        r#"select peer, count(*) filter (where incoming and unread) as unread, max(at) as last_at
           from (select "senderId" as peer, true as incoming, "readAt" is null as unread, "createdAt" as at
                 from tenant_user_chat_messages where "tenantId" = $1 and "recipientId" = $2
                 union all
                 select "recipientId", false, false, "createdAt"
                 from tenant_user_chat_messages where "tenantId" = $1 and "senderId" = $2) as messages
           group by peer
           order by peer"#,
    )
    .bind(tenant)
    .bind(user)
    .fetch_all(db)
    .await
}
