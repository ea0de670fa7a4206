//! Messages as they are stored and as they are shown.

use serde_json::{Value, json};
use time::PrimitiveDateTime;

use crate::kit::wire::iso::Iso;

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) sender: String,
    pub(super) recipient: String,
    pub(super) content: String,
    pub(super) created_at: PrimitiveDateTime,
    pub(super) read_at: Option<PrimitiveDateTime>,
    pub(super) edited_at: Option<PrimitiveDateTime>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Attachment {
    pub(super) id: String,
    pub(super) message: Option<String>,
    pub(super) filename: String,
    pub(super) original_name: String,
    pub(super) mime_type: String,
    pub(super) size: i32,
    pub(super) url: Option<String>,
}

/// The messages with their attachments.
pub(super) fn messages(rows: &[Message], attachments: &[Attachment]) -> Vec<Value> {
    let mut of = std::collections::HashMap::<&str, Vec<&Attachment>>::new();
    for attachment in attachments {
        let message = attachment.message.as_deref().unwrap_or_default();
        of.entry(message).or_default().push(attachment);
    }
    rows.iter()
        .map(|row| row.show(of.get(row.id.as_str()).map_or(&[], Vec::as_slice)))
        .collect()
}

impl Message {
    /// The message with its attachments.
    pub(super) fn with(&self, attachments: &[Attachment]) -> Value {
        self.show(&attachments.iter().collect::<Vec<_>>())
    }

    fn show(&self, attachments: &[&Attachment]) -> Value {
        json!({
            "id": self.id,
            "senderId": self.sender,
            "recipientId": self.recipient,
            "content": self.content,
            "createdAt": Iso::from(self.created_at),
            "readAt": self.read_at.map(Iso::from),
            "editedAt": self.edited_at.map(Iso::from),
            "attachments": attachments.iter().map(|one| one.show()).collect::<Vec<_>>(),
        })
    }
}

impl Attachment {
    fn show(&self) -> Value {
        let url = self
            .url
            .clone()
            .unwrap_or_else(|| format!("/api/chat/attachments/{}", self.id));
        json!({
            "id": self.id,
            "filename": self.filename,
            "originalName": self.original_name,
            "mimeType": self.mime_type,
            "size": self.size,
            "url": url,
        })
    }
}

/// The two users in the order of JavaScript, which compares UTF-16 code units.
pub(super) fn thread_key(one: &str, other: &str) -> String {
    if one.encode_utf16().le(other.encode_utf16()) {
        format!("{one}.{other}")
    } else {
        format!("{other}.{one}")
    }
}

#[cfg(test)]
mod tests {
    use super::thread_key;

    #[test]
    fn a_thread_has_one_key_from_either_side() {
        assert_eq!(thread_key("b", "a"), "a.b");
        assert_eq!(thread_key("a", "b"), "a.b");
        assert_eq!(thread_key("a", "a"), "a.a");
        assert_eq!(thread_key("\u{ffff}", "\u{10000}"), "\u{10000}.\u{ffff}");
    }
}
