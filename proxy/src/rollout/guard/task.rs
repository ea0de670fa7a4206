//! The loop of the guard: looks at every guarded route once a second, and acts. It goes on through a freeze, because a freeze
//! holds up changes that people want, not the way out of trouble.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flags::{Flags, GuardAction, GuardRules, KillSet, KillSource, RouteKey, RoutePlan, Snapshot, Stage};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::counts::Comparisons;
use super::{Broken, GuardAccount, GuardOutcome, Watch};
use crate::metrics::Metrics;
use crate::rollout::ladder::target;
use crate::rollout::{Rollout, RolloutError, State, Wish, before};
use crate::store::Recorder;

/// How often the counters are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How the guard signs.
const NAME: &str = "guard";

/// What the guard looks at, and what it acts with.
pub(crate) struct Guard {
    pub(crate) flags: Arc<Flags>,
    pub(crate) metrics: Metrics,
    pub(crate) recorder: Recorder,
    pub(crate) account: GuardAccount,
    /// None without flags that could be changed: then a broken route is killed.
    pub(crate) rollout: Option<Arc<Rollout>>,
}

impl Guard {
    /// Guards until told to stop.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut watches: HashMap<RouteKey, Watch> = HashMap::new();
        let mut acts = Acts::default();
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = tick.tick() => {
                    self.follow(&mut acts).await;
                    self.look(&mut watches, &mut acts).await;
                }
            }
        }
    }

    /// What the guard killed ends when that route is somewhere else in new flags: somebody, or the guard's own change, has put it
    /// there. A flag file that a person edited is kept like one that a command changed.
    async fn follow(&self, acts: &mut Acts) {
        let snapshot = self.flags.load();
        let version = snapshot.version().to_owned();
        if version != acts.version {
            acts.version.clone_from(&version);
            if acts.forget_moved(&snapshot) {
                self.flags.kill(KillSource::Guard, &acts.kill_set());
            }
        }
        let keeping = |rollout: &&Arc<Rollout>| version != acts.kept && rollout.keeps_what_it_sees();
        let Some(rollout) = self.rollout.as_ref().filter(keeping) else {
            return;
        };
        // A file that has moved on since is kept at the next look.
        let text = rollout
            .text()
            .await
            .ok()
            .filter(|text| flags::version_of(text) == version);
        let Some(text) = text else {
            return;
        };
        match rollout.keep_version(&version, &text, "file").await {
            Ok(()) => acts.kept = version,
            Err(error) => tracing::warn!(%error, "the version of the flags is not kept"),
        }
    }

    async fn look(&self, watches: &mut HashMap<RouteKey, Watch>, acts: &mut Acts) {
        let snapshot = self.flags.load();
        let guarded: Vec<(&RoutePlan, &GuardRules)> = snapshot
            .plans()
            .iter()
            .filter(|plan| is_watched(plan.stage) && !snapshot.kills(plan))
            .filter_map(|plan| Some((plan.as_ref(), plan.guard.as_ref()?)))
            .collect();
        self.account.watches(guarded.len());
        watches.retain(|key, _| guarded.iter().any(|(plan, _)| plan.key == *key));
        if guarded.is_empty() {
            return;
        }
        let (totals, compared) = (self.metrics.totals(), Comparisons::of(&self.recorder));
        let now = Instant::now();
        let mut broken: Vec<(&RoutePlan, Broken)> = Vec::new();
        for (plan, rules) in &guarded {
            let route = plan.key.to_string();
            let counts = compared.counts(&route, plan.stage, totals.routes.get(&route));
            let watch = watches.entry(plan.key.clone()).or_default();
            watch.at(State::of(plan));
            // The members of a group go together, so one act is enough for all of them.
            let is_done = |plan: &RoutePlan| broken.iter().any(|(other, _)| target(other) == target(plan));
            if let Some(found) = watch.judge(rules, now, counts).filter(|_| !is_done(plan)) {
                broken.push((plan, found));
            }
        }
        for (plan, found) in broken {
            if self.act(plan, &found, snapshot.version(), acts).await {
                let together = guarded.iter().filter(|(other, _)| target(other) == target(plan));
                for (member, rules) in together {
                    if let Some(watch) = watches.get_mut(&member.key) {
                        watch.rest(rules, now);
                    }
                }
            }
        }
    }

    /// Takes the route back in the flags; where they cannot be changed it is killed here until somebody moves it. `false` when the
    /// flags have moved on since they were looked at: then the next look decides.
    async fn act(&self, plan: &RoutePlan, broken: &Broken, version: &str, acts: &mut Acts) -> bool {
        let (target, state) = (target(plan), State::of(plan));
        let action = plan.guard.as_ref().map(|rules| rules.action).unwrap_or_default();
        if action == GuardAction::Kill {
            self.kill(plan, acts);
        }
        let outcome = match self.take_back(plan, action, broken, version).await {
            Ok(()) => GuardOutcome::TakenBack,
            Err(RolloutError::Moved { .. }) => return false,
            // Another replica has seen the same and was quicker.
            Err(RolloutError::AlreadyThere(_)) => return true,
            Err(error) if has_changed(&error) => {
                tracing::error!(%error, "the guard has changed the flags and cannot write it down");
                GuardOutcome::TakenBack
            }
            Err(error) => {
                tracing::error!(%error, "the guard cannot change the flags and kills the route instead");
                self.kill(plan, acts);
                GuardOutcome::Killed
            }
        };
        let route = plan.key.to_string();
        tracing::error!(route, target, state = %state, outcome = outcome.as_str(), %broken, "the guard takes a route back");
        self.account.acted(&route, broken.criterion(), outcome);
        true
    }

    async fn take_back(
        &self,
        plan: &RoutePlan,
        action: GuardAction,
        broken: &Broken,
        version: &str,
    ) -> Result<(), RolloutError> {
        let target = target(plan);
        let to = match action {
            GuardAction::Back => before(State::of(plan)),
            GuardAction::Kill => Some(State {
                stage: Stage::Legacy,
                share: None,
            }),
        };
        let (Some(rollout), Some(to)) = (&self.rollout, to) else {
            return Err(RolloutError::NothingToUndo(target));
        };
        let wish = Wish {
            actor: NAME.to_owned(),
            reason: broken.to_string(),
            // One stage back is meant from where the route was seen; legacy is meant from anywhere.
            expected: (action == GuardAction::Back).then(|| version.to_owned()),
            evidence: json!({ "route": plan.key, "guard": broken.evidence() }),
            despite_freeze: true,
        };
        rollout.change(&target, to, NAME, &wish).await.map(|_| ())
    }

    fn kill(&self, plan: &RoutePlan, acts: &mut Acts) {
        acts.killed.insert(target(plan), State::of(plan));
        self.flags.kill(KillSource::Guard, &acts.kill_set());
    }
}

/// What the guard has done, and under which flags.
#[derive(Default)]
struct Acts {
    version: String,
    kept: String,
    /// What is killed, and where it was in the flags then.
    killed: HashMap<String, State>,
}

impl Acts {
    fn kill_set(&self) -> KillSet {
        let mut set = KillSet::default();
        self.killed.keys().for_each(|name| set.add(name));
        set
    }

    /// Whether something that was killed is elsewhere, or gone.
    fn forget_moved(&mut self, snapshot: &Snapshot) -> bool {
        let before = self.killed.len();
        self.killed.retain(|name, state| {
            let mut members = snapshot.plans().iter().filter(|plan| target(plan) == *name);
            members.any(|plan| State::of(plan) == *state)
        });
        self.killed.len() != before
    }
}

/// At legacy nothing runs that could be guarded; a retired route has no way back that the guard may take.
fn is_watched(stage: Stage) -> bool {
    matches!(stage, Stage::Shadow | Stage::Canary | Stage::Native)
}

/// Whether the flags were changed before the error came.
fn has_changed(error: &RolloutError) -> bool {
    matches!(error, RolloutError::NotWrittenDown(_))
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Guard")
            .field("changes_flags", &self.rollout.is_some())
            .finish_non_exhaustive()
    }
}
