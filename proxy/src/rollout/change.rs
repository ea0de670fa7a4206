//! A change: found, checked, written, written down.

use std::fmt;

use flags::{Approval, Change, EditTarget, RouteKey, RoutePlan, Snapshot, Stage, compile, edit};
use serde::Serialize;
use serde_json::Value;

use super::audit::{Act, AuditEntry};
use super::flag_place::Edit;
use super::ladder::{State, after, before};
use super::{Rollout, RolloutError};

/// The actions that hold changes up and let them go on.
const FREEZE: &str = "freeze";
const THAW: &str = "thaw";
/// What stands for everything.
const EVERYTHING: &str = "*";

/// What somebody wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The version that the wish is about; none is whatever is there.
    pub expected: Option<String>,
    /// What speaks for it.
    pub evidence: Value,
    /// Whether a freeze does not count: a way back is always open.
    pub despite_freeze: bool,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    /// The route or group.
    pub target: String,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// The version of the flags now.
    pub version: String,
    /// The row of the audit log.
    pub entry: AuditEntry,
}

impl Rollout {
    /// Where a route or group is, and what its name means.
    ///
    /// # Errors
    /// When the flags cannot be read or do not know it.
    pub async fn find(&self, name: &str) -> Result<(EditTarget, State), RolloutError> {
        let text = self.text().await?;
        self.find_in(&self.compiled(&text)?, name)
    }

    /// Moves a route or group to a state. A step forward of one that is marked `approval: required` is not taken: it is filed, and
    /// the error says under which number it waits.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn change(
        &self,
        name: &str,
        to: State,
        action: &'static str,
        wish: &Wish,
    ) -> Result<Changed, RolloutError> {
        let snapshot = self.compiled(&self.text().await?)?;
        let (target, from) = self.find_in(&snapshot, name)?;
        if to.rank() <= from.rank() || !needs_second_person(&snapshot, &target) {
            return self.change_agreed(name, to, action, wish).await;
        }
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        check_expected(wish, snapshot.version())?;
        let target = target.to_string();
        let request = self.file_request(&target, (from, to), action, wish).await?;
        Err(RolloutError::WaitingForApproval {
            target,
            id: request.id,
            until: crate::report::moment(request.expires_at),
        })
    }

    /// As [`Self::change`], once everybody who has to agree does.
    pub(super) async fn change_agreed(
        &self,
        name: &str,
        to: State,
        action: &'static str,
        wish: &Wish,
    ) -> Result<Changed, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        if !wish.despite_freeze {
            self.refuse_if_frozen().await?;
        }
        let done = self
            .replace(&wish.actor, |text| self.edited(text, name, to, action, wish))
            .await?;
        let Edited { target, from, .. } = done.edited;
        Ok(Changed {
            target: target.to_string(),
            from,
            to,
            version: done.version,
            entry: done.entry,
        })
    }

    /// Moves one step forward: through the shares of a canary, then on.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn promote(&self, name: &str, wish: &Wish) -> Result<Changed, RolloutError> {
        let (target, state) = self.find(name).await?;
        let next = after(state).ok_or_else(|| no_step(&target, state, "after"))?;
        self.change(name, next, "promote", wish).await
    }

    /// Takes the last change of a route or group back: to where it was before, else one stage down.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn roll_back(&self, name: &str, wish: &Wish) -> Result<Changed, RolloutError> {
        let (target, state) = self.find(name).await?;
        let last = self.audit(Some(&target.to_string()), 100).await?;
        let here = state.to_string();
        let changed = last.iter().find(|entry| entry.to_state.as_deref() == Some(&here));
        let earlier = changed.and_then(|entry| State::parse(entry.from_state.as_deref()?));
        // After a rollback the newest entry leads forward again; then, and without entries, one stage down is meant.
        let earlier = earlier.filter(|earlier| earlier.rank() < state.rank());
        let back = earlier
            .or_else(|| before(state))
            .ok_or_else(|| no_step(&target, state, "before"))?;
        self.change(name, back, "rollback", wish).await
    }

    /// Puts a whole earlier flag file in force again.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn restore(&self, number: i64, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        let version = self.version(number).await?.ok_or(RolloutError::NoVersion(number))?;
        let done = self
            .replace(&wish.actor, |text| self.whole(text, version.yaml, "restore", wish))
            .await?;
        Ok(done.entry)
    }

    /// Puts a whole new text in force, as somebody has written it.
    ///
    /// # Errors
    /// See [`RolloutError`]; a text with a mistake, or the one that is there already, is refused.
    pub async fn push(&self, text: String, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        if !wish.despite_freeze {
            self.refuse_if_frozen().await?;
        }
        let pushed = |now: &str| {
            if now == text {
                return Err(RolloutError::Unchanged);
            }
            self.whole(now, text, "push", wish)
        };
        Ok(self.replace(&wish.actor, pushed).await?.entry)
    }

    /// Holds all changes up, but not the ways back.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn freeze(&self, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        self.note(FREEZE, wish).await
    }

    /// Lets changes go on.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn thaw(&self, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        self.note(THAW, wish).await
    }

    async fn note(&self, action: &'static str, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        let act = wish.act(action, EVERYTHING.to_owned(), None);
        Ok(self.write_down(act).await?)
    }

    /// The freeze that holds, if one does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn frozen(&self) -> Result<Option<AuditEntry>, RolloutError> {
        let newest: Option<AuditEntry> = sqlx::query_as(
            "select seq, at, actor, action, target, reason, from_state, to_state, evidence, previous_hash, hash from audit_log \
             where action in ('freeze', 'thaw') order by seq desc limit 1",
        )
        .fetch_optional(self.store.pool())
        .await
        .map_err(crate::store::StoreError::from)?;
        Ok(newest.filter(|entry| entry.action == FREEZE))
    }

    pub(super) async fn refuse_if_frozen(&self) -> Result<(), RolloutError> {
        match self.frozen().await? {
            None => Ok(()),
            Some(freeze) => Err(RolloutError::Frozen {
                since: crate::report::moment(freeze.at),
                by: freeze.actor,
                reason: freeze.reason,
            }),
        }
    }

    /// The text with a route or group moved.
    fn edited(
        &self,
        text: &str,
        name: &str,
        to: State,
        action: &'static str,
        wish: &Wish,
    ) -> Result<Edit<Edited>, RolloutError> {
        let snapshot = self.compiled(text)?;
        check_expected(wish, snapshot.version())?;
        let (target, from) = self.find_in(&snapshot, name)?;
        if from == to {
            return Err(RolloutError::AlreadyThere(target.to_string()));
        }
        let change = Change {
            stage: to.stage,
            share: to.share,
        };
        let edited = edit(text, &target, &change)?;
        let after = compile(&edited, &self.inventory).map_err(RolloutError::Refused)?;
        // Where a group states `reads`, its `stage` is that of its writes alone: what was decided for the one must not move the other.
        let mut members = after.plans().iter().filter(|plan| is_member(plan, &target));
        if members.any(|plan| plan.stage != to.stage) {
            return Err(RolloutError::Apart(target.to_string()));
        }
        let act = wish.act(action, target.to_string(), Some((from.to_string(), to.to_string())));
        Ok(Edit {
            text: edited,
            act,
            edited: Edited { target, from },
        })
    }

    /// Another text in place of the whole one. Handlers may have gone since it was written: it is checked as it would be today.
    fn whole(&self, now: &str, text: String, action: &'static str, wish: &Wish) -> Result<Edit<()>, RolloutError> {
        let snapshot = compile(&text, &self.inventory).map_err(RolloutError::Refused)?;
        let from = flags::version_of(now);
        check_expected(wish, &from)?;
        // A file that is broken now says nothing of who has to agree, and must not hold up the one that repairs it.
        if let Ok(before) = compile(now, &self.inventory) {
            refuse_unagreed(&before, &snapshot)?;
        }
        let act = wish.act(
            action,
            EVERYTHING.to_owned(),
            Some((from, snapshot.version().to_owned())),
        );
        Ok(Edit { text, act, edited: () })
    }

    fn compiled(&self, text: &str) -> Result<Snapshot, RolloutError> {
        compile(text, &self.inventory).map_err(RolloutError::Broken)
    }

    fn find_in(&self, snapshot: &Snapshot, name: &str) -> Result<(EditTarget, State), RolloutError> {
        let unknown = || RolloutError::Unknown(name.to_owned());
        let mut plans = snapshot.plans().iter();
        let Ok(key) = name.parse::<RouteKey>() else {
            let member = plans
                .find(|plan| plan.group.as_deref() == Some(name))
                .ok_or_else(unknown)?;
            return Ok((EditTarget::Group(name.to_owned()), State::of(member)));
        };
        match plans.find(|plan| plan.key == key) {
            Some(plan) => Ok((EditTarget::Route(key), State::of(plan))),
            // A handler that no flag names is at legacy.
            None if self.inventory.contains(&key) => Ok((
                EditTarget::Route(key),
                State {
                    stage: Stage::Legacy,
                    share: None,
                },
            )),
            None => Err(unknown()),
        }
    }
}

/// What a change did to a route or group.
struct Edited {
    target: EditTarget,
    from: State,
}

impl Wish {
    fn act(&self, action: &'static str, target: String, states: Option<(String, String)>) -> Act {
        let (from, to) = states.unzip();
        Act {
            actor: self.actor.clone(),
            action,
            target,
            reason: self.reason.clone(),
            from,
            to,
            evidence: self.evidence.clone(),
        }
    }
}

fn needs_second_person(snapshot: &Snapshot, target: &EditTarget) -> bool {
    let mut members = snapshot.plans().iter().filter(|plan| is_member(plan, target));
    members.any(|plan| plan.calendar.approval == Approval::Required)
}

/// A whole file is no way around the second person.
fn refuse_unagreed(before: &Snapshot, after: &Snapshot) -> Result<(), RolloutError> {
    let marked = before
        .plans()
        .iter()
        .filter(|plan| plan.calendar.approval == Approval::Required);
    for plan in marked {
        let later = after.plans().iter().find(|other| other.key == plan.key);
        if later.is_some_and(|later| State::of(later).rank() > State::of(plan).rank()) {
            return Err(RolloutError::NeedsApproval(plan.key.to_string()));
        }
    }
    Ok(())
}

fn is_member(plan: &RoutePlan, target: &EditTarget) -> bool {
    match target {
        EditTarget::Group(name) => plan.group.as_ref() == Some(name),
        EditTarget::Route(key) => plan.key == *key,
    }
}

pub(super) fn check_expected(wish: &Wish, found: &str) -> Result<(), RolloutError> {
    match &wish.expected {
        Some(expected) if expected != found => Err(RolloutError::Moved {
            expected: expected.clone(),
            found: found.to_owned(),
        }),
        _ => Ok(()),
    }
}

pub(super) fn no_step(target: &EditTarget, state: State, direction: &'static str) -> RolloutError {
    RolloutError::NoStep {
        target: target.to_string(),
        stage: state.stage,
        direction,
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} → {} (flags {})",
            self.target, self.from, self.to, self.version
        )
    }
}
