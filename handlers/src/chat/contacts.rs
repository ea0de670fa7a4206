//! Everybody that somebody may write to: `GET /api/v1/auth/phone/contacts`.
//!
//! Contacts of the chatbot, users of the tenant and WhatsApp contacts that are neither (realtime contract, "Contact list
//! algorithm"). Quirks kept: no pages; the caller is on the list; a linked contact shows no last message of its own.
//! Every row is of the tenant, and of a user's metadata only what the page reads is shown.

mod entries;
mod order;
mod queries;
mod whatsapp;

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use self::entries::{Contact, Entry};
use self::whatsapp::Directory;
use super::caller;
use crate::auth::backend;
use crate::kit::error::{Bare, Coded};
use crate::kit::extract::bearer;
use crate::kit::extract::chat_session::Refusal;
use crate::kit::{ApiError, Area, Callers, Credential, Inbound, Operation, Outcome, Reader, Routes, Stop, UnitOfWork};

const CONTACTS: &str = "/api/v1/auth/phone/contacts";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Chat)
        .read(Method::GET, CONTACTS, list)
        .describe(
            Operation::new("List everybody that somebody may write to")
                .callers(Callers::Only(&[Credential::ChatSession, Credential::QueryToken]))
                .gives::<ContactList>(StatusCode::OK)
                .gives_nothing(StatusCode::NOT_MODIFIED)
                .refuses::<Bare>(&[StatusCode::BAD_REQUEST])
                .refuses::<Coded>(&[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED]),
        )
        .read(Method::OPTIONS, CONTACTS, backend::preflight)
        .describe(backend::preflight_operation())
}

/// Everybody that somebody may write to.
#[derive(JsonSchema, Serialize)]
struct ContactList {
    #[schemars(extend("const" = true))]
    success: bool,
    contacts: Vec<Contact>,
}

async fn list(reader: &mut Reader, request: &Inbound) -> Outcome {
    let answered = contacts(reader, request).await;
    backend::answer(reader, request, StatusCode::OK, answered)
}

/// The tenant is the caller's own, whatever the query names.
async fn contacts(reader: &mut Reader, request: &Inbound) -> Result<ContactList, Stop> {
    let query = request.query();
    let token = query.text("token").or_else(|| bearer::rest(&request.headers));
    let token = token.ok_or_else(|| ApiError::bare(StatusCode::BAD_REQUEST, Refusal::TokenRequired.message()))?;
    let session = caller::verified(reader, token).await?;
    let entries = of_tenant(reader, &session.user.tenant, Some(&session.user.id)).await?;
    Ok(ContactList {
        success: true,
        contacts: entries.into_iter().map(Entry::into_contact).collect(),
    })
}

/// The list of a tenant in its order; with a user, what is unread for them and when they last wrote to each other.
async fn of_tenant(unit: &mut impl UnitOfWork, tenant: &str, user: Option<&str>) -> Result<Vec<Entry>, Stop> {
    let now = unit.now();
    let db = unit.db().await?;
    let contacts = queries::contacts(db, tenant).await?;
    let users = queries::users(db, tenant).await?;
    let whatsapp = queries::whatsapp(db, tenant).await?;
    let talks = match user {
        Some(user) => queries::talks(db, tenant, user).await?,
        None => Vec::new(),
    };
    let directory = Directory::of(&whatsapp);
    let mut entries: Vec<Entry> = contacts
        .iter()
        .map(|contact| entries::of_contact(contact, &directory))
        .chain(users.iter().map(|user| entries::of_user(user, &directory, &talks)))
        .collect();
    let orphans: Vec<Entry> = whatsapp
        .iter()
        .filter(|row| row.tenant == tenant && !contacts.iter().any(|one| row.contact.as_deref() == Some(&one.id)))
        .filter(|row| !entries.iter().any(|entry| entry.jid() == Some(&row.jid)))
        .map(|row| entries::of_orphan(row, tenant, now))
        .collect();
    entries.extend(orphans);
    order::sort(db, entries).await.map_err(Stop::from)
}
