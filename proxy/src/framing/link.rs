//! What the two sides of a watched connection tell each other: the one that reads its bytes, and the one that answers its requests.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Context;

use bytes::Bytes;
use futures_util::task::AtomicWaker;

use super::interim::Waiting;
use super::refusal::Refusal;

/// Both sides are polled by one task at a time; the atomics only make the connection movable to a tunnel, so counting is a load and a
/// store.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Requests that have been handed to the service.
    calls: AtomicU64,
    /// Requests whose answers are not complete.
    active: AtomicU64,
    /// The request, counted from 1, that stands for a refused one; zero for none.
    refused_at: AtomicU64,
    refusal: Mutex<Option<Refusal>>,
    /// Twice the number of the newest request whose answer has a head, and one more if it left HTTP.
    decided: AtomicU64,
    /// The client reads too slowly.
    stalled: AtomicBool,
    reader: AtomicWaker,
    /// Whether the server has written something since its memory was last empty.
    unflushed: AtomicBool,
    /// Whether something is in `interim`: asked at every write, when nearly always nothing is.
    has_interim: AtomicBool,
    interim: Mutex<Waiting>,
    /// Interim answers that came too late to be sent.
    late: AtomicU64,
}

impl Link {
    /// The request that comes `number`th stands for one that is refused.
    pub(super) fn refuse(&self, number: u64, refusal: Refusal) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        self.refused_at.store(number, Ordering::Release);
    }

    /// One more request reaches the service: its number, counted from 1, and the reason if it stands for a refused one.
    pub(super) fn call(&self) -> (u64, Option<Refusal>) {
        let number = self.calls.load(Ordering::Relaxed) + 1;
        self.calls.store(number, Ordering::Relaxed);
        if self.refused_at.load(Ordering::Acquire) != number {
            return (number, None);
        }
        (number, *self.refusal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An answer begins.
    pub(super) fn begin(&self) {
        self.active
            .store(self.active.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// An answer is complete, or given up.
    pub(super) fn end(&self) {
        let active = self.active.load(Ordering::Relaxed);
        self.active.store(active.saturating_sub(1), Ordering::Relaxed);
    }

    /// Whether a request is being answered.
    pub(super) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed) > 0
    }

    /// Whether so many requests have all been asked and answered.
    pub(super) fn is_settled(&self, heads: u64) -> bool {
        !self.is_active() && self.calls.load(Ordering::Relaxed) == heads
    }

    /// The head of the answer to the `number`th request says whether the connection leaves HTTP. It comes next in the server's
    /// memory: when that is empty, what is to be sent before it still can be.
    pub(super) fn decide(&self, number: u64, left_http: bool) {
        if self.has_interim.load(Ordering::Relaxed) && !self.is_flushed() {
            self.has_interim.store(false, Ordering::Relaxed);
            let late = self.waiting().drop_all();
            self.late.fetch_add(late, Ordering::Relaxed);
        }
        self.decided.store(number * 2 + u64::from(left_http), Ordering::Release);
        self.reader.wake();
    }

    /// Whether the `number`th request has left HTTP, as soon as that is known. The task of `context` is woken then.
    pub(super) fn decision(&self, number: u64, context: &Context<'_>) -> Option<bool> {
        self.reader.register(context.waker());
        let decided = self.decided.load(Ordering::Acquire);
        (decided / 2 == number).then_some(decided % 2 == 1)
    }

    /// Whether the server has nothing left to write.
    pub(super) fn is_flushed(&self) -> bool {
        !self.unflushed.load(Ordering::Relaxed)
    }

    /// The server writes, or its memory is empty.
    pub(super) fn set_flushed(&self, flushed: bool) {
        self.unflushed.store(!flushed, Ordering::Relaxed);
    }

    /// Has an interim answer written before the final one; false when there is no room. The task that answers polls the server
    /// next, which flushes whenever it has nothing to write.
    pub(super) fn pass_interim(&self, answer: &[u8]) -> bool {
        let passed = self.waiting().push(answer);
        self.has_interim.store(true, Ordering::Relaxed);
        passed
    }

    /// The interim answers that are to be written now.
    pub(super) fn take_interim(&self) -> Option<Bytes> {
        let any = self.has_interim.load(Ordering::Relaxed) && self.has_interim.swap(false, Ordering::Relaxed);
        any.then(|| self.waiting().take())
    }

    /// How many interim answers came too late.
    pub(super) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.interim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client has not taken its answer in time.
    pub(super) fn stalled(&self) {
        self.stalled.store(true, Ordering::Relaxed);
    }

    /// Whether the connection ended because of that.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }
}
