//! Counters. Each core has its own set, which only it writes; a scrape adds them up.

mod admin_api;
mod core;
mod flag_source;
mod listeners;
mod rollout;
mod route;
mod text;

pub use self::core::{CoreMetrics, InFlight, Tunnel};
pub(crate) use admin_api::render_admin_api;
pub(crate) use flag_source::render_flag_source;
pub use listeners::{ListenerCells, OpenConnection, render_listeners};
pub(crate) use listeners::{render_certificates, render_upgrades};
pub use rollout::render_rollout;
pub use route::{RouteCells, RouteTotals, Times};
pub use text::{render, render_circuits, render_record, render_shadow};

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A listener's address and its counters.
type Named = (String, Arc<ListenerCells>);

/// All counters of a process.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    cores: Arc<Mutex<Vec<Arc<core::Cells>>>>,
    dropped_log_lines: Arc<AtomicU64>,
    listeners: Arc<Mutex<Vec<Named>>>,
}

/// The counters of all cores, added up at one moment.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// By route; routes that no flag names are together under `unmatched`.
    pub routes: BTreeMap<String, RouteTotals>,
    /// Requests refused, by kind.
    pub refused: BTreeMap<&'static str, u64>,
    /// Requests that native handed to legacy, by cause.
    pub fallbacks: BTreeMap<&'static str, u64>,
    /// Native failures that legacy could not answer instead, by what forbade it.
    pub fallbacks_refused: BTreeMap<&'static str, u64>,
    /// Request bodies that were not kept, by why.
    pub bodies_not_kept: BTreeMap<&'static str, u64>,
    /// Overrides seen, by what they were worth.
    pub overrides: BTreeMap<&'static str, u64>,
    /// Questions of front-ends for flags, by what came of them.
    pub ofrep: BTreeMap<&'static str, u64>,
    /// Requests sent to legacy a second time.
    pub retries: u64,
    /// What happened on the way to legacy, by kind.
    pub upstream: BTreeMap<&'static str, u64>,
    /// Addresses of legacy, as the core that knows most of them sees it.
    pub addresses: u64,
    /// Those left out, as the core that leaves out most of them sees it.
    pub addresses_out: u64,
    /// Requests being answered.
    pub in_flight: u64,
    /// Upgraded connections open.
    pub tunnels: u64,
    /// Client connections accepted.
    pub connections: u64,
    /// Lines of the access log that were not written.
    pub dropped_log_lines: u64,
    /// Whether the newest attempt to connect to legacy worked; none before the first.
    pub legacy_reachable: Option<bool>,
    /// What went wrong at that attempt, when it did not work.
    pub legacy_trouble: Option<String>,
}

impl Metrics {
    /// The counters of one more core.
    #[must_use]
    pub fn core(&self) -> CoreMetrics {
        let cells = Arc::new(core::Cells::default());
        self.cores
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&cells));
        CoreMetrics::new(cells)
    }

    /// The counter of lines of the access log that were not written.
    #[must_use]
    pub fn dropped_log_lines(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped_log_lines)
    }

    /// The counters of one more listener.
    #[must_use]
    pub fn listener(&self, name: &str) -> Arc<ListenerCells> {
        let cells = Arc::new(ListenerCells::default());
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((name.to_owned(), Arc::clone(&cells)));
        cells
    }

    fn listeners(&self) -> Vec<Named> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All counters, added up.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            dropped_log_lines: get(&self.dropped_log_lines),
            ..Totals::default()
        };
        let mut newest = 0;
        for cells in self.cores.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            cells.add_to(&mut totals, &mut newest);
        }
        totals
    }
}

/// Reads a counter.
fn get(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
}

/// Moves a counter that only this core writes.
/// Only the core that a cell belongs to adds to it; whoever scrapes reads. So nobody has to be kept out.
fn add(cell: &AtomicU64, by: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
}

/// As [`add`].
fn subtract(cell: &AtomicU64, by: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_sub(by), Ordering::Relaxed);
}
