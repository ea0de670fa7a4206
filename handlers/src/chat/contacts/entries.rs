//! The three kinds of entries.

use schemars::JsonSchema;
use serde::Serialize;
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
    contact: Contact,
}

/// Somebody to write to: a contact of the chatbot, a user of the tenant, or somebody known from WhatsApp alone.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChatContact")]
pub(super) struct Contact {
    id: String,
    tenant_id: String,
    #[serde(rename = "type")]
    kind: String,
    display_name: String,
    phone: Option<String>,
    description: Option<String>,
    avatar_url: Option<String>,
    is_flowbot: bool,
    /// Not for somebody known from WhatsApp alone.
    #[serde(flatten)]
    named: Option<Named>,
    created_at: Iso,
    updated_at: Iso,
    metadata: Option<Map<String, Value>>,
    unread_count: i64,
    last_message_at: Option<Iso>,
}

/// What only contacts and users have.
#[derive(Debug, JsonSchema, Serialize)]
struct Named {
    name: String,
    email: Option<String>,
}

impl Entry {
    /// The WhatsApp address that it ended up with.
    pub(super) fn jid(&self) -> Option<&String> {
        match self.contact.metadata.as_ref()?.get(JID) {
            Some(Value::String(jid)) => Some(jid),
            _ => None,
        }
    }

    pub(super) fn into_contact(self) -> Contact {
        self.contact
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
        contact: Contact {
            id: row.id.clone(),
            tenant_id: row.tenant.clone(),
            kind: row.kind.clone(),
            display_name: row.display_name.clone(),
            phone: owned(row.phone.as_deref()),
            description: owned(row.description.as_deref()),
            avatar_url: owned(row.avatar_url.as_deref()),
            is_flowbot: row.is_flowbot,
            named: Some(Named {
                name: row.display_name.clone(),
                email: owned(row.email.as_deref()),
            }),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            metadata,
            unread_count: 0,
            last_message_at: None,
        },
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
        contact: Contact {
            id: row.id.clone(),
            tenant_id: row.tenant.clone(),
            kind: "TENANT_USER".to_owned(),
            display_name: name.to_owned(),
            phone: owned(row.phone.as_deref()),
            description: Some(row.role.clone()),
            avatar_url: owned(row.picture.as_deref()),
            is_flowbot: false,
            named: Some(Named {
                name: name.to_owned(),
                email: owned(Some(&row.email)),
            }),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            metadata: Some(cleaned(metadata)),
            unread_count: talk.map_or(0, |talk| talk.unread),
            last_message_at: last_message_at.map(Iso::from),
        },
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
        contact: Contact {
            id: row.id.clone(),
            tenant_id: tenant.to_owned(),
            kind: "CONTACT".to_owned(),
            display_name: name.to_owned(),
            phone: owned(row.phone.as_deref()),
            description: Some(row.jid.clone()),
            avatar_url: None,
            is_flowbot: false,
            named: None,
            created_at: Iso(now),
            updated_at: Iso(now),
            metadata: Some(metadata),
            unread_count: row.unread.into(),
            last_message_at,
        },
    }
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn owned(text: Option<&str>) -> Option<String> {
    filled(text).map(str::to_owned)
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
