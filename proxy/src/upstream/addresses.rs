//! The addresses of the upstream on one core: found, kept up to date, chosen from.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use super::connect::{Address, Connector};
use super::endpoint::{Endpoint, EndpointLimits};
use super::origin::{Origin, Place};
use crate::tasks::LocalTasks;

/// An origin and how to connect to it.
pub(super) struct Member {
    pub(super) origin: Origin,
    pub(super) connector: Rc<Connector>,
}

/// How the addresses of the origins are found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    /// Host names are looked up again after this.
    pub(super) every: Duration,
    /// How long a look-up may take.
    pub(super) limit: Duration,
}

/// All addresses.
pub(super) struct Addresses {
    members: Vec<Member>,
    http2: bool,
    limits: EndpointLimits,
    finding: Finding,
    known: RefCell<Vec<Rc<Endpoint>>>,
    found_at: Cell<Option<Instant>>,
    next: Cell<usize>,
    tasks: LocalTasks,
}

impl Addresses {
    pub(super) fn new(
        members: Vec<Member>,
        http2: bool,
        limits: EndpointLimits,
        finding: Finding,
        tasks: LocalTasks,
    ) -> Self {
        Self {
            members,
            http2,
            limits,
            finding,
            known: RefCell::default(),
            found_at: Cell::default(),
            next: Cell::default(),
            tasks,
        }
    }

    /// The addresses, looked up now if they never were.
    ///
    /// # Errors
    /// When not one is found in time.
    pub(super) async fn ensure(&self) -> io::Result<()> {
        if self.known.borrow().is_empty() {
            Box::pin(self.find()).await?;
        }
        Ok(())
    }

    /// Whether names have to be looked up again.
    pub(super) fn outdated(&self) -> bool {
        let named = self.members.iter().any(|member| member.origin.name().is_some());
        named && self.found_at.get().is_some_and(|at| at.elapsed() >= self.finding.every)
    }

    /// Looks every name up. Known addresses keep their connections; those that are no longer named are given up. When nothing
    /// is found, what is known stays.
    ///
    /// # Errors
    /// When not one is found in time.
    pub(super) async fn find(&self) -> io::Result<()> {
        self.found_at.set(Some(Instant::now()));
        let found = timeout(self.finding.limit, self.look_up()).await.unwrap_or_else(|_| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "looking up the host took too long",
            ))
        })?;
        let known = self.known.take();
        let endpoints = found.into_iter().map(|(address, connector)| {
            let kept = known
                .iter()
                .find(|endpoint| endpoint.address == address && endpoint.connects_by(&connector));
            kept.map_or_else(
                || Endpoint::new(address, connector, self.http2, self.limits, self.tasks.clone()),
                Rc::clone,
            )
        });
        let endpoints = endpoints.collect();
        self.known.replace(endpoints);
        Ok(())
    }

    async fn look_up(&self) -> io::Result<Vec<(Address, Rc<Connector>)>> {
        let mut found: Vec<(Address, Rc<Connector>)> = Vec::new();
        let mut failed = None;
        for member in &self.members {
            match addresses_of(&member.origin.place).await {
                Ok(addresses) => {
                    for address in addresses {
                        if !found.iter().any(|(known, _)| *known == address) {
                            found.push((address, Rc::clone(&member.connector)));
                        }
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
        let nothing = || failed.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
        if found.is_empty() { Err(nothing()) } else { Ok(found) }
    }

    /// The address for the next request: in turn, the less busy of two, never one of `tried`, and one that is left out only when
    /// there is no other.
    pub(super) fn choose(&self, tried: &[Rc<Endpoint>]) -> Option<Rc<Endpoint>> {
        let known = self.known.borrow();
        if let ([only], []) = (known.as_slice(), tried) {
            return Some(Rc::clone(only));
        }
        let start = self.next.get() % known.len().max(1);
        self.next.set(start + 1);
        let now = Instant::now();
        let untried = |endpoint: &&Rc<Endpoint>| !tried.iter().any(|one| Rc::ptr_eq(one, endpoint));
        let in_turn = || known.iter().cycle().skip(start).take(known.len()).filter(untried);
        let mut available = in_turn().filter(|endpoint| endpoint.is_available(now));
        let chosen = match (available.next(), available.next()) {
            (Some(first), Some(second)) if second.in_flight() < first.in_flight() => Some(second),
            (Some(first), _) => Some(first),
            (None, _) => in_turn().next(),
        };
        chosen.map(Rc::clone)
    }

    /// Closes what has been idle for too long.
    pub(super) fn sweep(&self) {
        self.known.borrow().iter().for_each(|endpoint| endpoint.sweep());
    }

    /// How many are known, and how many of them are left out.
    pub(super) fn count(&self) -> (usize, usize) {
        let known = self.known.borrow();
        (known.len(), known.iter().filter(|endpoint| endpoint.is_out()).count())
    }
}

async fn addresses_of(place: &Place) -> io::Result<Vec<Address>> {
    match place {
        Place::Unix(path) => Ok(vec![Address::Unix(path.clone())]),
        Place::Host { host, port } => {
            let found = lookup_host((host.as_str(), *port)).await?;
            Ok(found.map(Address::Ip).collect())
        }
    }
}
