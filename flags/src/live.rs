//! The live cell: the flags that hold right now, and what happened to those that do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use serde::Serialize;

use crate::kill::{KillSet, KillSource};
use crate::problem::Problems;
use crate::snapshot::Snapshot;

/// The flags in force. Reading never waits; a new snapshot replaces the old one whole.
#[derive(Debug)]
pub struct Flags {
    live: ArcSwap<Snapshot>,
    loaded: AtomicU64,
    failed: AtomicU64,
    last_failure: ArcSwapOption<Problems>,
}

/// What a status page or a metric shows of the flags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The version in force.
    pub version: String,
    /// Whether the kill switch is on for everything.
    pub killed: bool,
    /// What the kill switch covers.
    pub kill: KillSet,
    /// Names in it that no route and no group has, so that they kill nothing.
    pub kill_unknown: Vec<String>,
    /// How many routes the version names.
    pub routes: usize,
    /// How many versions were put in force since the start, the first included.
    pub loaded: u64,
    /// How many were refused since the start.
    pub failed: u64,
    /// Why the newest one was refused; `None` when the newest one is in force.
    pub last_failure: Option<Problems>,
}

impl Flags {
    /// Puts a first snapshot in force.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            live: ArcSwap::from_pointee(snapshot),
            loaded: AtomicU64::new(1),
            failed: AtomicU64::new(0),
            last_failure: ArcSwapOption::empty(),
        }
    }

    /// The snapshot in force, to keep.
    #[must_use]
    pub fn load(&self) -> Arc<Snapshot> {
        self.live.load_full()
    }

    /// The snapshot in force, to look at: cheaper than [`Self::load`], because cores do not write to a shared count. Not to
    /// be held while waiting.
    #[must_use]
    pub fn peek(&self) -> Guard<Arc<Snapshot>> {
        self.live.load()
    }

    /// Puts a snapshot in force. The kill switch stays as it is.
    pub fn publish(&self, snapshot: Snapshot) {
        self.live.rcu(move |old| snapshot.under_kills_of(old));
        self.last_failure.store(None);
        self.loaded.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that a newer version was refused; the old one stays in force.
    pub fn note_failure(&self, problems: Problems) {
        self.last_failure.store(Some(Arc::new(problems)));
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Turns the kill switch of one source: from the next request on legacy answers what `set` covers, whatever the flags say
    /// and whatever is loaded later. The empty set lets the flags hold again, as far as this source goes.
    pub fn kill(&self, source: KillSource, set: &KillSet) {
        self.live.rcu(|old| old.with_kill(source, set.clone()));
    }

    /// What to show of the flags.
    #[must_use]
    pub fn status(&self) -> Status {
        let live = self.live.load();
        let kill = live.kill_set();
        Status {
            version: live.version().to_owned(),
            killed: live.is_killed(),
            kill_unknown: kill.unknown(live.plans()),
            kill,
            routes: live.plans().len(),
            loaded: self.loaded.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            last_failure: self.last_failure.load_full().map(|problems| Problems::clone(&problems)),
        }
    }
}
