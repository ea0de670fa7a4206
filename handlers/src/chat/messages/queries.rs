//! Threads, attachments and recipients.

use sqlx::PgConnection;
use time::PrimitiveDateTime;

use super::model::{Attachment, Message};

/// All messages of a thread, the oldest first. The key names the caller, so no tenant has to.
pub(super) async fn thread(db: &mut PgConnection, key: &str) -> sqlx::Result<Vec<Message>> {
    sqlx::query_as(
        r#"select id, "senderId" as sender, "recipientId" as recipient, content, "createdAt" as created_at,
                  "readAt" as read_at, "editedAt" as edited_at
           from tenant_user_chat_messages
           where "threadKey" = $1 and not "isDeleted"
           order by "createdAt", id"#,
    )
    .bind(key)
    .fetch_all(db)
    .await
}

pub(super) async fn attachments(db: &mut PgConnection, messages: &[&str]) -> sqlx::Result<Vec<Attachment>> {
    sqlx::query_as(
        r#"select id, "messageId" as message, filename, "originalName" as original_name, "mimeType" as mime_type, size, url
           from chat_attachments where "messageId" = any($1) order by "createdAt", id"#,
    )
    .bind(messages)
    .fetch_all(db)
    .await
}

pub(super) async fn is_user(db: &mut PgConnection, user: &str, tenant: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(r#"select exists (select 1 from users where id = $1 and "tenantId" = $2)"#)
        .bind(user)
        .bind(tenant)
        .fetch_one(db)
        .await
}

pub(super) async fn insert(db: &mut PgConnection, message: &Message, tenant: &str, thread: &str) -> sqlx::Result<()> {
    sqlx::query(
        r#"insert into tenant_user_chat_messages
             (id, "tenantId", "threadKey", "senderId", "recipientId", content, "createdAt", "isDeleted")
           values ($1, $2, $3, $4, $5, $6, $7, false)"#,
    )
    .bind(&message.id)
    .bind(tenant)
    .bind(thread)
    .bind(&message.sender)
    .bind(&message.recipient)
    .bind(&message.content)
    .bind(message.created_at)
    .execute(db)
    .await
    .map(drop)
}

/// Links those attachments that belong to no message yet.
pub(super) async fn link(db: &mut PgConnection, message: &str, attachments: &[&str]) -> sqlx::Result<()> {
    if attachments.is_empty() {
        return Ok(());
    }
    sqlx::query(r#"update chat_attachments set "messageId" = $1 where id = any($2) and "messageId" is null"#)
        .bind(message)
        .bind(attachments)
        .execute(db)
        .await
        .map(drop)
}

/// Marks messages to `reader` that are not read yet; how many there were.
pub(super) async fn mark_read(
    db: &mut PgConnection,
    reader: &str,
    messages: &[&str],
    now: PrimitiveDateTime,
) -> sqlx::Result<u64> {
    let marked = sqlx::query(
        r#"update tenant_user_chat_messages set "readAt" = $3
           where id = any($2) and "recipientId" = $1 and "readAt" is null"#,
    )
    .bind(reader)
    .bind(messages)
    .bind(now)
    .execute(db)
    .await?;
    Ok(marked.rows_affected())
}
