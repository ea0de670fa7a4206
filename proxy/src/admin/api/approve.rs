//! What waits for a second person, and what waits for its time.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Api;
use super::body::{Asked, Sent};
use super::change::{Author, Reason};
use super::look::Listing;
use super::problem::Problem;

type Done = Result<Json<Value>, Problem>;

/// Requests for approval, newest first.
pub(super) async fn requests(State(api): State<Api>, Asked(listing): Asked<Listing>) -> Done {
    let requests = api.rollout()?.approval_requests(listing.most()).await?;
    Ok(Json(json!({ "requests": requests })))
}

/// Agrees; whoever asked cannot.
pub(super) async fn approve(
    State(api): State<Api>,
    author: Author,
    Path(id): Path<String>,
    Sent(sent): Sent<Reason>,
) -> Done {
    let wish = author.forward(&sent.reason);
    Ok(Json(json!(api.rollout()?.approve(number(&id)?, &wish).await?)))
}

/// Refuses.
pub(super) async fn decline(
    State(api): State<Api>,
    author: Author,
    Path(id): Path<String>,
    Sent(sent): Sent<Reason>,
) -> Done {
    let wish = author.forward(&sent.reason);
    let entry = api.rollout()?.decline(number(&id)?, &wish).await?;
    Ok(Json(json!({ "entry": entry })))
}

/// The schedules and how far each has come.
pub(super) async fn schedules(State(api): State<Api>) -> Done {
    Ok(Json(json!({ "schedules": api.rollout()?.schedules().await? })))
}

fn number(id: &str) -> Result<i64, Problem> {
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "there is no such request",
            "GET /api/approvals lists them",
        )
    };
    id.parse().map_err(|_| unknown())
}
