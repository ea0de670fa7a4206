//! Schedules: routes that go forward by themselves, a step at a time, each through the gate.
//!
//! How far a schedule has come stands in the store, under the route and the hash of its steps. So a restart neither loses nor
//! repeats a step. Of several replicas one claims a step before it takes it, and the flags are only changed from the version that
//! was looked at. Whoever moves the route, a person or the guard, ends its schedule: what they know is newer than the plan.

mod rows;
mod runner;

use flags::{ScheduleStep, Snapshot, StepTime};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::audit::{Act, AuditEntry};
use super::change::Wish;
use super::ladder::target;
use super::{Rollout, RolloutError, State};

pub use rows::ScheduleRow;
pub(crate) use runner::{Runner, StepCounts};

/// How the schedule signs.
pub(super) const ACTOR: &str = "schedule";
/// A step that was due so long before its schedule was first seen is not made up for: the file is an old one.
const TOO_LATE_MS: i64 = 24 * 3_600_000;

/// A schedule that the flags state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    /// The route or group.
    pub(crate) target: String,
    /// Its steps.
    pub(crate) steps: Vec<ScheduleStep>,
    /// The hash of its steps.
    pub(crate) plan: String,
    /// Where the route is.
    pub(crate) state: State,
    /// Whether it is killed.
    pub(crate) killed: bool,
}

/// A schedule and how far it has come.
#[derive(Debug, Clone, Serialize)]
pub struct ScheduleView {
    /// The route or group.
    pub target: String,
    /// Where it is now.
    pub state: State,
    /// Its steps.
    pub steps: Vec<ScheduleStep>,
    /// How far it has come; none when no replica has seen it yet.
    pub progress: Option<ScheduleRow>,
}

/// The schedules of a version, a group once.
pub(crate) fn planned(snapshot: &Snapshot) -> Vec<Planned> {
    let mut found: Vec<Planned> = Vec::new();
    for plan in snapshot
        .plans()
        .iter()
        .filter(|plan| !plan.calendar.schedule.is_empty())
    {
        let target = target(plan);
        if found.iter().all(|other| other.target != target) {
            let steps = plan.calendar.schedule.clone();
            found.push(Planned {
                plan: hash(&steps),
                state: State::of(plan),
                killed: snapshot.kills(plan),
                target,
                steps,
            });
        }
    }
    found
}

fn hash(steps: &[ScheduleStep]) -> String {
    let digest = Sha256::digest(json!(steps).to_string().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Where a step leads.
fn goal(step: &ScheduleStep) -> State {
    State {
        stage: step.stage,
        share: step.share,
    }
}

/// When a step is due, in milliseconds since 1970; `since` is when the one before was taken.
fn due_at(step: &ScheduleStep, since: i64) -> i64 {
    match step.when {
        StepTime::At(moment) => moment,
        StepTime::After(pause) => since.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)),
    }
}

impl Planned {
    /// How it begins for a route that nobody has seen under it: steps that lie behind the route are passed over.
    fn first_seen(&self, now_ms: i64) -> ScheduleRow {
        let ahead = |step: &ScheduleStep| goal(step).rank() > self.state.rank();
        let next = self.steps.iter().position(ahead).unwrap_or(self.steps.len());
        let (status, note) = match self.steps.get(next) {
            None => (ScheduleRow::DONE, "the route was there already".to_owned()),
            Some(step) if now_ms.saturating_sub(due_at(step, now_ms)) > TOO_LATE_MS => (
                ScheduleRow::CANCELLED,
                "its time had passed more than a day before it was first seen".to_owned(),
            ),
            Some(_) => (ScheduleRow::RUNNING, String::new()),
        };
        ScheduleRow {
            target: self.target.clone(),
            plan: self.plan.clone(),
            status: status.to_owned(),
            next_step: i64::try_from(next).unwrap_or(i64::MAX),
            state: self.state.to_string(),
            since: now_ms,
            claimed_at: None,
            request: None,
            note,
        }
    }

    fn next(&self, row: &ScheduleRow) -> Option<&ScheduleStep> {
        self.steps.get(usize::try_from(row.next_step).ok()?)
    }
}

impl Rollout {
    /// The schedules that the flags state, and how far each has come.
    ///
    /// # Errors
    /// When the flags or the store cannot be read.
    pub async fn schedules(&self) -> Result<Vec<ScheduleView>, RolloutError> {
        let mut views = Vec::new();
        for planned in planned(&self.snapshot().await?) {
            views.push(ScheduleView {
                progress: rows::find(self.store(), &planned.target, &planned.plan).await?,
                target: planned.target,
                state: planned.state,
                steps: planned.steps,
            });
        }
        Ok(views)
    }

    /// Ends a schedule where it is.
    ///
    /// # Errors
    /// When the flags state none for it, or it has ended already.
    pub async fn cancel_schedule(&self, name: &str, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        let planned = self.planned_for(name, wish).await?;
        rows::begin(self.store(), &planned.first_seen(self.now_ms())).await?;
        let note = format!("cancelled by {}: {}", wish.actor, wish.reason);
        if !rows::end(self.store(), &planned, ScheduleRow::CANCELLED, &note).await? {
            return Err(RolloutError::NoSchedule(planned.target));
        }
        self.write_schedule_down(&planned, "unschedule", wish).await
    }

    /// Begins a schedule anew from where the route is: after it was cancelled, or a person has moved the route.
    ///
    /// # Errors
    /// When the flags state none for it.
    pub async fn restart_schedule(&self, name: &str, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        self.refuse_if_frozen().await?;
        let planned = self.planned_for(name, wish).await?;
        rows::forget(self.store(), &planned).await?;
        rows::begin(self.store(), &planned.first_seen(self.now_ms())).await?;
        self.write_schedule_down(&planned, "reschedule", wish).await
    }

    async fn planned_for(&self, name: &str, wish: &Wish) -> Result<Planned, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        let planned = planned(&self.snapshot().await?).into_iter();
        let mut mine = planned.filter(|planned| planned.target == name);
        mine.next().ok_or_else(|| RolloutError::NoSchedule(name.to_owned()))
    }

    async fn write_schedule_down(
        &self,
        planned: &Planned,
        action: &'static str,
        wish: &Wish,
    ) -> Result<AuditEntry, RolloutError> {
        let act = Act {
            actor: wish.actor.clone(),
            action,
            target: planned.target.clone(),
            reason: wish.reason.clone(),
            from: None,
            to: None,
            evidence: json!({ "plan": planned.plan }),
        };
        Ok(self.write_down(act).await?)
    }
}
