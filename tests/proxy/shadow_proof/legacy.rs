//! The legacy side of the proof: a server of its own on the same database, that differs when the query says so.

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE, VARY};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::task::AbortHandle;

use super::load::{random_hex, token};
use super::native::{CREATE_SQL, FIND_SQL, Item, LIST_SQL, UPDATE_SQL, created_body, item_body, list_body};

/// The header that Next.js adds to everything.
const NEXT_VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";

/// The running server. Dropping it ends it.
pub(super) struct Legacy {
    pub(super) url: String,
    server: AbortHandle,
}

#[derive(Deserialize)]
struct Asked {
    /// The difference that is asked for.
    #[serde(default)]
    differ: String,
}

/// An answer before it is made to differ.
struct Answer {
    status: StatusCode,
    headers: Vec<(http::HeaderName, String)>,
    body: Value,
}

pub(super) async fn start(pool: PgPool) -> Legacy {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new()
        .route("/api/proof/items", get(list).post(create))
        .route("/api/proof/items/{id}", get(show).put(update))
        .with_state(pool);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    Legacy {
        url,
        server: server.abort_handle(),
    }
}

impl Drop for Legacy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn list(State(pool): State<PgPool>, Query(asked): Query<Asked>) -> Response<Body> {
    let rows: Vec<Item> = sqlx::query_as(LIST_SQL).fetch_all(&pool).await.expect("rows");
    let mut body = list_body(&rows, &uuid(), now());
    for item in body["items"].as_array_mut().into_iter().flatten() {
        let tags = item["tags"].as_array_mut().expect("tags");
        tags.rotate_left(usize::from(random_hex(1).as_bytes()[0]) % 3);
    }
    Answer::new(StatusCode::OK, body).sent(&asked)
}

async fn show(State(pool): State<PgPool>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response<Body> {
    let row: Item = sqlx::query_as(FIND_SQL).bind(id).fetch_one(&pool).await.expect("a row");
    Answer::new(StatusCode::OK, item_body(&row)).sent(&asked)
}

async fn create(State(pool): State<PgPool>, Query(asked): Query<Asked>, Json(body): Json<Value>) -> Response<Body> {
    let (id, now) = (uuid(), now());
    let label = body["label"].as_str().unwrap_or_default();
    sqlx::query(CREATE_SQL)
        .bind(&id)
        .bind(label)
        .bind(now)
        .execute(&pool)
        .await
        .expect("inserted");
    let mut answer = Answer::new(StatusCode::CREATED, created_body(&id, label, now));
    answer.headers.push((LOCATION, format!("/api/proof/items/{id}")));
    answer
        .headers
        .push((SET_COOKIE, format!("seen={id}; Path=/; HttpOnly; SameSite=Lax")));
    answer.sent(&asked)
}

async fn update(State(pool): State<PgPool>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response<Body> {
    let row: Item = sqlx::query_as(UPDATE_SQL)
        .bind(id)
        .bind(now())
        .fetch_one(&pool)
        .await
        .expect("a row");
    Answer::new(StatusCode::OK, item_body(&row)).sent(&asked)
}

impl Answer {
    fn new(status: StatusCode, body: Value) -> Self {
        let headers = vec![
            (CONTENT_TYPE, "application/json".to_owned()),
            (VARY, NEXT_VARY.to_owned()),
        ];
        Self { status, headers, body }
    }

    fn sent(mut self, asked: &Asked) -> Response<Body> {
        self.differ(&asked.differ);
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body.to_string())).expect("a response")
    }

    fn differ(&mut self, how: &str) {
        let body = &mut self.body;
        match how {
            "" => {}
            "status" => self.status = StatusCode::ACCEPTED,
            "header" => self.headers.push((CACHE_CONTROL, "no-store".to_owned())),
            "field" if body["items"].is_array() => body["items"][1]["label"] = json!("another"),
            "field" => body["label"] = json!("another"),
            "missing" => drop(body["items"][2].as_object_mut().expect("an item").remove("kind")),
            "null" => body["note"] = Value::Null,
            "type" => body["total"] = json!(body["total"].to_string()),
            "extra-row" => {
                let items = body["items"].as_array_mut().expect("items");
                items.push(items[0].clone());
            }
            "order" => body["sorted"] = json!([2, 1, 3]),
            "tag" => {
                let tags = body["items"][0]["tags"].as_array_mut().expect("tags");
                tags.iter_mut()
                    .filter(|tag| *tag == "red")
                    .for_each(|tag| *tag = json!("purple"));
            }
            "stored-time" => body["items"][0]["createdAt"] = json!("2026-01-01T00:00:00.001Z"),
            "claim" => {
                let trace = body["trace"].as_str().expect("a trace").to_owned();
                body["token"] = json!(token(&trace, "writer", now()));
            }
            "location" => self.replace(&LOCATION, |text| text.replace("/api/", "/v2/")),
            "cookie" => self.replace(&SET_COOKIE, |text| text.replace("Lax", "None")),
            other => panic!("no such difference: {other}"),
        }
    }

    fn replace(&mut self, name: &http::HeaderName, change: impl Fn(&str) -> String) {
        for (_, value) in self.headers.iter_mut().filter(|(other, _)| other == name) {
            *value = change(value);
        }
    }
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// RFC 9562, version 4.
fn uuid() -> String {
    let hex = random_hex(16);
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
