//! The loop of the guard: looks at every guarded route once a second, and acts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flags::{Flags, KillSet, KillSource, RouteKey, RoutePlan, Stage};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Broken, Counts, Watch};
use crate::metrics::{Metrics, RouteTotals};
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
    /// None without a flag file that could be changed: then a broken route is killed.
    pub(crate) rollout: Option<Rollout>,
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

    /// New flags end what the guard killed: somebody has looked. A flag file that a person edited is kept like one that a command
    /// changed.
    async fn follow(&self, acts: &mut Acts) {
        let version = self.flags.status().version;
        if version != acts.version {
            acts.version.clone_from(&version);
            acts.killed = KillSet::default();
            self.flags.kill(KillSource::Guard, &acts.killed);
        }
        let keeping = |rollout: &&Rollout| version != acts.kept && rollout.keeps_what_it_sees();
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
        let guarded = || {
            let plans = snapshot.plans().iter().filter(|plan| !snapshot.kills(plan));
            plans.filter_map(|plan| Some((plan, plan.guard.as_ref()?)))
        };
        watches.retain(|key, _| guarded().any(|(plan, _)| plan.key == *key));
        if guarded().next().is_none() {
            return;
        }
        let (totals, compared) = (self.metrics.totals(), compared(&self.recorder));
        let now = Instant::now();
        for (plan, rules) in guarded().filter(|(plan, _)| is_watched(plan.stage)) {
            let counts = counts(
                totals.routes.get(&plan.key.to_string()),
                compared.get(&plan.key.to_string()),
            );
            let watch = watches.entry(plan.key.clone()).or_default();
            if let Some(broken) = watch.judge(rules, now, counts) {
                watch.rest(rules, now);
                self.act(plan, broken, acts).await;
            }
        }
    }

    /// One stage back in the flag file; where that cannot be written, the route is killed until somebody looks.
    async fn act(&self, plan: &RoutePlan, broken: Broken, acts: &mut Acts) {
        let target = plan.group.clone().unwrap_or_else(|| plan.key.to_string());
        let reason = broken.to_string();
        tracing::error!(route = %plan.key, target = target.as_str(), %broken, "the guard takes a route back");
        let wish = Wish {
            actor: NAME.to_owned(),
            reason: reason.clone(),
            expected: None,
            evidence: json!({ "route": plan.key, "broken": reason }),
            despite_freeze: true,
        };
        let moved = match (&self.rollout, before(State::of(plan))) {
            (Some(rollout), Some(back)) => rollout.change(&target, back, NAME, &wish).await.map(|_| ()),
            _ => return self.kill(&target, acts),
        };
        // Another replica has seen the same and was quicker.
        if let Err(error) = moved
            && !matches!(error, RolloutError::AlreadyThere(_))
        {
            tracing::error!(%error, "the guard cannot change the flag file and kills the route instead");
            self.kill(&target, acts);
        }
    }

    fn kill(&self, target: &str, acts: &mut Acts) {
        acts.killed.add(target);
        self.flags.kill(KillSource::Guard, &acts.killed);
    }
}

/// What the guard has done, and under which flags.
#[derive(Default)]
struct Acts {
    version: String,
    kept: String,
    killed: KillSet,
}

/// At legacy nothing runs that could be guarded; a retired route has no way back that the guard may take.
fn is_watched(stage: Stage) -> bool {
    matches!(stage, Stage::Shadow | Stage::Canary | Stage::Native)
}

/// Comparisons and differences by route since the start.
fn compared(recorder: &Recorder) -> HashMap<String, (u64, u64)> {
    let mut compared: HashMap<String, (u64, u64)> = HashMap::new();
    for (route, outcome, count) in recorder.totals() {
        let entry = compared.entry(route.to_string()).or_default();
        match outcome.as_str() {
            "match" => entry.0 += count,
            "mismatch" => {
                entry.0 += count;
                entry.1 += count;
            }
            _ => {}
        }
    }
    compared
}

fn counts(totals: Option<&RouteTotals>, compared: Option<&(u64, u64)>) -> Counts {
    let (asked, failed) = totals.map_or((0, 0), |totals| {
        let instead = totals.legacy.reason("fallback");
        let errors = totals.native.classes.last().copied().unwrap_or_default();
        (totals.native.answers() + instead, errors + instead)
    });
    let (compared, differed) = compared.copied().unwrap_or_default();
    Counts {
        asked,
        failed,
        compared,
        differed,
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Guard")
            .field("changes_files", &self.rollout.is_some())
            .finish_non_exhaustive()
    }
}
