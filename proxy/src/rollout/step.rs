//! One step forward, with the gate asked first.

use flags::{EditTarget, Stage};
use serde::Serialize;

use super::change::{check_expected, no_step};
use super::{Changed, Evidence, Rollout, RolloutError, State, Verdict, Wish, after};

/// How a step ended.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Step {
    /// It was made.
    Moved(Box<Changed>),
    /// The gate held it up.
    Held(Box<Held>),
}

/// A step that was not made.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// Where the route or group stays.
    pub from: State,
    /// Where it was to go.
    pub to: State,
    /// What the gate says.
    pub evidence: Evidence,
}

impl Rollout {
    /// Moves a route or group to `to`, or to its next step. Every stage after the shadow needs a gate that says ready, unless
    /// `force` goes without; the verdict stands in the audit log either way.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn step(&self, name: &str, to: Option<State>, force: bool, wish: Wish) -> Result<Step, RolloutError> {
        let (target, from) = self.find(name).await?;
        // Before the gate: with other flags or a freeze its verdict is beside the point.
        if !wish.despite_freeze {
            self.refuse_if_frozen().await?;
        }
        check_expected(&wish, &flags::version_of(&self.text().await?))?;
        let to = to.map_or_else(|| next(&target, from), Ok)?;
        let mut wish = wish;
        if !matches!(to.stage, Stage::Legacy | Stage::Shadow) {
            let evidence = self.evidence(name, to.stage).await?;
            let ready = evidence.verdict == Verdict::Ready;
            if !ready && !force {
                return Ok(Step::Held(Box::new(Held { from, to, evidence })));
            }
            wish.evidence = evidence.kept(!ready);
        }
        let changed = self.change(name, to, "promote", &wish).await?;
        Ok(Step::Moved(Box::new(changed)))
    }
}

fn next(target: &EditTarget, from: State) -> Result<State, RolloutError> {
    after(from).ok_or_else(|| no_step(target, from, "after"))
}
