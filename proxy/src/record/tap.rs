//! Where the data plane leaves what it saw, while somebody records. Nothing waits here: what does not fit is dropped and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use flags::Share as Sample;
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::sync::mpsc;

use crate::exchange::Exchange;
use crate::glob;
use crate::shadow::{ByteBudget, Whole};

/// Exchanges that may wait to be masked and sent.
const QUEUE: usize = 256;
/// Bytes of bodies that they may hold together.
const MEMORY_BYTES: usize = 32 << 20;

/// The tap of a process. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: ArcSwapOption<Open>,
    taken: AtomicBool,
    recorded: AtomicU64,
    dropped: AtomicU64,
    skipped: AtomicU64,
}

/// How many exchanges were offered to recordings since the start, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Handed over.
    pub recorded: u64,
    /// Lost because the recording was slower than the traffic.
    pub dropped: u64,
    /// Not whole: too long, broken off, or encoded in an unknown way.
    pub skipped: u64,
}

/// What a recording wants.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Only exchanges whose route, or method and path, fit; `*` stands for anything.
    pub(crate) route: Option<String>,
    /// The share of these.
    pub(crate) sample: Sample,
}

/// An open tap, as the data plane sees it.
#[derive(Debug)]
pub(crate) struct Open {
    wanted: Wanted,
    queue: mpsc::Sender<Raw>,
    pub(crate) memory: Arc<ByteBudget>,
}

/// An exchange as it was, unmasked. It never leaves the process like this.
#[derive(Debug)]
pub(crate) struct Raw {
    /// The route that a flag names, else empty.
    pub(crate) route: String,
    pub(crate) started_ms: i64,
    pub(crate) scheme: &'static str,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// None when the request had no body.
    pub(crate) body: Option<Whole>,
    pub(crate) status: StatusCode,
    pub(crate) answer_headers: HeaderMap,
    pub(crate) answer: Whole,
}

/// The end of a tap that records. Dropping it shuts the tap.
#[derive(Debug)]
pub(crate) struct Taking {
    tap: Tap,
    pub(crate) queue: mpsc::Receiver<Raw>,
}

impl Tap {
    /// Opens the tap; `None` while another recording is going on.
    pub(crate) fn open(&self, wanted: Wanted) -> Option<Taking> {
        if self.0.taken.swap(true, Ordering::AcqRel) {
            return None;
        }
        let (sender, queue) = mpsc::channel(QUEUE);
        self.0.open.store(Some(Arc::new(Open {
            wanted,
            queue: sender,
            memory: Arc::new(ByteBudget::new(MEMORY_BYTES)),
        })));
        Some(Taking {
            tap: self.clone(),
            queue,
        })
    }

    /// The recording that wants this exchange, if there is one.
    pub(crate) fn open_for(&self, exchange: &Exchange) -> Option<Arc<Open>> {
        let open = self.0.open.load();
        let open = open.as_ref()?;
        open.wanted.fits(exchange).then(|| Arc::clone(open))
    }

    /// Hands an exchange over, or says that it was not whole.
    pub(crate) fn offer(&self, open: &Open, raw: Option<Raw>) {
        let counter = match raw.map(|raw| open.queue.try_send(raw).is_ok()) {
            Some(true) => &self.0.recorded,
            Some(false) => &self.0.dropped,
            None => &self.0.skipped,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an exchange that turned out not to be readable.
    pub(crate) fn skip(&self) {
        self.0.recorded.fetch_sub(1, Ordering::Relaxed);
        self.0.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals {
            recorded: read(&self.0.recorded),
            dropped: read(&self.0.dropped),
            skipped: read(&self.0.skipped),
        }
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.tap.0.open.store(None);
        self.tap.0.taken.store(false, Ordering::Release);
    }
}

impl Wanted {
    fn fits(&self, exchange: &Exchange) -> bool {
        let Some(glob) = &self.route else {
            return self.sample.includes(exchange.facts.id.ticket);
        };
        let plan = exchange.routed.as_ref().and_then(|routed| routed.plan.as_ref());
        let asked = format!("{} {}", exchange.request.method(), exchange.request.uri().path());
        let fits = glob::matches(glob, &asked) || plan.is_some_and(|plan| glob::matches(glob, &plan.key.to_string()));
        fits && self.sample.includes(exchange.facts.id.ticket)
    }
}
