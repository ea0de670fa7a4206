//! Shadowing: the native handler answers beside legacy, as a dry run without effects, and the two answers are compared.
//!
//! Legacy always answers the client. A read's dry run starts beside legacy's answer and delays nobody. A write's dry run goes
//! first, within a hard budget, because after legacy its own row would be in the way. All work runs on the workshop
//! runtime behind bounds; what does not fit is dropped and counted with its reason.

mod budget;
mod candidate;
mod clock;
mod control;
mod decode;
mod evidence;
mod held;
mod job;
pub(crate) mod masked;
mod races;
mod reason;
mod redact;
mod reproducer;
mod reverse;
mod tee;
mod throttle;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flags::RoutePlan;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::store::{Record, Recorder};

pub(crate) use self::budget::{ByteBudget, Share};
pub use self::candidate::{Asked, Candidate, Control, DryRunFailure, DryRunResult, NativeAnswer, RunLimits};
pub use self::clock::now_ms;
pub use self::control::LegacyControl;
pub(crate) use self::decode::decoded;
pub use self::evidence::judge_again;
pub use self::held::{Held, HeldBody};
pub use self::job::{Exchange, Pending};
pub use self::races::Lane;
pub use self::reason::NotCompared;
pub use self::reverse::Started;
pub use self::tee::{Captured, Copied, Tee};
pub(crate) use self::tee::{Copier, Whole};

use self::races::Races;
use self::throttle::Throttle;

/// What shadow work may cost, over all routes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Exchanges in hand at once, waiting ones included; over it they are dropped as `queue full`.
    pub queue: usize,
    /// Dry runs at once.
    pub concurrency: usize,
    /// Memory for held bodies of all exchanges, in bytes.
    pub memory_bytes: usize,
    /// Longest request body that is held, in bytes.
    pub request_bytes: usize,
    /// Longest answer that is compared, in bytes, decoded.
    pub answer_bytes: usize,
    /// How long a dry run may wait for a row lock.
    pub lock_timeout: Duration,
    /// How long legacy's answer is waited for after the dry run.
    pub legacy_patience: Duration,
    /// How long unfinished comparisons may take at shutdown.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: 256,
            concurrency: 16,
            memory_bytes: 64 << 20,
            request_bytes: 1 << 20,
            answer_bytes: 2 << 20,
            lock_timeout: Duration::from_millis(20),
            legacy_patience: Duration::from_secs(60),
            drain: Duration::from_secs(5),
        }
    }
}

/// The shadow worker. Cloning is cheap.
#[derive(Clone)]
pub struct Shadow {
    shared: Arc<Shared>,
}

struct Shared {
    candidate: Option<Arc<dyn Candidate>>,
    control: Option<Arc<dyn Control>>,
    recorder: Recorder,
    limits: Limits,
    workshop: Handle,
    tasks: TaskTracker,
    /// The time of unfinished comparisons is up.
    given_up: CancellationToken,
    in_hand: AtomicUsize,
    dry_runs: Semaphore,
    memory: Arc<ByteBudget>,
    throttle: Throttle,
    races: Arc<Races>,
}

impl fmt::Debug for Shadow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shadow")
            .field("limits", &self.shared.limits)
            .finish_non_exhaustive()
    }
}

impl Shadow {
    /// A worker on the workshop runtime. Without a candidate every request counts as `no handler`; without a control a
    /// mismatch is counted without asking again.
    #[must_use]
    pub fn new(
        candidate: Option<Arc<dyn Candidate>>,
        control: Option<Arc<dyn Control>>,
        recorder: Recorder,
        limits: Limits,
        workshop: Handle,
    ) -> Self {
        let shared = Shared {
            candidate,
            control,
            recorder,
            workshop,
            tasks: TaskTracker::new(),
            given_up: CancellationToken::new(),
            in_hand: AtomicUsize::new(0),
            dry_runs: Semaphore::new(limits.concurrency),
            memory: Arc::new(ByteBudget::new(limits.memory_bytes)),
            throttle: Throttle::default(),
            races: Arc::default(),
            limits,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Counts a request of a shadowed route that is not compared.
    pub fn skip(&self, plan: &RoutePlan, reason: NotCompared) {
        let route = Arc::from(plan.key.to_string());
        self.shared.recorder.record(Record::NotCompared {
            route,
            reason: reason.words(),
            at_ms: now_ms(),
        });
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Bytes of bodies held at the moment, for metrics.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.shared.memory.used()
    }

    /// Exchanges in hand at the moment, for metrics.
    #[must_use]
    pub fn in_hand(&self) -> usize {
        self.shared.in_hand.load(Ordering::Relaxed)
    }

    /// Waits for the comparisons in hand, no longer than the drain limit. Call before the recorder's shutdown.
    pub async fn drain(&self) {
        self.shared.tasks.close();
        let finished = || tokio::time::timeout(self.shared.limits.drain, self.shared.tasks.wait());
        if finished().await.is_err() {
            tracing::warn!(unfinished = self.in_hand(), "comparisons were given up at shutdown");
            // Each one still says so in its counter, which takes no time to speak of.
            self.shared.given_up.cancel();
            let _no_longer = finished().await;
        }
    }

    /// A place among the exchanges in hand, or the reason why there is none.
    fn admit(&self, plan: &RoutePlan) -> Result<(Place, Arc<dyn Candidate>), NotCompared> {
        let candidate = self.shared.candidate.as_ref().ok_or(NotCompared::NoHandler)?;
        if !self
            .shared
            .throttle
            .admits(plan.index, plan.shadow.rate_per_second, now_ms())
        {
            return Err(NotCompared::Rate);
        }
        let place = Place {
            shared: Arc::clone(&self.shared),
        };
        // The place counts itself; it is given back by its drop, also when it was one too many.
        if self.shared.in_hand.fetch_add(1, Ordering::Relaxed) >= self.shared.limits.queue {
            return Err(NotCompared::QueueFull);
        }
        Ok((place, Arc::clone(candidate)))
    }
}

/// A place among the exchanges in hand; given back on drop.
struct Place {
    shared: Arc<Shared>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.in_hand.fetch_sub(1, Ordering::Relaxed);
    }
}
