//! The native side of the proof.

use handlers::kit::wire::iso::Iso;
use handlers::kit::{ApiError, Area, Inbound, Outcome, Reader, Reply, Routes, Stop, UnitOfWork, Work};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use sqlx::FromRow;
use time::OffsetDateTime;

use super::load::token;

/// A row, as both sides read it.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) kind: String,
    pub(super) n: i32,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
}

pub(super) const LIST_SQL: &str =
    "select id, label, kind, n, created_at, updated_at from proof_items where seeded order by id";
pub(super) const FIND_SQL: &str = "select id, label, kind, n, created_at, updated_at from proof_items where id = $1";
pub(super) const CREATE_SQL: &str = "insert into proof_items values ($1, $2, 'kind', 0, false, $3, $3)";
pub(super) const UPDATE_SQL: &str = "update proof_items set n = n + 1, updated_at = $2 where id = $1
     returning id, label, kind, n, created_at, updated_at";

pub(super) fn routes() -> Routes {
    Routes::new(Area::Public)
        .read(Method::GET, "/api/proof/items", list)
        .read(Method::GET, "/api/proof/items/[id]", show)
        .write(Method::POST, "/api/proof/items", create)
        .write(Method::PUT, "/api/proof/items/[id]", update)
}

async fn list(reader: &mut Reader, _: &Inbound) -> Outcome {
    let rows: Vec<Item> = sqlx::query_as(LIST_SQL).fetch_all(reader.db().await?).await?;
    let (trace, now) = (reader.context().ids.uuid().to_string(), reader.now());
    Ok(Reply::json(StatusCode::OK, &list_body(&rows, &trace, now)))
}

async fn show(reader: &mut Reader, request: &Inbound) -> Outcome {
    let row: Option<Item> = sqlx::query_as(FIND_SQL)
        .bind(id_of(request)?)
        .fetch_optional(reader.db().await?)
        .await?;
    Ok(Reply::json(StatusCode::OK, &item_body(&row.ok_or_else(no_such_item)?)))
}

async fn create(work: &mut Work, request: &Inbound) -> Outcome {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let (id, now) = (work.context().ids.uuid().to_string(), work.now());
    let label = body["label"].as_str().unwrap_or_default();
    sqlx::query(CREATE_SQL)
        .bind(&id)
        .bind(label)
        .bind(now)
        .execute(work.db().await?)
        .await?;
    let value = |text: String| HeaderValue::from_str(&text).expect("a header value");
    Ok(Reply::json(StatusCode::CREATED, &created_body(&id, label, now))
        .header(LOCATION, value(format!("/api/proof/items/{id}")))
        .header(SET_COOKIE, value(format!("seen={id}; Path=/; HttpOnly; SameSite=Lax"))))
}

async fn update(work: &mut Work, request: &Inbound) -> Outcome {
    let (id, now) = (id_of(request)?, work.now());
    let row: Option<Item> = sqlx::query_as(UPDATE_SQL)
        .bind(id)
        .bind(now)
        .fetch_optional(work.db().await?)
        .await?;
    Ok(Reply::json(StatusCode::OK, &item_body(&row.ok_or_else(no_such_item)?)))
}

fn id_of(request: &Inbound) -> Result<&str, Stop> {
    Ok(request
        .path("id")
        .and_then(|segment| segment.id())
        .ok_or_else(no_such_item)?)
}

fn no_such_item() -> ApiError {
    ApiError::bare(StatusCode::NOT_FOUND, "Item not found")
}

/// What both sides answer; legacy shuffles the tags afterwards.
pub(super) fn list_body(rows: &[Item], trace: &str, now: OffsetDateTime) -> Value {
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut item = item_body(row);
            item["tags"] = json!(["red", "green", "blue"]);
            item
        })
        .collect();
    json!({
        "items": items, "sorted": [1, 2, 3], "total": rows.len(), "servedAt": Iso(now), "trace": trace,
        "token": token(trace, "reader", now),
    })
}

pub(super) fn item_body(row: &Item) -> Value {
    json!({
        "id": row.id, "label": row.label, "kind": row.kind, "n": row.n,
        "createdAt": Iso(row.created_at), "updatedAt": Iso(row.updated_at),
    })
}

pub(super) fn created_body(id: &str, label: &str, now: OffsetDateTime) -> Value {
    json!({ "id": id, "label": label, "createdAt": Iso(now), "expiresAt": Iso(now + time::Duration::hours(1)),
            "token": token(id, "writer", now) })
}
