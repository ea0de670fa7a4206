//! The counters of one core.

use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flags::{RouteKey, RoutePlan, Side};
use http::StatusCode;

use super::route::RouteCells;
use super::{Totals, add, get, subtract};
use crate::exchange::Routed;

/// The label of routes that no flag names.
const UNMATCHED: &str = "unmatched";
/// How many plans are found at once.
const RECENT: usize = 32;

/// What a scrape sees of one core.
#[derive(Debug, Default)]
pub(super) struct Cells {
    unmatched: RouteCells,
    routes: Mutex<Vec<(String, Arc<RouteCells>)>>,
    refused: Mutex<HashMap<&'static str, u64>>,
    fallbacks: Mutex<HashMap<&'static str, u64>>,
    fallbacks_refused: Mutex<HashMap<&'static str, u64>>,
    bodies_not_kept: Mutex<HashMap<&'static str, u64>>,
    overrides: Mutex<HashMap<&'static str, u64>>,
    ofrep: Mutex<HashMap<&'static str, u64>>,
    retries: AtomicU64,
    upstream: Mutex<HashMap<&'static str, u64>>,
    addresses: AtomicU64,
    addresses_out: AtomicU64,
    in_flight: AtomicU64,
    tunnels: AtomicU64,
    connections: AtomicU64,
    /// Twice the number of attempts to reach legacy, and one more when the newest worked.
    legacy: AtomicU64,
    /// What went wrong at the newest attempt that failed.
    legacy_trouble: Mutex<Option<String>>,
}

/// Keeps what writes to the counters of a core on its thread.
type OfThisCore = PhantomData<Rc<()>>;

/// The writing end, owned by one core; a clone writes to the same counters.
#[derive(Debug, Clone)]
pub struct CoreMetrics {
    cells: Arc<Cells>,
    routes: RefCell<HashMap<RouteKey, Arc<RouteCells>>>,
    recent: Recent,
    core: OfThisCore,
}

/// The counters of plans that have been asked for lately: found by where a plan lies in memory, without hashing its key. A plan that
/// is in here stays where it is.
#[derive(Debug, Clone, Default)]
struct Recent(RefCell<[Option<CountedPlan>; RECENT]>);

/// A plan and its counters.
type CountedPlan = (Arc<RoutePlan>, Arc<RouteCells>);

/// A request being answered, until dropped.
#[derive(Debug)]
pub struct InFlight(Arc<Cells>, OfThisCore);

/// An upgraded connection, until dropped.
#[derive(Debug)]
pub struct Tunnel(Arc<Cells>, OfThisCore);

impl CoreMetrics {
    pub(super) fn new(cells: Arc<Cells>) -> Self {
        Self {
            cells,
            routes: RefCell::default(),
            recent: Recent::default(),
            core: PhantomData,
        }
    }

    /// A request begins.
    #[must_use]
    pub fn begin(&self) -> InFlight {
        add(&self.cells.in_flight, 1);
        InFlight(Arc::clone(&self.cells), PhantomData)
    }

    /// A client connected.
    pub fn connected(&self) {
        add(&self.cells.connections, 1);
    }

    /// A request has been answered.
    pub fn answered(&self, routed: Option<&Routed>, status: StatusCode, took: Duration) {
        let side = routed.map_or(Side::Legacy, |routed| routed.serve);
        let reason = routed.map(Routed::reason_place);
        let answered = |cells: &RouteCells| {
            cells.answered(side, status, took);
            if let Some(reason) = reason {
                cells.decided(side, reason);
            }
        };
        match routed.and_then(|routed| routed.plan.as_ref()) {
            None => answered(&self.cells.unmatched),
            Some(plan) => self.recent.with(plan, || self.route(&plan.key), answered),
        }
    }

    /// A request was turned away.
    pub fn refused(&self, reason: &'static str) {
        count(&self.cells.refused, reason);
    }

    /// Native handed a request to legacy.
    pub fn fell_back(&self, why: &'static str) {
        count(&self.cells.fallbacks, why);
    }

    /// Native failed, and legacy could not be asked instead.
    pub fn fallback_refused(&self, why: &'static str) {
        count(&self.cells.fallbacks_refused, why);
    }

    /// A request body was not kept, so that the request has no fallback.
    pub fn body_not_kept(&self, why: &'static str) {
        count(&self.cells.bodies_not_kept, why);
    }

    /// A request carried an override.
    pub fn override_seen(&self, outcome: &'static str) {
        count(&self.cells.overrides, outcome);
    }

    /// A front-end asked for flags.
    pub fn flags_asked(&self, outcome: &'static str) {
        count(&self.cells.ofrep, outcome);
    }

    /// A request is sent to legacy a second time.
    pub fn retried(&self) {
        add(&self.cells.retries, 1);
    }

    /// Something happened on the way to legacy: a connection made or refused, an address left out or restored, a turn not had, a
    /// retry not paid for.
    pub fn upstream(&self, event: &'static str) {
        count(&self.cells.upstream, event);
    }

    /// How many addresses of legacy this core knows, and how many of them it leaves out.
    pub fn upstream_addresses(&self, known: usize, out: usize) {
        self.cells.addresses.store(known as u64, Ordering::Relaxed);
        self.cells.addresses_out.store(out as u64, Ordering::Relaxed);
    }

    /// An attempt to connect to legacy has ended: well, or with this trouble.
    pub fn legacy_asked(&self, trouble: Option<String>) {
        let reachable = trouble.is_none();
        if let Some(trouble) = trouble {
            *self.cells.legacy_trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
        }
        let attempts = get(&self.cells.legacy) / 2 + 1;
        self.cells
            .legacy
            .store(attempts * 2 + u64::from(reachable), Ordering::Relaxed);
    }

    /// A connection was upgraded.
    #[must_use]
    pub fn tunnel(&self) -> Tunnel {
        add(&self.cells.tunnels, 1);
        Tunnel(Arc::clone(&self.cells), PhantomData)
    }

    fn route(&self, key: &RouteKey) -> Arc<RouteCells> {
        if let Some(cells) = self.routes.borrow().get(key) {
            return Arc::clone(cells);
        }
        let cells = Arc::new(RouteCells::default());
        self.routes.borrow_mut().insert(key.clone(), Arc::clone(&cells));
        let mut shared = self.cells.routes.lock().unwrap_or_else(PoisonError::into_inner);
        shared.push((key.to_string(), Arc::clone(&cells)));
        cells
    }
}

impl Recent {
    fn with(&self, plan: &Arc<RoutePlan>, find: impl FnOnce() -> Arc<RouteCells>, count: impl FnOnce(&RouteCells)) {
        let place = Arc::as_ptr(plan).addr() / size_of::<RoutePlan>() % RECENT;
        let mut recent = self.0.borrow_mut();
        let Some(slot) = recent.get_mut(place) else {
            return count(&find());
        };
        match slot {
            Some((known, cells)) if Arc::ptr_eq(known, plan) => count(cells),
            _ => count(&slot.insert((Arc::clone(plan), find())).1),
        }
    }
}

impl Cells {
    pub(super) fn add_to(&self, totals: &mut Totals, newest: &mut u64) {
        totals
            .routes
            .entry(UNMATCHED.to_owned())
            .or_default()
            .add(&self.unmatched);
        for (route, cells) in self.routes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            totals.routes.entry(route.clone()).or_default().add(cells);
        }
        for (sum, mine) in [
            (&mut totals.refused, &self.refused),
            (&mut totals.fallbacks, &self.fallbacks),
            (&mut totals.upstream, &self.upstream),
            (&mut totals.fallbacks_refused, &self.fallbacks_refused),
            (&mut totals.bodies_not_kept, &self.bodies_not_kept),
            (&mut totals.overrides, &self.overrides),
            (&mut totals.ofrep, &self.ofrep),
        ] {
            for (label, count) in mine.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                *sum.entry(label).or_default() += count;
            }
        }
        totals.retries += get(&self.retries);
        totals.addresses = totals.addresses.max(get(&self.addresses));
        totals.addresses_out = totals.addresses_out.max(get(&self.addresses_out));
        totals.in_flight += get(&self.in_flight);
        totals.tunnels += get(&self.tunnels);
        totals.connections += get(&self.connections);
        let legacy = get(&self.legacy);
        if legacy > *newest {
            *newest = legacy;
            let reachable = legacy % 2 == 1;
            totals.legacy_reachable = Some(reachable);
            let trouble = self.legacy_trouble.lock().unwrap_or_else(PoisonError::into_inner);
            totals.legacy_trouble = trouble.clone().filter(|_| !reachable);
        }
    }
}

/// Rare events: a lock that a scrape alone contends for is cheap enough.
fn count(map: &Mutex<HashMap<&'static str, u64>>, label: &'static str) {
    *map.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(label)
        .or_default() += 1;
}

impl Drop for InFlight {
    fn drop(&mut self) {
        subtract(&self.0.in_flight, 1);
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        subtract(&self.0.tunnels, 1);
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::Metrics;

    #[test]
    fn the_newest_attempt_says_whether_legacy_is_there_and_what_was_in_the_way() {
        let metrics = Metrics::default();
        let core = metrics.core();
        let seen = || {
            let totals = metrics.totals();
            (totals.legacy_reachable, totals.legacy_trouble)
        };
        assert_eq!(seen(), (None, None));
        core.legacy_asked(Some("connection refused".to_owned()));
        assert_eq!(seen(), (Some(false), Some("connection refused".to_owned())));
        core.legacy_asked(None);
        assert_eq!(seen(), (Some(true), None));
    }
}
