//! The way from a request to the store: a bounded queue, added up and written by one task on an interval.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, KnownCauses};
use super::record::Record;
use super::{ClientMarks, Store};
use crate::metrics::Times;

/// Records that may wait to be added up.
const QUEUE: usize = 4_096;

/// How often a batch is written.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long one write may take before it is given up and tried again with the next batch.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Tries after which a batch is given up, counted as dropped: the store may be away for minutes, but a batch that it refuses for
/// ever must not hold up the ones behind it.
const MOST_TRIES: u32 = 300;

/// The reason of records that were lost because the store was too slow.
const NOT_RECORDED: &str = "not recorded";

/// How often what is older than the retention is forgotten.
const SWEEP: Duration = Duration::from_secs(3_600);

/// The end that requests hold. Cloning is cheap; recording never waits.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<Record>,
    marks: ClientMarks,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    dropped: AtomicU64,
    failed_writes: AtomicU64,
    /// Records that did not fit into the queue, by route, until they are counted in the store.
    lost: RwLock<HashMap<Arc<str>, i64>>,
    /// Totals since the start by route and outcome or reason. Touched by the one task and by scrapes, never by a request.
    totals: RwLock<BTreeMap<(Arc<str>, String), u64>>,
    /// How long both sides took in comparisons since the start, by route.
    times: RwLock<HashMap<Arc<str>, BothTimes>>,
}

/// How long the two sides took for the same requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BothTimes {
    /// Legacy.
    pub legacy: Times,
    /// Native, where it came to an answer.
    pub native: Times,
}

/// The end that writes; the owner of the tasks runs it.
#[derive(Debug)]
pub struct RecorderTask {
    store: Store,
    queue: mpsc::Receiver<Record>,
    shared: Arc<Shared>,
    retention: Duration,
    now_ms: fn() -> i64,
    known: KnownCauses,
    tries: u32,
}

impl Recorder {
    /// A recorder into this store, and the task that writes. What is older than `retention` is forgotten.
    #[must_use]
    pub fn new(store: Store, retention: Duration, now_ms: fn() -> i64) -> (Self, RecorderTask) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let recorder = Self {
            queue: sender,
            marks: store.client_marks().clone(),
            shared: Arc::clone(&shared),
        };
        (
            recorder,
            RecorderTask {
                store,
                queue,
                shared,
                retention,
                now_ms,
                known: KnownCauses::default(),
                tries: 0,
            },
        )
    }

    /// Records something, or counts it as dropped when the queue is full.
    pub fn record(&self, record: Record) {
        if let Err(TrySendError::Full(record) | TrySendError::Closed(record)) = self.queue.try_send(record) {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            let mut lost = self.shared.lost.write().unwrap_or_else(PoisonError::into_inner);
            *lost.entry(Arc::clone(record.route())).or_default() += 1;
        }
    }

    /// The mark of a client in this store.
    #[must_use]
    pub fn client_mark(&self, client: Option<IpAddr>) -> Arc<str> {
        self.marks.of(client)
    }

    /// Records that were lost because the store was too slow or away.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Batches that could not be written at the first try.
    #[must_use]
    pub fn failed_writes(&self) -> u64 {
        self.shared.failed_writes.load(Ordering::Relaxed)
    }

    /// Totals since the start: route, outcome (`match`, …) or `not compared: reason`, count. For metrics.
    #[must_use]
    pub fn totals(&self) -> Vec<(Arc<str>, String, u64)> {
        let totals = self.shared.totals.read().unwrap_or_else(PoisonError::into_inner);
        totals
            .iter()
            .map(|((route, word), n)| (Arc::clone(route), word.clone(), *n))
            .collect()
    }
}

impl Recorder {
    /// How long both sides took in comparisons since the start, by route.
    #[must_use]
    pub fn times(&self) -> HashMap<Arc<str>, BothTimes> {
        self.shared.times.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RecorderTask {
    /// Writes until the shutdown, then writes the rest.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut batch = Batch::default();
        let mut tick = interval(INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut swept: Option<Instant> = None;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                record = self.queue.recv() => match record {
                    Some(record) => self.add(&mut batch, record),
                    None => break,
                },
                _ = tick.tick() => {
                    self.flush(&mut batch).await;
                    if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
                        swept = Some(Instant::now());
                        self.sweep().await;
                    }
                }
            }
        }
        while let Ok(record) = self.queue.try_recv() {
            self.add(&mut batch, record);
        }
        self.flush(&mut batch).await;
    }

    fn add(&mut self, batch: &mut Batch, record: Record) {
        if let Record::Compared(comparison) = &record {
            let mut times = self.shared.times.write().unwrap_or_else(PoisonError::into_inner);
            let both = times.entry(Arc::clone(&comparison.route)).or_default();
            both.legacy.add(comparison.legacy_took);
            if let Some(took) = comparison.native_took {
                both.native.add(took);
            }
        }
        let key = match &record {
            Record::NotCompared { route, reason, .. } => (Arc::clone(route), format!("not compared: {reason}")),
            Record::Compared(comparison) => (Arc::clone(&comparison.route), comparison.outcome.as_str().to_owned()),
        };
        *self
            .shared
            .totals
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_default() += 1;
        batch.add(record, &mut self.known);
    }

    /// Writes the batch; on failure it stays and goes with the next one (its size is bounded).
    async fn flush(&mut self, batch: &mut Batch) {
        self.lose(std::mem::take(&mut batch.dropped));
        let lost = std::mem::take(&mut *self.shared.lost.write().unwrap_or_else(PoisonError::into_inner));
        for (route, n) in lost {
            batch.add_reason(route, NOT_RECORDED.into(), (self.now_ms)(), n);
        }
        if batch.is_empty() {
            return;
        }
        let why = match timeout(WRITE_PATIENCE, self.store.write(batch)).await {
            Ok(Ok(())) => {
                self.tries = 0;
                *batch = Batch::default();
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        self.shared.failed_writes.fetch_add(1, Ordering::Relaxed);
        self.tries += 1;
        if self.tries < MOST_TRIES {
            tracing::warn!(
                why,
                "comparison results could not be stored, they are kept for the next try"
            );
        } else {
            tracing::error!(why, "comparison results could not be stored and are lost");
            self.tries = 0;
            self.lose(batch.records());
            *batch = Batch::default();
        }
    }

    fn lose(&self, records: u64) {
        self.shared.dropped.fetch_add(records, Ordering::Relaxed);
    }

    async fn sweep(&self) {
        let retention = i64::try_from(self.retention.as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = self
            .store
            .forget_before((self.now_ms)().saturating_sub(retention))
            .await
        {
            tracing::warn!(%error, "old comparison results could not be forgotten");
        }
    }
}
