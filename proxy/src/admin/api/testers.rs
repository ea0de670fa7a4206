//! For those who test: waivers of differences, and overrides.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use flags::{Side, WAIVABLE_KINDS, Waiver, end_of_day_ms};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::body::Sent;
use super::problem::Problem;
use super::tokens::Caller;
use crate::overrides::{self, Override};
use crate::shadow::now_ms;
use crate::store;

/// How long an override holds, unless somebody says it.
const OVERRIDE: Duration = Duration::from_secs(8 * 3_600);

/// A difference that does not count for a while.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWaiver {
    /// The routes, such as `GET /api/crm/*`.
    route: String,
    /// `status`, `header`, `body`, `failure`, or `*`.
    #[serde(default = "anything")]
    kind: String,
    /// The path as the report shows it.
    #[serde(default = "anything")]
    path: String,
    /// Why the difference is acceptable.
    reason: String,
    /// The last day on which it holds, such as `2026-12-31` (UTC).
    expires: String,
}

/// Who is to get which side.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOverride {
    /// Routes (`GET /api/x`) and groups.
    routes: Vec<String>,
    /// `native` or `legacy`.
    serve: String,
    /// How long it holds, such as `2h`; at most a week.
    #[serde(rename = "for")]
    lasts: Option<String>,
    /// Who it is for: a word for the log.
    who: Option<String>,
}

type Made = Result<(StatusCode, Json<Value>), Problem>;

/// Every waiver.
pub(super) async fn waivers(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "waivers": api.0.store.waivers().await? })))
}

/// Keeps one; whoever asks answers for it.
pub(super) async fn waive(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Sent(sent): Sent<NewWaiver>,
) -> Made {
    let blank = [
        ("route", &sent.route),
        ("kind", &sent.kind),
        ("path", &sent.path),
        ("reason", &sent.reason),
    ];
    if let Some((name, _)) = blank.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(unprocessable(format!("{name}: must not be empty")));
    }
    if sent.kind != "*" && !WAIVABLE_KINDS.contains(&sent.kind.as_str()) {
        return Err(unprocessable(format!(
            "kind: write one of {}, *",
            WAIVABLE_KINDS.join(", ")
        )));
    }
    let now = now_ms();
    let expires_ms = end_of_day_ms(&sent.expires).filter(|end| *end > now);
    let expires_ms = expires_ms.ok_or_else(|| unprocessable("expires: write a day to come, such as 2026-12-31"))?;
    let waiver = Waiver {
        route: sent.route,
        kind: sent.kind,
        path: sent.path,
        owner: caller.name,
        reason: sent.reason,
        expires_ms,
    };
    let id = api
        .0
        .store
        .add_waiver(&store::NewWaiver {
            waiver,
            created_at: now,
        })
        .await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// Takes one back.
pub(super) async fn unwaive(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    if api.0.store.remove_waiver(&id).await? {
        return Ok(Json(json!({ "removed": id })));
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "there is no such waiver",
        "GET /api/waivers lists them",
    ))
}

/// Makes an override.
pub(super) async fn make_override(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Sent(sent): Sent<NewOverride>,
) -> Made {
    let no_key = || {
        Problem::new(
            StatusCode::CONFLICT,
            "there is no key to sign with",
            "set `overrides.key` in ficus.yaml",
        )
    };
    let key = api.0.override_key.as_ref().ok_or_else(no_key)?;
    let serve = match sent.serve.as_str() {
        "native" => Side::Native,
        "legacy" => Side::Legacy,
        _ => return Err(unprocessable("serve: write native or legacy")),
    };
    if sent.routes.is_empty() {
        return Err(unprocessable("routes: name at least one"));
    }
    let routes: Result<Vec<String>, String> = sent.routes.iter().map(|text| overrides::scope(text)).collect();
    let routes = routes.map_err(|error| unprocessable(format!("routes: {error}")))?;
    let lasts = sent.lasts.as_deref().map_or(Ok(OVERRIDE), overrides::lasting);
    let lasts = lasts.map_err(|error| unprocessable(format!("for: {error}")))?;
    let who = sent.who.unwrap_or(caller.name);
    let told = Override::new(serve, routes, &who, now_ms() / 1_000, lasts);
    let token = key.sign(&told).map_err(|_| no_key())?;
    let made = json!({
        "token": token, "header": overrides::HEADER, "cookie": overrides::COOKIE,
        "serve": told.serve, "routes": told.routes, "expires": told.exp,
    });
    Ok((StatusCode::CREATED, Json(made)))
}

fn anything() -> String {
    "*".to_owned()
}

fn unprocessable(why: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        why,
        "GET /api/openapi.json says what is expected",
    )
}
