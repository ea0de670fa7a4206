//! Messages between two users of a tenant: `GET` and `POST /api/v1/auth/phone/messages`, `POST …/messages/read`.
//!
//! Quirks kept: a thread has no pages; one may write to oneself; an attachment that cannot be linked is left out without a word;
//! nothing is published. The recipient must be of the sender's tenant, and message and attachments are one transaction.

mod model;
mod queries;

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use self::model::{Message, ShownMessage, thread_key};
use super::caller;
use crate::auth::backend;
use crate::kit::error::{Bare, Coded, Envelope};
use crate::kit::extract::bearer;
use crate::kit::extract::json::Json;
use crate::kit::extract::query::Query;
use crate::kit::wire::iso::stored;
use crate::kit::{
    ApiError, Area, Callers, Credential, Inbound, Operation, Outcome, Reader, Routes, Stop, UnitOfWork as _, Work,
};

const MESSAGES: &str = "/api/v1/auth/phone/messages";
const READ: &str = "/api/v1/auth/phone/messages/read";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Chat)
        .read(Method::GET, MESSAGES, list)
        .describe(
            operation("List the messages with somebody, the oldest first")
                .query::<Peer>()
                .gives::<Thread>(StatusCode::OK)
                .gives_nothing(StatusCode::NOT_MODIFIED),
        )
        .write(Method::POST, MESSAGES, send)
        .describe(
            operation("Send a message")
                .takes_form::<NewMessage>()
                .gives::<MessageSent>(StatusCode::CREATED)
                .refuses::<Envelope>(&[StatusCode::BAD_REQUEST])
                .refuses::<Bare>(&[StatusCode::NOT_FOUND]),
        )
        .read(Method::OPTIONS, MESSAGES, backend::preflight)
        .describe(backend::preflight_operation())
        .write(Method::POST, READ, mark_read)
        .describe(
            operation("Say that messages were read")
                .takes_form::<NowRead>()
                .gives::<MarkedRead>(StatusCode::CREATED)
                .refuses::<Envelope>(&[StatusCode::BAD_REQUEST]),
        )
        .read(Method::OPTIONS, READ, backend::preflight)
        .describe(backend::preflight_operation())
}

fn operation(summary: &'static str) -> Operation {
    Operation::new(summary)
        .callers(Callers::Only(&[Credential::ChatSession]))
        .refuses::<Bare>(&[StatusCode::BAD_REQUEST])
        .refuses::<Coded>(&[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED])
}

/// Whom a thread is with.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct Peer {
    /// A user of the tenant.
    #[schemars(required)]
    peer_id: Option<String>,
}

/// A message to send.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct NewMessage {
    /// A user of the tenant.
    #[schemars(required)]
    recipient_id: Option<String>,
    #[schemars(required)]
    content: Option<String>,
    /// Files that were uploaded before.
    #[schemars(default)]
    attachments: Vec<Uploaded>,
}

/// A file that was uploaded before.
#[derive(JsonSchema)]
struct Uploaded {
    id: String,
}

/// Messages that were read.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
struct NowRead {
    /// Whom they are from.
    #[schemars(required)]
    peer_id: Option<String>,
    #[schemars(required)]
    message_ids: Option<Vec<String>>,
}

/// The messages of two people.
#[derive(JsonSchema, Serialize)]
struct Thread {
    #[schemars(extend("const" = true))]
    success: bool,
    messages: Vec<ShownMessage>,
}

/// A message that was sent.
#[derive(JsonSchema, Serialize)]
struct MessageSent {
    #[schemars(extend("const" = true))]
    success: bool,
    message: ShownMessage,
}

/// How many messages were new.
#[derive(JsonSchema, Serialize)]
struct MarkedRead {
    #[schemars(extend("const" = true))]
    success: bool,
    count: u64,
}

impl Peer {
    fn read(query: &Query) -> Self {
        Self {
            peer_id: query.text("peerId").map(str::to_owned),
        }
    }
}

impl NewMessage {
    /// What is no list of attachments is none, and what has no id is left out.
    fn read(body: &Json) -> Self {
        let given = body.get("attachments").and_then(Value::as_array);
        let ids = given.into_iter().flatten().filter_map(|one| one["id"].as_str());
        let ids = ids.filter(|id| !id.is_empty() && !id.contains('\0'));
        Self {
            recipient_id: filled(body, "recipientId"),
            content: filled(body, "content"),
            attachments: ids.map(|id| Uploaded { id: id.to_owned() }).collect(),
        }
    }
}

impl NowRead {
    /// What is no text is no id.
    fn read(body: &Json) -> Self {
        let ids = body.get("messageIds").and_then(Value::as_array).map(|ids| {
            let texts = ids.iter().filter_map(Value::as_str);
            texts.filter(|id| !id.contains('\0')).map(str::to_owned).collect()
        });
        Self {
            peer_id: filled(body, "peerId"),
            message_ids: ids,
        }
    }
}

async fn list(reader: &mut Reader, request: &Inbound) -> Outcome {
    let answered = thread(reader, request).await;
    backend::answer(reader, request, StatusCode::OK, answered)
}

async fn thread(reader: &mut Reader, request: &Inbound) -> Result<Thread, Stop> {
    let token = token(request)?;
    let peer = Peer::read(&request.query()).peer_id;
    let peer = peer.ok_or_else(|| bad_request("peerId is required"))?;
    let session = caller::verified(reader, token).await?;
    let messages = if peer.contains('\0') {
        Vec::new()
    } else {
        let rows = queries::thread(reader.db().await?, &thread_key(&session.user.id, &peer)).await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let attachments = queries::attachments(reader.db().await?, &ids).await?;
        model::messages(&rows, &attachments)
    };
    Ok(Thread {
        success: true,
        messages,
    })
}

async fn send(work: &mut Work, request: &Inbound) -> Outcome {
    let answered = write(work, request).await;
    backend::answer(work, request, StatusCode::CREATED, answered)
}

async fn write(work: &mut Work, request: &Inbound) -> Result<MessageSent, Stop> {
    let new = NewMessage::read(&backend::body(request)?);
    let token = token(request)?;
    let (Some(recipient), Some(content)) = (new.recipient_id, new.content) else {
        return Err(bad_request("recipientId and content are required").into());
    };
    let session = caller::verified(work, token).await?;
    let sender = &session.user;
    if !queries::is_user(work.db().await?, &recipient, &sender.tenant).await? {
        return Err(ApiError::bare(StatusCode::NOT_FOUND, "Recipient not found").into());
    }
    let (now, thread) = (work.now(), thread_key(&sender.id, &recipient));
    let message = Message {
        id: work.context().ids.timed(now),
        sender: sender.id.clone(),
        recipient,
        content,
        created_at: stored(now),
        read_at: None,
        edited_at: None,
    };
    let attached: Vec<&str> = new.attachments.iter().map(|file| file.id.as_str()).collect();
    let db = work.db().await?;
    queries::insert(db, &message, &sender.tenant, &thread).await?;
    queries::link(db, &message.id, &attached).await?;
    let attachments = queries::attachments(db, &[&message.id]).await?;
    Ok(MessageSent {
        success: true,
        message: message.with(&attachments),
    })
}

async fn mark_read(work: &mut Work, request: &Inbound) -> Outcome {
    let answered = read(work, request).await;
    backend::answer(work, request, StatusCode::CREATED, answered)
}

async fn read(work: &mut Work, request: &Inbound) -> Result<MarkedRead, Stop> {
    let given = NowRead::read(&backend::body(request)?);
    let token = token(request)?;
    let (Some(_), Some(messages)) = (given.peer_id, given.message_ids) else {
        return Err(bad_request("peerId and messageIds are required").into());
    };
    let session = caller::verified(work, token).await?;
    let ids: Vec<&str> = messages.iter().map(String::as_str).collect();
    let count = if ids.is_empty() {
        0
    } else {
        let now = stored(work.now());
        queries::mark_read(work.db().await?, &session.user.id, &ids, now).await?
    };
    Ok(MarkedRead { success: true, count })
}

fn token(request: &Inbound) -> Result<&str, ApiError> {
    bearer::rest(&request.headers).ok_or_else(|| bad_request("Authorization required"))
}

fn bad_request(text: &str) -> ApiError {
    ApiError::bare(StatusCode::BAD_REQUEST, text)
}

fn filled(body: &Json, field: &str) -> Option<String> {
    let text = body.text(field).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}
