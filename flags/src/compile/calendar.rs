//! `schedule`, `approval`, `expires` and `stale_after`: what of a rollout is planned ahead.

use std::time::Duration;

use super::fields::{Fields, list};
use super::{rollout, values};
use crate::calendar::{Approval, Calendar, ScheduleStep, StepTime, moment_ms};
use crate::findings::Findings;
use crate::share::Share;
use crate::stage::Stage;
use crate::suggest::nearest;
use crate::waiver::end_of_day_ms;
use crate::yaml::{Node, Value};

/// The keys that a route or a group can state; a member of a group leaves them to the group, so that it flips as one.
pub(super) const KEYS: [&str; 4] = ["schedule", "approval", "expires", "stale_after"];
/// Those that `defaults` can state: dates belong to one route.
pub(super) const DEFAULT_KEYS: [&str; 2] = ["approval", "stale_after"];
const STEP_KEYS: [&str; 4] = ["at", "after", "stage", "share"];
const MOST_STEPS: usize = 50;
const SECOND: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(90 * 24 * 3_600);
const MAX_AGE: Duration = Duration::from_secs(3_650 * 24 * 3_600);

/// What one part of the file states.
#[derive(Debug, Clone, Default)]
pub(super) struct PartialCalendar {
    schedule: Option<Vec<ScheduleStep>>,
    approval: Option<Approval>,
    expires_ms: Option<i64>,
    stale_after: Option<Duration>,
}

impl PartialCalendar {
    /// Reads the keys of a part.
    pub(super) fn read(fields: Fields<'_>, findings: &mut Findings) -> Self {
        if let (Some(schedule), Some(_)) = (fields.entry("schedule"), fields.get(rollout::READS)) {
            let message = "a part with `reads` has two stages, so a schedule cannot say which of them it moves";
            findings.add_with_remedy(schedule.key_place, message, "leave out `reads` or `schedule`");
        }
        Self {
            schedule: fields.get("schedule").map(|node| read_schedule(node, findings)),
            approval: fields.get("approval").and_then(|node| read_approval(node, findings)),
            expires_ms: fields.get("expires").and_then(|node| read_day(node, findings)),
            stale_after: fields
                .get("stale_after")
                .and_then(|node| values::duration(node, "stale_after", SECOND..=MAX_AGE, findings)),
        }
    }

    /// These before those of the next wider part.
    pub(super) fn over(&self, wider: &Self) -> Self {
        Self {
            schedule: self.schedule.clone().or_else(|| wider.schedule.clone()),
            approval: self.approval.or(wider.approval),
            expires_ms: self.expires_ms.or(wider.expires_ms),
            stale_after: self.stale_after.or(wider.stale_after),
        }
    }

    /// The calendar, with what nothing states filled in.
    pub(super) fn complete(self) -> Calendar {
        Calendar {
            schedule: self.schedule.unwrap_or_default(),
            approval: self.approval.unwrap_or_default(),
            expires_ms: self.expires_ms,
            stale_after: self.stale_after.unwrap_or(Calendar::DEFAULT_STALE_AFTER),
        }
    }
}

fn read_approval(node: &Node, findings: &mut Findings) -> Option<Approval> {
    let written = values::text(node, "approval", findings)?;
    let approval = Approval::from_word(written);
    if approval.is_none() {
        let remedy = match nearest(written, Approval::WORDS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write one of {}", list(&Approval::WORDS)),
        };
        findings.add_with_remedy(node.place, format!("`approval: {written}` is unknown"), remedy);
    }
    approval
}

fn read_day(node: &Node, findings: &mut Findings) -> Option<i64> {
    let written = values::text(node, "expires", findings)?;
    let day = end_of_day_ms(written);
    if day.is_none() {
        let message = format!("`expires: {written}` is not a day");
        findings.add_with_remedy(node.place, message, "write the last day, such as `2026-12-31`");
    }
    day
}

fn read_schedule(node: &Node, findings: &mut Findings) -> Vec<ScheduleStep> {
    let Value::List(items) = &node.value else {
        let message = format!("`schedule` is a list of steps, not {}", node.kind());
        let remedy = "write for example `- { at: 2026-12-01T08:00Z, share: 5% }` under it";
        findings.add_with_remedy(node.place, message, remedy);
        return Vec::new();
    };
    if items.is_empty() || items.len() > MOST_STEPS {
        let message = format!("a schedule has 1 to {MOST_STEPS} steps, not {}", items.len());
        findings.add(node.place, message);
    }
    let mut steps: Vec<ScheduleStep> = Vec::new();
    for item in items.iter().take(MOST_STEPS) {
        if let Some(step) = read_step(item, findings) {
            check_order(item, &step, &steps, findings);
            steps.push(step);
        }
    }
    steps
}

fn read_step(node: &Node, findings: &mut Findings) -> Option<ScheduleStep> {
    let fields = Fields::open(node, "a step", &STEP_KEYS, findings)?;
    let share = fields
        .get("share")
        .and_then(|node| values::share(node, "share", findings));
    // A share alone means the canary.
    let stage = match fields.get("stage") {
        Some(node) => values::stage(node, "stage", findings)?,
        None => Stage::Canary,
    };
    check_goal(node, stage, share, fields.get("share").is_some(), findings);
    Some(ScheduleStep {
        when: read_time(fields, node, findings)?,
        stage,
        share,
    })
}

fn check_goal(node: &Node, stage: Stage, share: Option<Share>, stated: bool, findings: &mut Findings) {
    let (message, remedy) = match (stage, share) {
        (Stage::Canary, None) if !stated => ("a step into the canary needs its share", "write `share: 5%`"),
        (Stage::Legacy, _) => (
            "a schedule leads forward, and nothing is before `legacy`",
            "take the route back with `ficus rollback`",
        ),
        (Stage::Retired, _) => (
            "a schedule does not retire a route: that has no way back by itself",
            "retire it with `ficus promote`",
        ),
        (Stage::Shadow | Stage::Native, _) if stated => ("only a canary has a share", "leave out `share`"),
        _ => return,
    };
    findings.add_with_remedy(node.place, message, remedy);
}

fn read_time(fields: Fields<'_>, node: &Node, findings: &mut Findings) -> Option<StepTime> {
    match (fields.get("at"), fields.get("after")) {
        (Some(at), None) => {
            let written = values::text(at, "at", findings)?;
            let moment = moment_ms(written);
            if moment.is_none() {
                let message = format!("`at: {written}` is not a moment");
                findings.add_with_remedy(at.place, message, "write it in UTC, such as `2026-12-01T08:00Z`");
            }
            moment.map(StepTime::At)
        }
        (None, Some(after)) => values::duration(after, "after", SECOND..=MAX_PAUSE, findings).map(StepTime::After),
        (at, _) => {
            let message = match at {
                None => "a step needs its time",
                Some(_) => "a step has one time, not two",
            };
            let remedy = "write `at: 2026-12-01T08:00Z`, or `after: 30m` for a pause behind the step before";
            findings.add_with_remedy(node.place, message, remedy);
            None
        }
    }
}

/// Steps follow each other in time and lead forward.
fn check_order(node: &Node, step: &ScheduleStep, before: &[ScheduleStep], findings: &mut Findings) {
    let Some(last) = before.last() else {
        if matches!(step.when, StepTime::After(_)) {
            let message = "the first step has no step before it to wait for";
            findings.add_with_remedy(node.place, message, "write `at: 2026-12-01T08:00Z`");
        }
        return;
    };
    let rank = |step: &ScheduleStep| (step.stage, step.share.map_or(0, Share::basis_points));
    if rank(step) <= rank(last) {
        let message = "this step does not lead further than the one before";
        findings.add_with_remedy(
            node.place,
            message,
            "write the steps from `shadow` over growing shares to `native`",
        );
    }
    let earlier = before.iter().rev().find_map(|step| match step.when {
        StepTime::At(moment) => Some(moment),
        StepTime::After(_) => None,
    });
    if let (StepTime::At(moment), Some(earlier)) = (step.when, earlier)
        && moment <= earlier
    {
        findings.add(node.place, "this step is due before an earlier one".to_owned());
    }
}
