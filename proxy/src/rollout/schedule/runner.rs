//! Takes the steps that are due.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flags::{ScheduleStep, Snapshot, Stage};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ACTOR, Planned, ScheduleRow, due_at, goal, planned, rows};
use crate::rollout::gate::Verdict;
use crate::rollout::ladder::target;
use crate::rollout::{ApprovalRequest, Rollout, RolloutError, Wish};

/// How long a gate that could not say yet is left alone: judging reads the whole evidence.
const GATE_PAUSE: Duration = Duration::from_secs(5);

/// Steps by what became of them, for metrics. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub(crate) struct StepCounts(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl StepCounts {
    fn add(&self, outcome: &'static str) {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(outcome)
            .or_default() += 1;
    }

    /// Every outcome since the start.
    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Looks at the schedules that the flags state.
#[derive(Debug)]
pub(crate) struct Runner {
    /// Until when the gate of a target is left alone.
    rests: HashMap<String, Instant>,
    counts: StepCounts,
    /// The last look went wrong, and the log says so.
    in_trouble: bool,
}

/// What is to be done about a schedule at one look.
#[derive(Debug)]
enum Move {
    /// Nothing that would have to be said.
    Nothing,
    /// It waits for this.
    Wait(String),
    /// The next step is taken already.
    Taken,
    /// It has ended, for this reason.
    End(String),
    /// The next step is to be taken, on this evidence.
    Take(Value),
}

impl Runner {
    /// Counts what it does here.
    pub(crate) fn new(counts: StepCounts) -> Self {
        Self {
            rests: HashMap::new(),
            counts,
            in_trouble: false,
        }
    }

    /// Looks at every schedule once; `in_force` says what is killed. What goes wrong with one does not hold up the others.
    pub(crate) async fn look(&mut self, rollout: &Rollout, in_force: &Snapshot) {
        if planned(in_force).is_empty() {
            return;
        }
        // The newest text, because that is what is changed. That it cannot be read shows elsewhere.
        let Ok(newest) = rollout.snapshot().await else {
            return;
        };
        let mut trouble = None;
        for planned in planned(&newest) {
            if let Err(error) = self.look_at(rollout, in_force, &planned).await {
                trouble = Some((planned.target, error));
            }
        }
        if let Some((target, error)) = trouble.as_ref().filter(|_| !self.in_trouble) {
            tracing::warn!(
                target,
                error = chain(error),
                "a schedule waits until it can be looked at"
            );
        }
        self.in_trouble = trouble.is_some();
    }

    async fn look_at(&mut self, rollout: &Rollout, in_force: &Snapshot, planned: &Planned) -> Result<(), RolloutError> {
        let (store, now) = (rollout.store(), rollout.now_ms());
        let Some(row) = rows::find(store, &planned.target, &planned.plan).await? else {
            return Ok(rows::begin(store, &planned.first_seen(now)).await?);
        };
        if row.status != ScheduleRow::RUNNING || row.is_claimed(now) {
            return Ok(());
        }
        // Read behind the row: flags that are newer than it can be understood, a row that is newer than the flags cannot.
        let newest = rollout.snapshot().await?;
        let again = super::planned(&newest).into_iter();
        let found = again
            .into_iter()
            .find(|other| other.target == planned.target && other.plan == planned.plan);
        let Some(mut planned) = found else {
            return Ok(());
        };
        let mut members = in_force.plans().iter();
        planned.killed = members.any(|plan| target(plan) == planned.target && in_force.kills(plan));
        let Some(step) = planned.next(&row) else {
            return Ok(());
        };
        match self.decide(rollout, &planned, &row, step).await? {
            Move::Nothing => Ok(()),
            Move::Wait(note) => say(rollout, &row, &note).await,
            Move::Taken => self.advance(rollout, &planned, &row, step).await,
            Move::End(why) => self.end(rollout, &planned, &why).await,
            Move::Take(evidence) => {
                if !rows::claim(store, &row, now).await? {
                    return Ok(());
                }
                self.take(rollout, &newest, &planned, (&row, step), evidence).await
            }
        }
    }

    async fn decide(
        &mut self,
        rollout: &Rollout,
        planned: &Planned,
        row: &ScheduleRow,
        step: &ScheduleStep,
    ) -> Result<Move, RolloutError> {
        let now = rollout.now_ms();
        if planned.state.to_string() != row.state {
            return moved(rollout, planned, row, step).await;
        }
        if let Some(id) = row.request {
            return asked(rollout, id).await;
        }
        let due = due_at(step, row.since);
        if now < due {
            return Ok(Move::Nothing);
        }
        if planned.killed {
            return Ok(Move::Wait("it is killed".to_owned()));
        }
        if let Some(freeze) = rollout.frozen().await? {
            return Ok(Move::Wait(format!(
                "{} has frozen all changes: {}",
                freeze.actor, freeze.reason
            )));
        }
        if step.stage <= Stage::Shadow {
            return Ok(Move::Take(json!({})));
        }
        self.gate(rollout, planned, step).await
    }

    async fn gate(&mut self, rollout: &Rollout, planned: &Planned, step: &ScheduleStep) -> Result<Move, RolloutError> {
        if self
            .rests
            .get(&planned.target)
            .is_some_and(|until| Instant::now() < *until)
        {
            return Ok(Move::Nothing);
        }
        self.rests.insert(planned.target.clone(), Instant::now() + GATE_PAUSE);
        let judged = rollout.evidence(&planned.target, step.stage).await?;
        let against = judged
            .routes
            .iter()
            .flat_map(|route| &route.readiness.criteria)
            .find(|criterion| criterion.verdict == judged.verdict);
        let why = against.map_or_else(String::new, |criterion| {
            format!("{}: {}", criterion.name, criterion.detail)
        });
        Ok(match judged.verdict {
            Verdict::Ready => {
                self.rests.remove(&planned.target);
                Move::Take(judged.kept(false))
            }
            Verdict::Inconclusive => Move::Wait(format!("the gate is inconclusive: {why}")),
            Verdict::NotReady => Move::End(format!("the gate says not ready: {why}")),
        })
    }

    async fn take(
        &self,
        rollout: &Rollout,
        snapshot: &Snapshot,
        planned: &Planned,
        (row, step): (&ScheduleRow, &ScheduleStep),
        evidence: Value,
    ) -> Result<(), RolloutError> {
        let wish = Wish {
            actor: ACTOR.to_owned(),
            reason: format!("step {} of {} of its schedule", row.next_step + 1, planned.steps.len()),
            expected: Some(snapshot.version().to_owned()),
            evidence,
            despite_freeze: false,
        };
        let store = rollout.store();
        match rollout.change(&planned.target, goal(step), ACTOR, &wish).await {
            Ok(_) | Err(RolloutError::AlreadyThere(_) | RolloutError::NotWrittenDown(_)) => {
                self.advance(rollout, planned, row, step).await
            }
            Err(RolloutError::WaitingForApproval { id, .. }) => {
                let note = format!("it waits for approval, id {id}");
                Ok(rows::wait(store, row, Some(id), &note).await?)
            }
            Err(error @ (RolloutError::Refused(_) | RolloutError::Edit(_) | RolloutError::Apart(_))) => {
                self.end(rollout, planned, &chain(&error)).await
            }
            // Somebody else was quicker, or the flags cannot be written for the moment: the next look decides.
            Err(error) => Ok(rows::wait(store, row, row.request, &chain(&error)).await?),
        }
    }

    async fn advance(
        &self,
        rollout: &Rollout,
        planned: &Planned,
        row: &ScheduleRow,
        step: &ScheduleStep,
    ) -> Result<(), RolloutError> {
        let is_last = usize::try_from(row.next_step).is_ok_and(|next| next + 1 >= planned.steps.len());
        let state = goal(step).to_string();
        if rows::advance(rollout.store(), row, &state, is_last, rollout.now_ms()).await? {
            let target = planned.target.as_str();
            tracing::info!(target, state, "a scheduled step is taken");
            self.counts.add("taken");
        }
        Ok(())
    }

    async fn end(&self, rollout: &Rollout, planned: &Planned, why: &str) -> Result<(), RolloutError> {
        if rows::end(rollout.store(), planned, ScheduleRow::CANCELLED, why).await? {
            let target = planned.target.as_str();
            tracing::warn!(target, why, "a schedule is cancelled");
            self.counts.add("cancelled");
            let wish = Wish {
                actor: ACTOR.to_owned(),
                reason: why.to_owned(),
                expected: None,
                evidence: json!({}),
                despite_freeze: true,
            };
            rollout.write_schedule_down(planned, "unschedule", &wish).await?;
        }
        Ok(())
    }
}

/// The route is not where the schedule has left it.
async fn moved(
    rollout: &Rollout,
    planned: &Planned,
    row: &ScheduleRow,
    step: &ScheduleStep,
) -> Result<Move, RolloutError> {
    let state = planned.state.to_string();
    let changes = rollout.audit(Some(&planned.target), 20).await?;
    let newest = changes.iter().find(|entry| entry.to_state.is_some());
    let by_plan = match row.request {
        Some(id) => rollout.request(id).await?.status == ApprovalRequest::APPROVED,
        None => newest.is_some_and(|entry| entry.actor == ACTOR && entry.at >= row.since),
    };
    // A process that ended between the step and its note, or a second person that agreed to it.
    let is_goal = planned.state == goal(step);
    if is_goal && (by_plan || row.claimed_at.is_some()) {
        return Ok(Move::Taken);
    }
    Ok(Move::End(
        match newest.filter(|entry| entry.to_state.as_ref() == Some(&state)) {
            Some(entry) => format!("{} moved it to {state}: {}", entry.actor, entry.reason),
            None => format!("it was moved to {state} by hand"),
        },
    ))
}

/// The step waits for a second person.
async fn asked(rollout: &Rollout, id: i64) -> Result<Move, RolloutError> {
    let status = rollout.request(id).await?.status;
    Ok(match status.as_str() {
        // Approved, the new flags are not in force here yet.
        ApprovalRequest::WAITING | ApprovalRequest::APPROVED => Move::Nothing,
        _ => Move::End(format!("the approval request {id} is {status}")),
    })
}

async fn say(rollout: &Rollout, row: &ScheduleRow, note: &str) -> Result<(), RolloutError> {
    if row.note == note {
        return Ok(());
    }
    tracing::info!(target = row.target.as_str(), note, "a scheduled step waits");
    Ok(rows::wait(rollout.store(), row, row.request, note).await?)
}

/// An error with its causes.
fn chain(error: &RolloutError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
