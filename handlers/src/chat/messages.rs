//! Messages between two users of a tenant: `GET` and `POST /api/v1/auth/phone/messages`, `POST …/messages/read`.
//!
//! Quirks kept: a thread has no pages; one may write to oneself; an attachment that cannot be linked is left out without a word;
//! nothing is published. The recipient must be of the sender's tenant, and message and attachments are one transaction.

mod model;
mod queries;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use self::model::{Message, thread_key};
use super::caller;
use crate::auth::backend;
use crate::kit::extract::bearer;
use crate::kit::extract::json::Json;
use crate::kit::wire::iso::stored;
use crate::kit::{ApiError, Area, Inbound, Outcome, Reader, Routes, Stop, UnitOfWork as _, Work};

const MESSAGES: &str = "/api/v1/auth/phone/messages";
const READ: &str = "/api/v1/auth/phone/messages/read";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Chat)
        .read(Method::GET, MESSAGES, list)
        .write(Method::POST, MESSAGES, send)
        .read(Method::OPTIONS, MESSAGES, backend::preflight)
        .write(Method::POST, READ, mark_read)
        .read(Method::OPTIONS, READ, backend::preflight)
}

async fn list(reader: &mut Reader, request: &Inbound) -> Outcome {
    let answered = thread(reader, request).await;
    backend::answer(reader, request, StatusCode::OK, answered)
}

async fn thread(reader: &mut Reader, request: &Inbound) -> Result<Value, Stop> {
    let token = token(request)?;
    let query = request.query();
    let peer = query.text("peerId").ok_or_else(|| bad_request("peerId is required"))?;
    let session = caller::verified(reader, token).await?;
    let messages = if peer.contains('\0') {
        Vec::new()
    } else {
        let rows = queries::thread(reader.db().await?, &thread_key(&session.user.id, peer)).await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let attachments = queries::attachments(reader.db().await?, &ids).await?;
        model::messages(&rows, &attachments)
    };
    Ok(json!({ "success": true, "messages": messages }))
}

async fn send(work: &mut Work, request: &Inbound) -> Outcome {
    let answered = write(work, request).await;
    backend::answer(work, request, StatusCode::CREATED, answered)
}

async fn write(work: &mut Work, request: &Inbound) -> Result<Value, Stop> {
    let body = backend::body(request)?;
    let token = token(request)?;
    let (Some(recipient), Some(content)) = (filled(&body, "recipientId"), filled(&body, "content")) else {
        return Err(bad_request("recipientId and content are required").into());
    };
    let session = caller::verified(work, token).await?;
    let sender = &session.user;
    if !queries::is_user(work.db().await?, recipient, &sender.tenant).await? {
        return Err(ApiError::bare(StatusCode::NOT_FOUND, "Recipient not found").into());
    }
    let now = work.now();
    let message = Message {
        id: work.context().ids.timed(now),
        sender: sender.id.clone(),
        recipient: recipient.to_owned(),
        content: content.to_owned(),
        created_at: stored(now),
        read_at: None,
        edited_at: None,
    };
    let thread = thread_key(&sender.id, recipient);
    let db = work.db().await?;
    queries::insert(db, &message, &sender.tenant, &thread).await?;
    queries::link(db, &message.id, &attachment_ids(&body)).await?;
    let attachments = queries::attachments(db, &[&message.id]).await?;
    Ok(json!({ "success": true, "message": message.with(&attachments) }))
}

async fn mark_read(work: &mut Work, request: &Inbound) -> Outcome {
    let answered = read(work, request).await;
    backend::answer(work, request, StatusCode::CREATED, answered)
}

async fn read(work: &mut Work, request: &Inbound) -> Result<Value, Stop> {
    let body = backend::body(request)?;
    let token = token(request)?;
    let (Some(_), Some(Value::Array(messages))) = (filled(&body, "peerId"), body.get("messageIds")) else {
        return Err(bad_request("peerId and messageIds are required").into());
    };
    let session = caller::verified(work, token).await?;
    // What is no text is no id.
    let ids: Vec<&str> = messages
        .iter()
        .filter_map(Value::as_str)
        .filter(|id| !id.contains('\0'))
        .collect();
    let count = if ids.is_empty() {
        0
    } else {
        let now = stored(work.now());
        queries::mark_read(work.db().await?, &session.user.id, &ids, now).await?
    };
    Ok(json!({ "success": true, "count": count }))
}

fn token(request: &Inbound) -> Result<&str, ApiError> {
    bearer::rest(&request.headers).ok_or_else(|| bad_request("Authorization required"))
}

fn bad_request(text: &str) -> ApiError {
    ApiError::bare(StatusCode::BAD_REQUEST, text)
}

fn filled<'b>(body: &'b Json, field: &str) -> Option<&'b str> {
    body.text(field).filter(|text| !text.is_empty())
}

/// What is no list is none, and what has no id is left out.
fn attachment_ids(body: &Json) -> Vec<&str> {
    let given = body.get("attachments").and_then(Value::as_array);
    let ids = given.into_iter().flatten().filter_map(|one| one["id"].as_str());
    ids.filter(|id| !id.is_empty() && !id.contains('\0')).collect()
}
