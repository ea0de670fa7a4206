//! The three kinds of entries.

use serde_json::{Map, Value, json};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::queries::{ContactRow, Talk, UserRow, WhatsappRow};
use super::whatsapp::Directory;
use crate::kit::extract::json::is_truthy;
use crate::kit::wire::iso::Iso;

const SESSION: &str = "whatsappSessionId";
const JID: &str = "whatsappJid";
/// What the page reads of a user's metadata; the rest may be anything.
const SHOWN_OF_USER: [&str; 7] = [
    SESSION,
    JID,
    "sessionStatus",
    "sessionStartTime",
    "email",
    "phone",
    "role",
];

/// An entry with what decides its place.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) is_flowbot: bool,
    pub(super) last_message_at: Option<PrimitiveDateTime>,
    pub(super) display_name: String,
    fields: Value,
}

impl Entry {
    /// The WhatsApp address that it ended up with.
    pub(super) fn jid(&self) -> Option<&String> {
        match &self.fields["metadata"][JID] {
            Value::String(jid) => Some(jid),
            _ => None,
        }
    }

    pub(super) fn into_json(self) -> Value {
        self.fields
    }
}

pub(super) fn of_contact(row: &ContactRow, directory: &Directory<'_>) -> Entry {
    let mut metadata = object(row.metadata.as_ref());
    if lacks_whatsapp(&metadata) {
        let found = directory
            .contact(&row.id)
            .or_else(|| directory.phone(row.phone.as_deref(), false));
        if let Some(found) = found {
            set_address(&mut metadata, found);
            metadata.insert("sessionStatus".to_owned(), json!(found.session_status));
            let times = [
                ("sessionStartTime", found.session_started_at),
                ("lastSessionClosedAt", found.session_closed_at),
            ];
            for (name, at) in times {
                if let Some(at) = at {
                    metadata.insert(name.to_owned(), json!(Iso::from(at)));
                }
            }
        }
    }
    let metadata = cleaned(metadata);
    let metadata = (!metadata.is_empty()).then_some(metadata);
    Entry {
        is_flowbot: row.is_flowbot,
        last_message_at: None,
        display_name: row.display_name.clone(),
        fields: json!({
            "id": row.id,
            "tenantId": row.tenant,
            "type": row.kind,
            "displayName": row.display_name,
            "phone": filled(row.phone.as_deref()),
            "description": filled(row.description.as_deref()),
            "avatarUrl": filled(row.avatar_url.as_deref()),
            "isFlowbot": row.is_flowbot,
            "name": row.display_name,
            "email": filled(row.email.as_deref()),
            "createdAt": Iso::from(row.created_at),
            "updatedAt": Iso::from(row.updated_at),
            "metadata": metadata,
            "unreadCount": 0,
            "lastMessageAt": null,
        }),
    }
}

pub(super) fn of_user(row: &UserRow, directory: &Directory<'_>, talks: &[Talk]) -> Entry {
    let mut metadata = object(row.metadata.as_ref());
    metadata.retain(|name, _| SHOWN_OF_USER.contains(&name.as_str()));
    if !is_truthy(metadata.get("role")) {
        metadata.insert("role".to_owned(), json!(row.role));
    }
    if let Some(found) = directory.user(&row.id) {
        set_address(&mut metadata, found);
    }
    if lacks_whatsapp(&metadata)
        && let Some(found) = directory.phone(row.phone.as_deref(), true)
    {
        set_address(&mut metadata, found);
    }
    let name = filled(row.name.as_deref()).or_else(|| filled(Some(&row.email)));
    let name = name.unwrap_or("Unknown User");
    let talk = talks.iter().find(|talk| talk.peer == row.id);
    let last_message_at = talk.map(|talk| talk.last_at);
    Entry {
        is_flowbot: false,
        last_message_at,
        display_name: name.to_owned(),
        fields: json!({
            "id": row.id,
            "tenantId": row.tenant,
            "type": "TENANT_USER",
            "displayName": name,
            "phone": filled(row.phone.as_deref()),
            "description": row.role,
            "avatarUrl": filled(row.picture.as_deref()),
            "isFlowbot": false,
            "name": name,
            "email": filled(Some(&row.email)),
            "createdAt": Iso::from(row.created_at),
            "updatedAt": Iso::from(row.updated_at),
            "metadata": cleaned(metadata),
            "unreadCount": talk.map_or(0, |talk| talk.unread),
            "lastMessageAt": last_message_at.map(Iso::from),
        }),
    }
}

pub(super) fn of_orphan(row: &WhatsappRow, tenant: &str, now: OffsetDateTime) -> Entry {
    let name = filled(row.name.as_deref()).or_else(|| filled(row.phone.as_deref()));
    let name = name.or_else(|| filled(Some(&row.jid))).unwrap_or("WhatsApp Contact");
    let last_message_at = row.last_message_at.map(Iso::from);
    let mut metadata = Map::new();
    for (field, value) in [
        (SESSION, json!(row.session)),
        (JID, json!(row.jid)),
        ("lastMessageAt", json!(last_message_at)),
        ("sessionStatus", json!(row.session_status.to_lowercase())),
        ("sessionStartTime", json!(row.session_started_at.map(Iso::from))),
    ] {
        metadata.insert(field.to_owned(), value);
    }
    metadata.extend(object(row.metadata.as_ref()));
    drop_blank_address(&mut metadata);
    Entry {
        is_flowbot: false,
        last_message_at: row.last_message_at,
        display_name: name.to_owned(),
        fields: json!({
            "id": row.id,
            "tenantId": tenant,
            "type": "CONTACT",
            "displayName": name,
            "phone": filled(row.phone.as_deref()),
            "description": row.jid,
            "avatarUrl": null,
            "isFlowbot": false,
            "createdAt": Iso(now),
            "updatedAt": Iso(now),
            "metadata": metadata,
            "unreadCount": row.unread,
            "lastMessageAt": last_message_at,
        }),
    }
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn lacks_whatsapp(metadata: &Map<String, Value>) -> bool {
    !(is_truthy(metadata.get(SESSION)) && is_truthy(metadata.get(JID)))
}

fn set_address(metadata: &mut Map<String, Value>, found: &WhatsappRow) {
    metadata.insert(SESSION.to_owned(), json!(found.session));
    metadata.insert(JID.to_owned(), json!(found.jid));
}

/// Without nulls; an address is text, or is not there.
fn cleaned(mut metadata: Map<String, Value>) -> Map<String, Value> {
    metadata.retain(|_, value| !value.is_null());
    drop_blank_address(&mut metadata);
    metadata
}

fn drop_blank_address(metadata: &mut Map<String, Value>) {
    for field in [SESSION, JID] {
        let text = match metadata.get(field) {
            None => continue,
            Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        if text.trim().is_empty() {
            metadata.remove(field);
        } else {
            metadata.insert(field.to_owned(), Value::String(text));
        }
    }
}
