//! The outbox: effects are stored with the transaction that caused them and delivered after its commit, at least once.
//!
//! Several replicas may deliver from one table: a claim takes rows with `for update skip locked` and marks them as taken for a
//! while, so that each effect is tried by one deliverer at a time, and one whose deliverer died is taken up again. Every effect
//! carries the same key at every try. A delivery that fails is tried again after a growing, scattered wait; one that was
//! refused, or failed too often, is marked as abandoned and counted. One whose service is not configured waits without being
//! given up. Texts and addresses are wiped from the row when it is done with: they may carry one-time codes.

mod backoff;
mod claim;
pub(crate) mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::claim::Claimed;
use super::clock::Clock;
use super::effects::Effect;
use super::ids::Ids;
use super::ports::PortError;
use super::seams::Ports;
use crate::config::OutboxSettings;

/// Delivers effects. Clones share one deliverer's counts and wake-up.
#[derive(Clone, Debug)]
pub struct Deliverer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    clock: Clock,
    ids: Ids,
    ports: Ports,
    settings: OutboxSettings,
    wake: Notify,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    delivered: AtomicU64,
    retried: AtomicU64,
    abandoned: AtomicU64,
    unconfigured: AtomicU64,
    failed_rounds: AtomicU64,
}

/// What a deliverer has done since it was made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OutboxCounts {
    /// Effects delivered.
    pub delivered: u64,
    /// Failures that will be tried again.
    pub retried: u64,
    /// Effects given up.
    pub abandoned: u64,
    /// Tries that found no configured service.
    pub unconfigured: u64,
    /// Looks at the table that failed.
    pub failed_rounds: u64,
}

impl Deliverer {
    /// A deliverer over the table in `pool`.
    #[must_use]
    pub fn new(pool: PgPool, clock: Clock, ids: Ids, ports: Ports, settings: OutboxSettings) -> Self {
        Self(Arc::new(Inner {
            pool,
            clock,
            ids,
            ports,
            settings,
            wake: Notify::new(),
            counts: Counts::default(),
        }))
    }

    /// Has the table looked at now; called after a commit that stored effects.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// What it has done.
    #[must_use]
    pub fn counts(&self) -> OutboxCounts {
        let counts = &self.0.counts;
        OutboxCounts {
            delivered: counts.delivered.load(Ordering::Relaxed),
            retried: counts.retried.load(Ordering::Relaxed),
            abandoned: counts.abandoned.load(Ordering::Relaxed),
            unconfigured: counts.unconfigured.load(Ordering::Relaxed),
            failed_rounds: counts.failed_rounds.load(Ordering::Relaxed),
        }
    }

    /// Delivers until shutdown. The delivery that is going on is finished, at most its own time-out.
    pub async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            match self.round(&shutdown).await {
                // A full batch: there may be more.
                Ok(claimed) if claimed >= usize::from(self.0.settings.batch) => {}
                Ok(_) => self.rest(&shutdown).await,
                Err(error) => {
                    self.0.counts.failed_rounds.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%error, "the outbox could not be read; trying again");
                    self.rest(&shutdown).await;
                }
            }
        }
    }

    async fn rest(&self, shutdown: &CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.0.wake.notified() => {}
            () = tokio::time::sleep(self.0.settings.poll) => {}
        }
    }

    /// Claims what is due and delivers it; how many effects were claimed.
    ///
    /// # Errors
    /// When the table cannot be read or written; what was claimed is taken up again when the claim runs out.
    pub async fn round(&self, shutdown: &CancellationToken) -> sqlx::Result<usize> {
        let inner = &self.0;
        let claimed = claim::due(&inner.pool, inner.clock.now(), &inner.settings).await?;
        let count = claimed.len();
        for claimed in claimed {
            if shutdown.is_cancelled() {
                claim::release(&inner.pool, &claimed).await?;
            } else {
                self.deliver(&claimed).await?;
            }
        }
        Ok(count)
    }

    async fn deliver(&self, claimed: &Claimed) -> sqlx::Result<()> {
        let Some(effect) = Effect::from_stored(&claimed.kind, claimed.payload.0.clone()) else {
            return self
                .failed(claimed, &PortError::Invalid("this version does not know the effect"))
                .await;
        };
        let sent = tokio::time::timeout(self.0.settings.timeout, self.send(&effect, &claimed.idempotency_key)).await;
        let late = || PortError::Failed {
            service: "service",
            reason: "no answer in time".to_owned(),
        };
        match sent.unwrap_or_else(|_| Err(late())) {
            Ok(()) => {
                self.0.counts.delivered.fetch_add(1, Ordering::Relaxed);
                claim::delivered(&self.0.pool, claimed, self.0.clock.now()).await
            }
            Err(error) => self.failed(claimed, &error).await,
        }
    }

    async fn send(&self, effect: &Effect, key: &str) -> Result<(), PortError> {
        let ports = &self.0.ports;
        match effect {
            Effect::Sms(sms) => ports.sms.deliver(sms, key).await,
            Effect::Mail(mail) => ports.mail.deliver(mail, key).await,
            Effect::Realtime(event) => ports.realtime.deliver(event, key).await,
            Effect::Push(push) => ports.push.deliver(push, key).await,
            Effect::Job(job) => ports.job.deliver(job, key).await,
        }
    }

    async fn failed(&self, claimed: &Claimed, error: &PortError) -> sqlx::Result<()> {
        let inner = &self.0;
        let now = inner.clock.now();
        let text = error.to_string();
        match error {
            PortError::NotConfigured(_) => {
                inner.counts.unconfigured.fetch_add(1, Ordering::Relaxed);
                claim::wait(&inner.pool, claimed, now + backoff::UNCONFIGURED, &text).await
            }
            PortError::Failed { .. } if claimed.attempts < i32::from(inner.settings.attempts) => {
                inner.counts.retried.fetch_add(1, Ordering::Relaxed);
                let wait = backoff::after(claimed.attempts, inner.settings.backoff, &inner.ids);
                claim::retry(&inner.pool, claimed, now + wait, &text).await
            }
            PortError::Failed { .. } | PortError::Refused { .. } | PortError::Invalid(_) => {
                inner.counts.abandoned.fetch_add(1, Ordering::Relaxed);
                tracing::error!(id = %claimed.id, kind = %claimed.kind, attempts = claimed.attempts, error = %text, "an effect was given up");
                claim::abandoned(&inner.pool, claimed, now, &text).await
            }
        }
    }
}
