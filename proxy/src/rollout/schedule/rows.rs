//! How far schedules have come, in the store. Every change names what it changes from, so of several replicas one makes it.

use serde::Serialize;
use sqlx::FromRow;

use super::Planned;
use crate::store::{Store, StoreError};

/// A claim that is older belongs to a process that is gone.
const CLAIM_MS: i64 = 60_000;

/// How far a schedule has come.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct ScheduleRow {
    /// The route or group.
    pub target: String,
    /// The hash of its steps.
    pub plan: String,
    /// `running`, `done` or `cancelled`.
    pub status: String,
    /// The step that comes next, from 0.
    pub next_step: i64,
    /// Where the route has to be for the schedule to go on.
    pub state: String,
    /// When the last step was taken, or the schedule first seen, in milliseconds since 1970.
    pub since: i64,
    /// Since when a replica is taking the next step.
    pub claimed_at: Option<i64>,
    /// The approval request that the next step waits for.
    pub request: Option<i64>,
    /// For people: what it waits for, or why it ended.
    pub note: String,
}

impl ScheduleRow {
    /// The status of a schedule that goes on.
    pub const RUNNING: &'static str = "running";
    /// The status of one whose steps are all taken.
    pub const DONE: &'static str = "done";
    /// The status of one that was ended before.
    pub const CANCELLED: &'static str = "cancelled";

    /// Whether somebody is taking the next step at this moment.
    pub(super) fn is_claimed(&self, now_ms: i64) -> bool {
        self.claimed_at.is_some_and(|at| now_ms.saturating_sub(at) < CLAIM_MS)
    }
}

pub(super) async fn find(store: &Store, target: &str, plan: &str) -> Result<Option<ScheduleRow>, StoreError> {
    let found = sqlx::query_as(
        "select target, plan, status, next_step, state, since, claimed_at, request, note from schedules \
         where target = $1 and plan = $2",
    )
    .bind(target)
    .bind(plan)
    .fetch_optional(store.pool())
    .await?;
    Ok(found)
}

/// Keeps a schedule that nobody has seen before, and ends an older one of the same route.
pub(super) async fn begin(store: &Store, row: &ScheduleRow) -> Result<(), StoreError> {
    sqlx::query(
        "update schedules set status = 'cancelled', note = 'the flags state another schedule', claimed_at = null \
         where target = $1 and plan <> $2 and status = 'running'",
    )
    .bind(&row.target)
    .bind(&row.plan)
    .execute(store.pool())
    .await?;
    sqlx::query(
        "insert into schedules (target, plan, status, next_step, state, since, note) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (target, plan) do nothing",
    )
    .bind(&row.target)
    .bind(&row.plan)
    .bind(&row.status)
    .bind(row.next_step)
    .bind(&row.state)
    .bind(row.since)
    .bind(&row.note)
    .execute(store.pool())
    .await?;
    Ok(())
}

pub(super) async fn forget(store: &Store, planned: &Planned) -> Result<(), StoreError> {
    sqlx::query("delete from schedules where target = $1 and plan = $2")
        .bind(&planned.target)
        .bind(&planned.plan)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Takes the right to take the next step; `false` when somebody else has it, or the step is taken.
pub(super) async fn claim(store: &Store, row: &ScheduleRow, now_ms: i64) -> Result<bool, StoreError> {
    let claimed = sqlx::query(
        "update schedules set claimed_at = $1 where target = $2 and plan = $3 and next_step = $4 and status = 'running' \
         and (claimed_at is null or claimed_at < $5)",
    )
    .bind(now_ms)
    .bind(&row.target)
    .bind(&row.plan)
    .bind(row.next_step)
    .bind(now_ms.saturating_sub(CLAIM_MS))
    .execute(store.pool())
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Gives the claim back; the step waits for `note`, and perhaps for an approval.
pub(super) async fn wait(store: &Store, row: &ScheduleRow, request: Option<i64>, note: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update schedules set claimed_at = null, request = nullif($1, 0), note = $2 \
         where target = $3 and plan = $4 and next_step = $5 and status = 'running'",
    )
    .bind(request.unwrap_or_default())
    .bind(note)
    .bind(&row.target)
    .bind(&row.plan)
    .bind(row.next_step)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// The step is taken; `false` when somebody has said so already.
pub(super) async fn advance(
    store: &Store,
    row: &ScheduleRow,
    state: &str,
    is_last: bool,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let status = if is_last {
        ScheduleRow::DONE
    } else {
        ScheduleRow::RUNNING
    };
    let advanced = sqlx::query(
        "update schedules set status = $1, next_step = next_step + 1, state = $2, since = $3, claimed_at = null, \
         request = null, note = '' where target = $4 and plan = $5 and next_step = $6 and status = 'running'",
    )
    .bind(status)
    .bind(state)
    .bind(now_ms)
    .bind(&row.target)
    .bind(&row.plan)
    .bind(row.next_step)
    .execute(store.pool())
    .await?;
    Ok(advanced.rows_affected() == 1)
}

/// Ends a schedule that runs; `false` when it had ended.
pub(super) async fn end(store: &Store, planned: &Planned, status: &str, note: &str) -> Result<bool, StoreError> {
    let ended = sqlx::query(
        "update schedules set status = $1, note = $2, claimed_at = null \
         where target = $3 and plan = $4 and status = 'running'",
    )
    .bind(status)
    .bind(note)
    .bind(&planned.target)
    .bind(&planned.plan)
    .execute(store.pool())
    .await?;
    Ok(ended.rows_affected() == 1)
}
