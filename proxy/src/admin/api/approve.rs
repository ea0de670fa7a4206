//! What waits for a second person, and what waits for its time.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::Api;
use super::body::{Asked, Sent};
use super::change::{Reason, wish};
use super::look::Listing;
use super::problem::Problem;
use super::tokens::Caller;

type Done = Result<Json<Value>, Problem>;

/// Requests for approval, newest first.
pub(super) async fn requests(State(api): State<Api>, Asked(listing): Asked<Listing>) -> Done {
    let requests = api.rollout()?.approval_requests(listing.most()).await?;
    Ok(Json(json!({ "requests": requests })))
}

/// Agrees; whoever asked cannot.
pub(super) async fn approve(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Sent(Reason { reason }): Sent<Reason>,
) -> Done {
    let wish = wish(&caller, &reason, &headers, false);
    Ok(Json(json!(api.rollout()?.approve(number(&id)?, &wish).await?)))
}

/// Refuses.
pub(super) async fn decline(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Sent(Reason { reason }): Sent<Reason>,
) -> Done {
    let wish = wish(&caller, &reason, &headers, false);
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
