//! Which streams of a connection are under way, and whether the client takes what is sent to it.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How many times within a limit the streams are looked at.
const LOOKS: u32 = 4;

/// The streams of one connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    running: Cell<usize>,
    changed: Notify,
    senders: RefCell<Vec<Weak<Sender>>>,
}

/// One stream, until dropped.
#[derive(Debug)]
pub(super) struct Stream {
    streams: Rc<Streams>,
    sender: Rc<Sender>,
}

/// Since when a stream has something for the client that the client has not taken.
#[derive(Debug, Default)]
struct Sender {
    waiting_since: Cell<Option<Instant>>,
}

impl Streams {
    /// A request has come in.
    pub(super) fn begin(self: &Rc<Self>) -> Stream {
        self.running.set(self.running.get() + 1);
        self.changed.notify_waiters();
        let sender = Rc::new(Sender::default());
        let mut senders = self.senders.borrow_mut();
        senders.retain(|sender| sender.strong_count() > 0);
        senders.push(Rc::downgrade(&sender));
        Stream {
            streams: Rc::clone(self),
            sender,
        }
    }

    /// Returns when there has been no stream for as long as `limit`.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let changed = self.changed.notified();
            if self.running.get() > 0 {
                changed.await;
            } else if tokio::time::timeout(limit, changed).await.is_err() {
                return;
            }
        }
    }

    /// Returns when the client has not taken what a stream has for it for as long as `limit`. A window that is opened byte
    /// by byte does not put this off: a piece of a body counts as taken only when all of it is.
    pub(super) async fn stalled(&self, limit: Duration) {
        // An interval of nothing is not allowed.
        let mut look = tokio::time::interval((limit / LOOKS).max(Duration::from_millis(1)));
        loop {
            let now = look.tick().await;
            let waits = |sender: &Weak<Sender>| sender.upgrade().and_then(|sender| sender.waiting_since.get());
            let senders = self.senders.borrow();
            if senders
                .iter()
                .filter_map(waits)
                .any(|since| now.duration_since(since) >= limit)
            {
                return;
            }
        }
    }
}

impl Stream {
    /// A piece has been handed over and waits for the client.
    pub(super) fn sends(&self) {
        self.sender.waiting_since.set(Some(Instant::now()));
    }

    /// The next piece is asked for, so the client has taken the last one.
    pub(super) fn has_sent(&self) {
        self.sender.waiting_since.set(None);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.streams.running.set(self.streams.running.get().saturating_sub(1));
        self.streams.changed.notify_waiters();
    }
}
