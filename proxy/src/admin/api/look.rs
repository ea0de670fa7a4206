//! Looking: flags, readiness, history, audit.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::body::Asked;
use super::problem::Problem;
use crate::rollout::{RolloutError, State as Stand, after};

/// Rows of a list, unless somebody says how many.
const MOST: i64 = 50;

/// A list that is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    target: Option<String>,
    most: Option<i64>,
}

/// What somebody asks about.
#[derive(Debug, Deserialize)]
pub(super) struct About {
    target: String,
}

/// The flags in force, which are those of this process; what it has not loaded yet is in the history.
pub(super) async fn flags(State(api): State<Api>) -> Result<Response, Problem> {
    let status = api.0.flags.status();
    let routes: Vec<Value> = {
        let live = api.0.flags.peek();
        let route = |plan: &std::sync::Arc<flags::RoutePlan>| {
            json!({
                "route": plan.key.to_string(), "group": plan.group, "state": Stand::of(plan), "phase": plan.phase,
                "killed": live.kills(plan),
            })
        };
        live.plans().iter().map(route).collect()
    };
    let frozen = match &api.0.rollout {
        Some(rollout) => rollout.frozen().await?,
        None => None,
    };
    let body = json!({
        "version": status.version, "routes": routes, "killed": status.kill, "unknown_kills": status.kill_unknown,
        "frozen": frozen, "refused": status.last_failure.map(|problems| problems.to_string()),
    });
    Ok(([(ETAG, format!("\"{}\"", status.version))], Json(body)).into_response())
}

/// The verdict of the gate.
pub(super) async fn gate(State(api): State<Api>, Asked(about): Asked<About>) -> Result<Json<Value>, Problem> {
    let rollout = api.rollout()?;
    let (target, from) = rollout.find(&about.target).await?;
    let to = after(from).ok_or(RolloutError::NoStep {
        target: target.to_string(),
        stage: from.stage,
        direction: "after",
    })?;
    let evidence = rollout.evidence(&about.target, to.stage).await?;
    Ok(Json(json!({ "from": from, "to": to, "evidence": evidence })))
}

/// Earlier flag files.
pub(super) async fn history(State(api): State<Api>, Asked(listing): Asked<Listing>) -> Result<Json<Value>, Problem> {
    let versions = api.rollout()?.versions(listing.most()).await?;
    Ok(Json(json!({ "versions": versions })))
}

/// One flag file with its text.
pub(super) async fn version(State(api): State<Api>, Path(number): Path<String>) -> Result<Json<Value>, Problem> {
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "there is no such version",
            "GET /api/history lists them",
        )
    };
    let number: i64 = number.parse().map_err(|_| unknown())?;
    let version = api.rollout()?.version(number).await?.ok_or_else(unknown)?;
    Ok(Json(json!({ "version": version, "text": version.yaml })))
}

/// Rows of the audit log.
pub(super) async fn audit(State(api): State<Api>, Asked(listing): Asked<Listing>) -> Result<Json<Value>, Problem> {
    let entries = api.rollout()?.audit(listing.target.as_deref(), listing.most()).await?;
    Ok(Json(json!({ "entries": entries })))
}

/// Whether the audit log is whole.
pub(super) async fn verify(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!(api.rollout()?.verify_audit().await?)))
}

impl Listing {
    pub(super) fn most(&self) -> i64 {
        self.most.unwrap_or(MOST).clamp(1, 1_000)
    }
}
