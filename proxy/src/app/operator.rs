//! What somebody who looks after the process may ask of it while it runs.

use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::listen::inherit::Heirlooms;
use crate::tls::{Status, Tls};
use crate::upgrade::{self, Program, UpgradeError};

/// A hand on a running process.
#[derive(Debug, Clone)]
pub struct Operator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    look_at_certificates: Arc<Notify>,
    /// Every listening socket; none once the drain has begun, or clients would wait in them for nobody.
    heirlooms: Mutex<Option<Heirlooms>>,
    upgrade_limit: Duration,
    handed_over: AtomicBool,
    failed_upgrades: AtomicU64,
    serving: CancellationToken,
    stopping: CancellationToken,
    /// Where the process that this one replaces waits for our word.
    predecessor: Option<UnixStream>,
    settings: watch::Sender<Arc<Config>>,
    adopted: AtomicU64,
    refused: AtomicU64,
}

/// How reading the configuration again has gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reloads {
    /// Times that a new version was put in force, as far as it can be.
    pub(crate) adopted: u64,
    /// Times that it was refused.
    pub(crate) refused: u64,
}

impl Operator {
    pub(super) fn new(heirlooms: Heirlooms, predecessor: Option<UnixStream>, config: Arc<Config>) -> Self {
        Self {
            inner: Arc::new(Inner {
                look_at_certificates: Arc::default(),
                heirlooms: Mutex::new(Some(heirlooms)),
                upgrade_limit: config.timeouts.upgrade,
                handed_over: AtomicBool::new(false),
                failed_upgrades: AtomicU64::new(0),
                serving: CancellationToken::new(),
                stopping: CancellationToken::new(),
                predecessor,
                settings: watch::Sender::new(config),
                adopted: AtomicU64::new(0),
                refused: AtomicU64::new(0),
            }),
        }
    }

    /// Looks at the certificates now rather than with the next turn.
    pub fn reload(&self) {
        self.inner.look_at_certificates.notify_one();
    }

    /// Puts a new version of the configuration in force, for the connections that come from here on. Returns the keys that
    /// differ and cannot change while the process runs.
    pub fn adopt(&self, new: &Config) -> Vec<&'static str> {
        let (adopted, left) = self.inner.settings.borrow().adopt(new);
        self.inner.settings.send_replace(Arc::new(adopted));
        self.inner.adopted.fetch_add(1, Ordering::Relaxed);
        left
    }

    /// A new version of the configuration cannot be used; the last good one stays.
    pub fn refuse(&self) {
        self.inner.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn settings(&self) -> watch::Receiver<Arc<Config>> {
        self.inner.settings.subscribe()
    }

    pub(super) fn reloads(&self) -> Reloads {
        Reloads {
            adopted: self.inner.adopted.load(Ordering::Relaxed),
            refused: self.inner.refused.load(Ordering::Relaxed),
        }
    }

    /// Starts `program` in place of this process and waits until it serves; returns its process id. The caller then drains
    /// this process. Giving up the wait ends the new process.
    ///
    /// # Errors
    /// When the new process does not serve in time; this one has not changed.
    pub async fn hand_over(&self, program: &Program) -> Result<u32, UpgradeError> {
        let sockets = self.heirlooms().as_ref().map(Heirlooms::for_child);
        let sockets = sockets.ok_or(UpgradeError::Draining)?;
        let started = match sockets {
            Ok(sockets) => upgrade::start(program, sockets, self.inner.upgrade_limit).await,
            Err(source) => Err(UpgradeError::Start {
                file: program.file.clone(),
                source,
            }),
        };
        match &started {
            Ok(_) => self.inner.handed_over.store(true, Ordering::Relaxed),
            Err(_) => {
                self.inner.failed_upgrades.fetch_add(1, Ordering::Relaxed);
            }
        }
        started
    }

    /// Waits until the process serves.
    pub async fn serving(&self) {
        self.inner.serving.cancelled().await;
    }

    /// Whether another process has taken over.
    #[must_use]
    pub fn has_handed_over(&self) -> bool {
        self.inner.handed_over.load(Ordering::Relaxed)
    }

    /// New versions that did not get as far as serving.
    pub(super) fn failed_upgrades(&self) -> u64 {
        self.inner.failed_upgrades.load(Ordering::Relaxed)
    }

    /// All cores accept connections.
    pub(super) fn serves(&self) {
        self.inner.serving.cancel();
        if let Some(predecessor) = &self.inner.predecessor {
            upgrade::say_ready(predecessor);
        }
    }

    /// Readiness is off from here on, and nothing can be handed over any more.
    pub(super) fn stops(&self) {
        self.inner.stopping.cancel();
    }

    /// From here on the sockets close with the cores.
    pub(super) fn let_go_of_sockets(&self) {
        self.heirlooms().take();
    }

    /// Cancelled when the process begins to stop.
    pub(super) fn stopping(&self) -> CancellationToken {
        self.inner.stopping.clone()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.inner.stopping.is_cancelled()
    }

    pub(super) fn look_at_certificates(&self) -> Arc<Notify> {
        Arc::clone(&self.inner.look_at_certificates)
    }

    fn heirlooms(&self) -> std::sync::MutexGuard<'_, Option<Heirlooms>> {
        self.inner.heirlooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The TLS of every listener that has it, by the name of the listener.
#[derive(Debug, Clone, Default)]
pub(super) struct Secured(pub(super) Vec<(String, Arc<Tls>)>);

impl Secured {
    /// How the loading of each has gone.
    pub(super) fn statuses(&self) -> Vec<(String, Status)> {
        let all = self.0.iter();
        all.map(|(listener, tls)| (listener.clone(), tls.status())).collect()
    }

    /// Why the newest certificates of a listener are not in force.
    pub(super) fn problems(&self) -> Vec<String> {
        let problems = self.0.iter();
        problems
            .filter_map(|(listener, tls)| Some(format!("{listener}: {}", tls.status().problem?)))
            .collect()
    }
}
