//! How many requests an upstream address may have at once on this core, and how many may wait for their turn.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// The turns of one address.
#[derive(Debug)]
pub(super) struct Slots {
    most: usize,
    most_waiting: usize,
    longest_wait: Duration,
    taken: Cell<usize>,
    waiting: Cell<usize>,
    freed: Notify,
}

/// A turn, until dropped.
#[derive(Debug)]
pub(super) struct Slot(Rc<Slots>);

/// Why there was no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSlot {
    /// As many as may wait are waiting.
    QueueFull,
    /// It took too long.
    TimedOut,
}

impl Slots {
    /// At most `most` at once, `most_waiting` in line, none of them longer than `longest_wait`.
    #[must_use]
    pub(super) fn new(most: usize, most_waiting: usize, longest_wait: Duration) -> Rc<Self> {
        Rc::new(Self {
            most: most.max(1),
            most_waiting,
            longest_wait,
            taken: Cell::new(0),
            waiting: Cell::new(0),
            freed: Notify::new(),
        })
    }

    /// Takes a turn that is free.
    pub(super) fn take_now(self: &Rc<Self>) -> Option<Slot> {
        // Whoever waits comes first.
        (self.waiting.get() == 0 && self.taken.get() < self.most).then(|| self.occupy())
    }

    /// Takes a turn, at once or after waiting in line.
    ///
    /// # Errors
    /// When the line is full, or did not move in time.
    pub(super) async fn take(self: &Rc<Self>) -> Result<Slot, NoSlot> {
        if let Some(slot) = self.take_now() {
            return Ok(slot);
        }
        if self.waiting.get() >= self.most_waiting {
            return Err(NoSlot::QueueFull);
        }
        let _in_line = InLine::join(&self.waiting);
        let turn = async {
            while self.taken.get() >= self.most {
                self.freed.notified().await;
            }
        };
        timeout(self.longest_wait, turn).await.map_err(|_| NoSlot::TimedOut)?;
        Ok(self.occupy())
    }

    /// How many are taken.
    #[must_use]
    pub(super) fn taken(&self) -> usize {
        self.taken.get()
    }

    fn occupy(self: &Rc<Self>) -> Slot {
        self.taken.set(self.taken.get() + 1);
        Slot(Rc::clone(self))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let slots = &self.0;
        slots.taken.set(slots.taken.get() - 1);
        if slots.waiting.get() > 0 {
            slots.freed.notify_one();
        }
    }
}

/// A place in the line, left on drop: the client may go away while it waits.
struct InLine<'a>(&'a Cell<usize>);

impl<'a> InLine<'a> {
    fn join(waiting: &'a Cell<usize>) -> Self {
        waiting.set(waiting.get() + 1);
        Self(waiting)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A_MOMENT: Duration = Duration::from_millis(10);

    fn slots(most: usize, waiting: usize) -> Rc<Slots> {
        Slots::new(most, waiting, Duration::from_secs(60))
    }

    #[tokio::test]
    async fn a_freed_turn_goes_to_the_one_who_waits() {
        let slots = slots(1, 1);
        let first = slots.take().await.unwrap();
        let mut second = std::pin::pin!(slots.take());
        assert!(timeout(A_MOMENT, second.as_mut()).await.is_err());
        assert_eq!(slots.take().await.unwrap_err(), NoSlot::QueueFull);
        drop(first);
        let second = second.await.unwrap();
        assert_eq!(slots.taken(), 1);
        drop(second);
        assert_eq!((slots.taken(), slots.waiting.get()), (0, 0));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_who_leaves_is_not_counted() {
        let slots = Slots::new(1, 2, 2 * A_MOMENT);
        let held = slots.take().await.unwrap();
        assert_eq!(slots.take().await.unwrap_err(), NoSlot::TimedOut);
        drop(timeout(A_MOMENT, slots.take()).await);
        assert_eq!(slots.waiting.get(), 0);
        drop(held);
        assert!(slots.take().await.is_ok());
    }

    #[tokio::test]
    async fn a_turn_is_not_lost_with_the_one_who_was_woken_and_left() {
        let slots = slots(1, 2);
        let held = slots.take().await.unwrap();
        let mut leaver = Box::pin(slots.take());
        let mut stayer = Box::pin(slots.take());
        assert!(timeout(A_MOMENT, leaver.as_mut()).await.is_err());
        assert!(timeout(A_MOMENT, stayer.as_mut()).await.is_err());
        drop(held);
        drop(leaver);
        assert!(stayer.await.is_ok());
    }
}
