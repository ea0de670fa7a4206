//! What the two sides of a watched connection tell each other: the one that reads its bytes, and the one that answers its requests.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;

use super::refusal::Refusal;

/// Both sides are polled by one task at a time; the atomics only make the connection movable to a tunnel.
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
}

impl Link {
    /// The request that comes `number`th stands for one that is refused.
    pub(super) fn refuse(&self, number: u64, refusal: Refusal) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        self.refused_at.store(number, Ordering::Release);
    }

    /// One more request reaches the service: its number, counted from 1, and the reason if it stands for a refused one.
    pub(super) fn call(&self) -> (u64, Option<Refusal>) {
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if self.refused_at.load(Ordering::Acquire) != number {
            return (number, None);
        }
        (number, *self.refusal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An answer begins.
    pub(super) fn begin(&self) {
        self.active.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer is complete, or given up.
    pub(super) fn end(&self) {
        self.active.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether a request is being answered.
    pub(super) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed) > 0
    }

    /// Whether so many requests have all been asked and answered.
    pub(super) fn is_settled(&self, heads: u64) -> bool {
        !self.is_active() && self.calls.load(Ordering::Relaxed) == heads
    }

    /// The head of the answer to the `number`th request says whether the connection leaves HTTP.
    pub(super) fn decide(&self, number: u64, left_http: bool) {
        self.decided.store(number * 2 + u64::from(left_http), Ordering::Release);
        self.reader.wake();
    }

    /// Whether the `number`th request has left HTTP, as soon as that is known. The task of `context` is woken then.
    pub(super) fn decision(&self, number: u64, context: &Context<'_>) -> Option<bool> {
        self.reader.register(context.waker());
        let decided = self.decided.load(Ordering::Acquire);
        (decided / 2 == number).then_some(decided % 2 == 1)
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
