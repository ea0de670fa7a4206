//! Routes that somebody set out on their way and forgot. It is only said: nothing here changes who answers.

use std::collections::HashMap;

use flags::{RoutePlan, Snapshot, Stage};
use serde::Serialize;
use sqlx::FromRow;

use super::ladder::target;
use super::{Rollout, RolloutError, State};
use crate::store::StoreError;

const DAY_MS: i64 = 24 * 3_600_000;

/// A route or group that somebody should look at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Its name.
    pub target: String,
    /// Where it is.
    pub state: State,
    /// Why it is named here, for people.
    pub why: String,
}

/// Since when a route is where it is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
struct Stay {
    target: String,
    state: String,
    since: i64,
}

/// What has expired by the dates of the flags alone.
#[must_use]
pub fn expired(snapshot: &Snapshot, now_ms: i64) -> Vec<Forgotten> {
    each_target(snapshot).filter_map(|plan| expiry(plan, now_ms)).collect()
}

impl Rollout {
    /// What of these flags is forgotten: what has expired, and every canary that nobody has moved for its `stale_after`. Keeps in
    /// the store since when each route is where it is.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn forgotten(&self, snapshot: &Snapshot) -> Result<Vec<Forgotten>, RolloutError> {
        let now = self.now_ms();
        let since = self.stays(snapshot, now).await?;
        let found = each_target(snapshot).filter_map(|plan| {
            let aged = || age(plan, *since.get(&target(plan))?, now);
            expiry(plan, now).or_else(aged)
        });
        Ok(found.collect())
    }

    async fn stays(&self, snapshot: &Snapshot, now: i64) -> Result<HashMap<String, i64>, RolloutError> {
        let known: Vec<Stay> = sqlx::query_as("select target, state, since from route_states order by target")
            .fetch_all(self.store().pool())
            .await
            .map_err(StoreError::from)?;
        let mut since: HashMap<String, (String, i64)> = known
            .into_iter()
            .map(|stay| (stay.target, (stay.state, stay.since)))
            .collect();
        for plan in each_target(snapshot) {
            let (name, state) = (target(plan), State::of(plan).to_string());
            if since.get(&name).is_none_or(|(known, _)| *known != state) {
                self.keep_stay(&name, &state, now).await?;
                since.insert(name, (state, now));
            }
        }
        Ok(since.into_iter().map(|(name, (_, at))| (name, at)).collect())
    }

    /// Of several replicas that see the same, the first says since when.
    async fn keep_stay(&self, target: &str, state: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query(
            "insert into route_states (target, state, since) values ($1, $2, $3) on conflict (target) do update \
             set state = excluded.state, since = excluded.since where route_states.state <> excluded.state",
        )
        .bind(target)
        .bind(state)
        .bind(now)
        .execute(self.store().pool())
        .await?;
        Ok(())
    }
}

/// Each route that stands for itself, and one member of each group.
fn each_target(snapshot: &Snapshot) -> impl Iterator<Item = &RoutePlan> {
    let mut seen = std::collections::HashSet::new();
    let plans = snapshot.plans().iter().map(AsRef::as_ref);
    plans.filter(move |plan| seen.insert(target(plan)))
}

fn expiry(plan: &RoutePlan, now: i64) -> Option<Forgotten> {
    let on_its_way = matches!(plan.stage, Stage::Shadow | Stage::Canary | Stage::Native);
    let expires = plan
        .calendar
        .expires_ms
        .filter(|expires| on_its_way && now >= *expires)?;
    Some(Forgotten {
        target: target(plan),
        state: State::of(plan),
        why: format!(
            "its date, {}, has passed: move it on, take it back, or write a later `expires`",
            day(expires - DAY_MS)
        ),
    })
}

fn age(plan: &RoutePlan, since: i64, now: i64) -> Option<Forgotten> {
    let age = now.saturating_sub(since);
    let allowed = i64::try_from(plan.calendar.stale_after.as_millis()).unwrap_or(i64::MAX);
    (plan.stage == Stage::Canary && age >= allowed).then(|| Forgotten {
        target: target(plan),
        state: State::of(plan),
        why: format!(
            "nobody has moved it since {}: move it on, take it back, or write a longer `stale_after`",
            day(since)
        ),
    })
}

/// The day of a moment.
fn day(at_ms: i64) -> String {
    crate::report::moment(at_ms).chars().take(10).collect()
}
