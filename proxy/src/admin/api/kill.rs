//! The kill switch. It needs no store and no flag file that can be read, and a disk that is full does not stop it.

use std::sync::PoisonError;

use axum::extract::State;
use axum::{Extension, Json};
use flags::{KillSet, KillSource};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::body::Sent;
use super::tokens::Caller;
use crate::kill_file;
use crate::rollout::Act;

/// What is meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    /// Routes (`GET /api/x`) and groups; none means everything.
    #[serde(default)]
    targets: Vec<String>,
    /// Why.
    reason: String,
}

/// Kills: at once in this process, and by the kill file in every process with these flags and after a restart.
pub(super) async fn kill(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Sent(names): Sent<Names>,
) -> Json<Value> {
    let add = |set: &mut KillSet| {
        set.everything |= names.targets.is_empty();
        names.targets.iter().for_each(|name| set.add(name));
    };
    api.turn("kill", &caller, &names, add).await
}

/// Takes kills back that were made here, on the command line or by the file; not those of a signal or of the guard.
pub(super) async fn revive(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Sent(names): Sent<Names>,
) -> Json<Value> {
    let take = |set: &mut KillSet| {
        if names.targets.is_empty() {
            *set = KillSet::default();
        }
        for name in &names.targets {
            set.remove(name);
        }
    };
    api.turn("revive", &caller, &names, take).await
}

impl Api {
    async fn turn(
        &self,
        action: &'static str,
        caller: &Caller,
        names: &Names,
        edit: impl Fn(&mut KillSet),
    ) -> Json<Value> {
        let desk = &self.0;
        {
            let mut killed = desk.killed.lock().unwrap_or_else(PoisonError::into_inner);
            edit(&mut killed);
            desk.flags.kill(KillSource::Api, &killed);
        }
        let file = self.turn_file(edit);
        // The switch has been turned; the note of it must not hold anybody up, nor undo it.
        let noted = self.note_kill(action, caller, names).await;
        let status = desk.flags.status();
        Json(json!({
            "killed": status.kill, "unknown": status.kill_unknown,
            "kept": file.is_ok(), "problem": file.err().or(noted.err()),
        }))
    }

    fn turn_file(&self, edit: impl Fn(&mut KillSet)) -> Result<(), String> {
        let path = self.0.kill_file.as_deref();
        let path = path.ok_or("without a flag file the kill holds only while this process runs")?;
        let mut set = kill_file::read(path);
        edit(&mut set);
        kill_file::write(path, &set).map_err(|error| {
            format!(
                "{} could not be written ({error}): it holds in this process only, while that runs",
                path.display()
            )
        })
    }

    async fn note_kill(&self, action: &'static str, caller: &Caller, names: &Names) -> Result<(), String> {
        let Some(rollout) = &self.0.rollout else {
            return Ok(());
        };
        let act = Act {
            actor: caller.name.clone(),
            action,
            target: if names.targets.is_empty() {
                "*".to_owned()
            } else {
                names.targets.join(", ")
            },
            reason: names.reason.clone(),
            from: None,
            to: None,
            evidence: json!({}),
        };
        let noted = rollout.write_down(act).await;
        noted
            .map(|_| ())
            .map_err(|error| format!("done, but the audit log could not be written: {error}"))
    }
}
