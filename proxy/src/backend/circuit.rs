//! A native side that keeps failing is skipped for a while: legacy answers at once, instead of after one more failure.
//!
//! One circuit a route, for the whole process. It opens when, within a window, so many runs failed and no more succeeded. While it
//! is open nothing runs natively; after the pause one request at a time probes. A probe that succeeds closes it, one that
//! fails keeps it open for twice as long as before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use flags::RouteKey;
use tokio::time::Instant;

/// When circuits open, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many failures within the window open it, unless more runs succeeded.
    pub failures: u32,
    /// The window.
    pub window: Duration,
    /// The first pause; it doubles with each probe that fails, up to [`Limits::LONGEST_PAUSE`].
    pub pause: Duration,
}

/// The circuits of a process.
#[derive(Debug, Clone)]
pub struct Circuits {
    limits: Limits,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Set with the first failure: before it, nobody looks for a circuit.
    any: AtomicBool,
    by_route: RwLock<HashMap<RouteKey, Arc<Circuit>>>,
}

/// The circuit of one route.
#[derive(Debug)]
pub struct Circuit {
    successes: AtomicU64,
    opened: AtomicU64,
    /// Taken for a moment, never across an await.
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed {
        since: Instant,
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
        probing: bool,
    },
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Admission {
    /// Native runs; the permit is told how it went.
    Run(Permit),
    /// Native is skipped.
    Skip,
}

/// A native run that the circuit wants to hear of. Dropped without a word (the client left), it frees a probe and counts nothing.
#[derive(Debug)]
pub struct Permit {
    circuits: Circuits,
    circuit: Option<Arc<Circuit>>,
    probe: bool,
}

/// What a status page or a metric shows of a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitView {
    /// Whether native is skipped at the moment.
    pub open: bool,
    /// How often it has opened.
    pub opened: u64,
}

impl Limits {
    /// No pause is longer than this.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(10),
            pause: Duration::from_secs(5),
        }
    }
}

impl Circuits {
    /// Closed circuits for every route.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            shared: Arc::default(),
        }
    }

    /// Whether native may run for a request of this route at this moment.
    #[must_use]
    pub fn admit(&self, route: &RouteKey, now: Instant) -> Admission {
        let circuit = self.find(route);
        let admitted = circuit.as_ref().map_or(Some(false), |circuit| circuit.admit(now));
        match admitted {
            None => Admission::Skip,
            Some(probe) => Admission::Run(Permit {
                circuits: self.clone(),
                circuit,
                probe,
            }),
        }
    }

    /// Every circuit that has ever counted a failure.
    #[must_use]
    pub fn view(&self) -> Vec<(RouteKey, CircuitView)> {
        let circuits = self.shared.by_route.read().unwrap_or_else(PoisonError::into_inner);
        let mut view: Vec<(RouteKey, CircuitView)> = circuits
            .iter()
            .map(|(route, circuit)| (route.clone(), circuit.view()))
            .collect();
        view.sort_by(|one, other| one.0.cmp(&other.0));
        view
    }

    fn find(&self, route: &RouteKey) -> Option<Arc<Circuit>> {
        if !self.shared.any.load(Ordering::Relaxed) {
            return None;
        }
        let circuits = self.shared.by_route.read().unwrap_or_else(PoisonError::into_inner);
        circuits.get(route).cloned()
    }

    fn find_or_make(&self, route: &RouteKey, now: Instant) -> Arc<Circuit> {
        if let Some(circuit) = self.find(route) {
            return circuit;
        }
        let mut circuits = self.shared.by_route.write().unwrap_or_else(PoisonError::into_inner);
        let circuit = circuits
            .entry(route.clone())
            .or_insert_with(|| Arc::new(Circuit::new(now)));
        self.shared.any.store(true, Ordering::Relaxed);
        Arc::clone(circuit)
    }
}

impl Permit {
    /// Native has answered.
    pub fn succeeded(mut self, now: Instant) {
        if let Some(circuit) = &self.circuit {
            circuit.succeeded(now, std::mem::take(&mut self.probe));
        }
    }

    /// Native has failed in a way that legacy is asked for.
    pub fn failed(mut self, route: &RouteKey, now: Instant) {
        let circuit = self
            .circuit
            .take()
            .unwrap_or_else(|| self.circuits.find_or_make(route, now));
        if circuit.failed(now, &self.circuits.limits, std::mem::take(&mut self.probe)) {
            tracing::warn!(%route, "native keeps failing and is skipped for a while");
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.probe
            && let Some(circuit) = &self.circuit
        {
            circuit.give_up_probe();
        }
    }
}

impl Circuit {
    fn new(now: Instant) -> Self {
        Self {
            successes: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            state: Mutex::new(State::Closed {
                since: now,
                failures: 0,
            }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request may run and whether it is a probe; `None` when it may not.
    fn admit(&self, now: Instant) -> Option<bool> {
        match &mut *self.state() {
            State::Closed { .. } => Some(false),
            State::Open { until, probing, .. } if !*probing && now >= *until => {
                *probing = true;
                Some(true)
            }
            State::Open { .. } => None,
        }
    }

    fn succeeded(&self, now: Instant, probe: bool) {
        self.successes.fetch_add(1, Ordering::Relaxed);
        if probe {
            self.close(now, &mut self.state());
        }
    }

    fn close(&self, now: Instant, state: &mut State) {
        self.successes.store(0, Ordering::Relaxed);
        *state = State::Closed {
            since: now,
            failures: 0,
        };
    }

    /// Counts a failure; `true` when the circuit opened with it.
    fn failed(&self, now: Instant, limits: &Limits, probe: bool) -> bool {
        let mut state = self.state();
        let next = match &mut *state {
            State::Open { pause, .. } if probe => Some(pause.saturating_mul(2).min(Limits::LONGEST_PAUSE)),
            // A run that began before it opened says nothing new.
            State::Open { .. } => None,
            State::Closed { since, failures } => {
                if now.duration_since(*since) > limits.window {
                    (*since, *failures) = (now, 0);
                    self.successes.store(0, Ordering::Relaxed);
                }
                *failures += 1;
                let enough = *failures >= limits.failures.max(1);
                (enough && u64::from(*failures) >= self.successes.load(Ordering::Relaxed)).then_some(limits.pause)
            }
        };
        let Some(pause) = next else {
            return false;
        };
        *state = State::Open {
            until: now + pause,
            pause,
            probing: false,
        };
        self.opened.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn give_up_probe(&self) {
        if let State::Open { probing, .. } = &mut *self.state() {
            *probing = false;
        }
    }

    fn view(&self) -> CircuitView {
        CircuitView {
            open: matches!(&*self.state(), State::Open { .. }),
            opened: self.opened.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests;
