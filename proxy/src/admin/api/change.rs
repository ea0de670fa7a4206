//! Moving routes forward and back.

use axum::extract::State;
use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use flags::{Share, Stage};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::body::Sent;
use super::problem::Problem;
use super::tokens::{Caller, Role};
use crate::rollout::{State as Stand, Step, Wish};

/// A step forward.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Promote {
    /// A route (`GET /api/x`) or a group.
    target: String,
    /// The stage to go to; without it the next step.
    to: Option<String>,
    /// The share of a canary, such as `5%`.
    share: Option<String>,
    /// Why.
    reason: String,
    /// Go without the gate; needs the role `admin`.
    #[serde(default)]
    force: bool,
}

/// A way back: of a route or group, or of everything to an earlier flag file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBack {
    /// A route (`GET /api/x`) or a group.
    target: Option<String>,
    /// Instead, the number of a flag file in the history.
    version: Option<i64>,
    /// Why.
    reason: String,
}

/// Why something is done.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// Why.
    pub(super) reason: String,
}

type Done = Result<Json<Value>, Problem>;

/// One step forward.
pub(super) async fn promote(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(sent): Sent<Promote>,
) -> Done {
    if sent.force && caller.role < Role::Admin {
        let why = "going without the gate needs the role `admin`";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            why,
            "wait for the gate, or ask somebody who has the role",
        ));
    }
    let to = sent.stand()?;
    let wish = wish(&caller, &sent.reason, &headers, false);
    match api.rollout()?.step(&sent.target, to, sent.force, wish).await? {
        Step::Moved(changed) => Ok(Json(json!(changed))),
        Step::Held(held) => {
            let why = format!("not moved from {} to {}: {}", held.from, held.to, held.evidence.verdict);
            let remedy = "`evidence` says what is missing; the role `admin` can send `force`";
            Err(Problem::new(StatusCode::CONFLICT, why, remedy).with("evidence", json!(held.evidence)))
        }
    }
}

/// One step back, or to an earlier flag file.
pub(super) async fn roll_back(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(sent): Sent<RollBack>,
) -> Done {
    let rollout = api.rollout()?;
    let wish = wish(&caller, &sent.reason, &headers, true);
    match (sent.target, sent.version) {
        (Some(target), None) => Ok(Json(json!(rollout.roll_back(&target, &wish).await?))),
        (None, Some(version)) => {
            let entry = rollout.restore(version, &wish).await?;
            Ok(Json(json!({ "restored": version, "entry": entry })))
        }
        _ => Err(unprocessable("name either `target` or `version`")),
    }
}

/// Holds changes up.
pub(super) async fn freeze(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(Reason { reason }): Sent<Reason>,
) -> Done {
    let wish = wish(&caller, &reason, &headers, true);
    Ok(Json(json!({ "entry": api.rollout()?.freeze(&wish).await? })))
}

/// Lets changes go on.
pub(super) async fn thaw(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(Reason { reason }): Sent<Reason>,
) -> Done {
    let wish = wish(&caller, &reason, &headers, true);
    Ok(Json(json!({ "entry": api.rollout()?.thaw(&wish).await? })))
}

impl Promote {
    fn stand(&self) -> Result<Option<Stand>, Problem> {
        let share = self.share.as_deref().map(str::parse::<Share>).transpose();
        let share = share.map_err(|error| unprocessable(&format!("share: {error}")))?;
        let Some(word) = &self.to else {
            return match share {
                None => Ok(None),
                Some(_) => Err(unprocessable("a share needs its stage: `to: canary`")),
            };
        };
        let words = Stage::ALL.map(Stage::as_str).join(", ");
        let stage = Stage::from_word(word).ok_or_else(|| unprocessable(&format!("to: write one of {words}")))?;
        Ok(Some(Stand { stage, share }))
    }
}

/// `If-Match` names the version that the decision was about, as RFC 9110 (section 13.1.1) has it.
pub(super) fn wish(caller: &Caller, reason: &str, headers: &HeaderMap, despite_freeze: bool) -> Wish {
    let expected = headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok());
    let expected = expected
        .map(|tag| tag.trim().trim_matches('"').to_owned())
        .filter(|tag| tag != "*");
    Wish {
        actor: caller.name.clone(),
        reason: reason.to_owned(),
        expected,
        evidence: json!({}),
        despite_freeze,
    }
}

fn unprocessable(why: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        why,
        "GET /api/openapi.json says what is expected",
    )
}
