//! Messages as they are stored and as they are shown.

use schemars::JsonSchema;
use serde::Serialize;
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

/// A message as it is shown.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChatMessage")]
pub(super) struct ShownMessage {
    id: String,
    sender_id: String,
    recipient_id: String,
    content: String,
    created_at: Iso,
    read_at: Option<Iso>,
    edited_at: Option<Iso>,
    attachments: Vec<ShownAttachment>,
}

/// A file of a message.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChatAttachment")]
struct ShownAttachment {
    id: String,
    filename: String,
    original_name: String,
    mime_type: String,
    /// In bytes.
    size: i32,
    url: String,
}

/// The messages with their attachments.
pub(super) fn messages(rows: &[Message], attachments: &[Attachment]) -> Vec<ShownMessage> {
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
    pub(super) fn with(&self, attachments: &[Attachment]) -> ShownMessage {
        self.show(&attachments.iter().collect::<Vec<_>>())
    }

    fn show(&self, attachments: &[&Attachment]) -> ShownMessage {
        ShownMessage {
            id: self.id.clone(),
            sender_id: self.sender.clone(),
            recipient_id: self.recipient.clone(),
            content: self.content.clone(),
            created_at: self.created_at.into(),
            read_at: self.read_at.map(Iso::from),
            edited_at: self.edited_at.map(Iso::from),
            attachments: attachments.iter().map(|one| one.show()).collect(),
        }
    }
}

impl Attachment {
    fn show(&self) -> ShownAttachment {
        let url = self
            .url
            .clone()
            .unwrap_or_else(|| format!("/api/chat/attachments/{}", self.id));
        ShownAttachment {
            id: self.id.clone(),
            filename: self.filename.clone(),
            original_name: self.original_name.clone(),
            mime_type: self.mime_type.clone(),
            size: self.size,
            url,
        }
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
