//! How the source of the flags is, shared between the task that follows it and whoever shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// How the source is. Cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct SourceHealth {
    cells: Arc<Cells>,
    clock: fn() -> i64,
}

#[derive(Debug, Default)]
struct Cells {
    number: AtomicI64,
    connected: AtomicBool,
    /// In milliseconds since 1970; 0 is never.
    confirmed: AtomicI64,
    losses: AtomicU64,
}

/// How the source was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceView {
    /// The number of the version in force; 0 while nothing is published.
    pub number: i64,
    /// Whether the database answers.
    pub connected: bool,
    /// Milliseconds since it last said which version is the newest; none before the first time.
    pub age_ms: Option<u64>,
    /// How often the connection was lost.
    pub losses: u64,
}

impl SourceHealth {
    /// Nothing is known yet. `clock` tells milliseconds since 1970.
    pub(super) fn new(clock: fn() -> i64) -> Self {
        Self {
            cells: Arc::default(),
            clock,
        }
    }

    pub(super) fn serves(&self, number: i64) {
        self.cells.number.store(number, Ordering::Relaxed);
    }

    /// The database has said which version is the newest.
    pub(super) fn confirmed(&self) {
        self.cells.confirmed.store((self.clock)(), Ordering::Relaxed);
    }

    /// The database answers; whether that is news.
    pub(super) fn connected(&self) -> bool {
        !self.cells.connected.swap(true, Ordering::Relaxed)
    }

    /// The connection was lost; whether that is news.
    pub(super) fn lost(&self) -> bool {
        let news = self.cells.connected.swap(false, Ordering::Relaxed);
        if news {
            self.cells.losses.fetch_add(1, Ordering::Relaxed);
        }
        news
    }

    /// How it is now.
    pub(crate) fn view(&self) -> SourceView {
        let confirmed = self.cells.confirmed.load(Ordering::Relaxed);
        let age = (self.clock)().saturating_sub(confirmed).max(0);
        SourceView {
            number: self.cells.number.load(Ordering::Relaxed),
            connected: self.cells.connected.load(Ordering::Relaxed),
            age_ms: (confirmed > 0).then(|| age.unsigned_abs()),
            losses: self.cells.losses.load(Ordering::Relaxed),
        }
    }
}

impl SourceView {
    /// The source in one clause for people.
    #[must_use]
    pub(crate) fn told(&self) -> String {
        let number = match self.number {
            0 => "nothing published".to_owned(),
            number => format!("version {number}"),
        };
        match (self.connected, self.age_ms) {
            (true, _) => format!("PostgreSQL, {number}"),
            (false, None) => format!("PostgreSQL, {number}; not reached since the start"),
            (false, Some(age)) => format!("PostgreSQL, {number}; away for {} s", age / 1_000),
        }
    }
}
