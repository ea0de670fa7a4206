//! Moving routes forward and back.

use axum::extract::rejection::ExtensionRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
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

/// Who wants a change, and the version of the flags that it is about: `If-Match`, as RFC 9110 (section 13.1.1) has it.
#[derive(Debug)]
pub(super) struct Author {
    caller: Caller,
    expected: Option<String>,
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
pub(super) async fn promote(State(api): State<Api>, author: Author, Sent(sent): Sent<Promote>) -> Done {
    if sent.force && author.caller.role < Role::Admin {
        let why = "going without the gate needs the role `admin`";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            why,
            "wait for the gate, or ask somebody who has the role",
        ));
    }
    let to = sent.stand()?;
    let wish = author.forward(&sent.reason);
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
pub(super) async fn roll_back(State(api): State<Api>, author: Author, Sent(sent): Sent<RollBack>) -> Done {
    let rollout = api.rollout()?;
    let wish = author.back(&sent.reason);
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
pub(super) async fn freeze(State(api): State<Api>, author: Author, Sent(sent): Sent<Reason>) -> Done {
    let wish = author.back(&sent.reason);
    Ok(Json(json!({ "entry": api.rollout()?.freeze(&wish).await? })))
}

/// Lets changes go on.
pub(super) async fn thaw(State(api): State<Api>, author: Author, Sent(sent): Sent<Reason>) -> Done {
    let wish = author.back(&sent.reason);
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

impl Author {
    /// A wish that a freeze holds up.
    pub(super) fn forward(&self, reason: &str) -> Wish {
        self.wish(reason, false)
    }

    /// A wish that is always heard.
    pub(super) fn back(&self, reason: &str) -> Wish {
        self.wish(reason, true)
    }

    fn wish(&self, reason: &str, despite_freeze: bool) -> Wish {
        Wish {
            actor: self.caller.name.clone(),
            reason: reason.to_owned(),
            expected: self.expected.clone(),
            evidence: json!({}),
            despite_freeze,
        }
    }
}

impl FromRequestParts<Api> for Author {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ExtensionRejection> {
        let Extension(caller) = Extension::from_request_parts(parts, api).await?;
        let tag = parts.headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok());
        let version = tag.map(|tag| tag.trim().trim_matches('"').to_owned());
        Ok(Self {
            caller,
            expected: version.filter(|version| version != "*"),
        })
    }
}

fn unprocessable(why: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        why,
        "GET /api/openapi.json says what is expected",
    )
}
