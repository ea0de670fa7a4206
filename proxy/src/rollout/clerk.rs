//! The loop that keeps the calendar: takes scheduled steps, ends requests that nobody agreed to, and says what is forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flags::Flags;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::schedule::{Runner, StepCounts};
use super::{ApprovalRequest, Forgotten, GuardAccount, Rollout, RolloutError, ScheduleRow};

/// How often schedules are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How often the rest is.
const SELDOM: Duration = Duration::from_secs(30);
/// How often the log says the same of a forgotten route.
const REMINDER: Duration = Duration::from_secs(24 * 3_600);
/// Requests that are looked through for those that wait.
const MOST_REQUESTS: i64 = 1_000;

/// What moves routes, or asks somebody to: for metrics and the status page. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct RolloutAccount {
    /// What guards have done.
    pub guard: GuardAccount,
    pub(super) steps: StepCounts,
    news: Arc<Mutex<News>>,
}

/// What somebody may want to know of.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// Routes that are forgotten.
    pub forgotten: Vec<Forgotten>,
    /// Requests that wait for a second person.
    pub waiting: Vec<ApprovalRequest>,
    /// Schedules that go on.
    pub running: usize,
}

impl RolloutAccount {
    /// What was found at the last look.
    #[must_use]
    pub fn news(&self) -> News {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Scheduled steps since the start, by what became of them.
    #[must_use]
    pub fn steps(&self) -> std::collections::BTreeMap<&'static str, u64> {
        self.steps.all()
    }
}

/// Keeps the calendar of one process.
pub(crate) struct Clerk {
    pub(crate) flags: Arc<Flags>,
    pub(crate) rollout: Arc<Rollout>,
    pub(crate) account: RolloutAccount,
}

impl Clerk {
    /// Works until told to stop.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut runner = Runner::new(self.account.steps.clone());
        let mut reminded = HashMap::new();
        let mut looked: Option<Instant> = None;
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = tick.tick() => {
                    runner.look(&self.rollout, &self.flags.load()).await;
                    if looked.is_none_or(|at| at.elapsed() >= SELDOM) {
                        looked = Some(Instant::now());
                        if let Err(error) = self.look_around(&mut reminded).await {
                            tracing::warn!(%error, "the store cannot say what is forgotten or waits");
                        }
                    }
                }
            }
        }
    }

    async fn look_around(&self, reminded: &mut HashMap<String, Instant>) -> Result<(), RolloutError> {
        let forgotten = self.rollout.forgotten(&self.flags.load()).await?;
        for one in &forgotten {
            let target = one.target.as_str();
            if reminded.get(target).is_none_or(|at| at.elapsed() >= REMINDER) {
                reminded.insert(one.target.clone(), Instant::now());
                tracing::warn!(target, state = %one.state, why = one.why, "a route is forgotten");
            }
        }
        reminded.retain(|target, _| forgotten.iter().any(|one| one.target == *target));
        let mut waiting = self.rollout.approval_requests(MOST_REQUESTS).await?;
        waiting.retain(|request| request.status == ApprovalRequest::WAITING);
        let schedules = self.rollout.schedules().await.unwrap_or_default();
        let running = schedules.iter().filter_map(|schedule| schedule.progress.as_ref());
        let running = running.filter(|row| row.status == ScheduleRow::RUNNING).count();
        *self.account.news.lock().unwrap_or_else(PoisonError::into_inner) = News {
            forgotten,
            waiting,
            running,
        };
        Ok(())
    }
}

impl std::fmt::Debug for Clerk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Clerk").finish_non_exhaustive()
    }
}
