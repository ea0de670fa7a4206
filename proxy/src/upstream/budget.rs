//! A budget for retries: when everything fails, sending everything twice makes it worse.

use std::cell::Cell;

/// What one retry costs, in the unit of the balance.
const RETRY: u32 = 100;
/// The balance never holds more than so many retries: a quiet night is no licence for a storm.
const MOST_SAVED: u32 = 100 * RETRY;

/// Requests pay in a share of a retry each; a retry takes one out. A few a second are always allowed, so that a quiet
/// service can retry at all.
#[derive(Debug)]
pub(super) struct RetryBudget {
    /// Hundredths of a retry that each request pays in.
    percent: u32,
    /// What the balance is raised to each second.
    reserve: u32,
    balance: Cell<u32>,
}

impl RetryBudget {
    /// A budget of `percent` retries for a hundred requests, and `per_second` whatever the load.
    #[must_use]
    pub(super) fn new(percent: u8, per_second: u32) -> Self {
        let reserve = per_second.saturating_mul(RETRY).min(MOST_SAVED);
        Self {
            percent: u32::from(percent),
            reserve,
            balance: Cell::new(reserve),
        }
    }

    /// A request is sent for the first time.
    pub(super) fn pay_in(&self) {
        self.balance.set((self.balance.get() + self.percent).min(MOST_SAVED));
    }

    /// A second has passed.
    pub(super) fn tick(&self) {
        self.balance.set(self.balance.get().max(self.reserve));
    }

    /// Takes a retry out; false when there is none left.
    #[must_use]
    pub(super) fn take(&self) -> bool {
        let left = self.balance.get().checked_sub(RETRY);
        self.balance.set(left.unwrap_or(self.balance.get()));
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_requests_may_be_sent_again() {
        let budget = RetryBudget::new(20, 0);
        assert!(!budget.take());
        (0..10).for_each(|_| budget.pay_in());
        assert!(budget.take() && budget.take() && !budget.take());
    }

    #[test]
    fn a_quiet_service_has_a_few_a_second_and_saves_up_no_storm() {
        let budget = RetryBudget::new(50, 3);
        assert_eq!((0..10).filter(|_| budget.take()).count(), 3);
        (0..10).for_each(|_| budget.tick());
        assert_eq!((0..10).filter(|_| budget.take()).count(), 3);
        (0..100_000).for_each(|_| budget.pay_in());
        assert_eq!((0..1_000).filter(|_| budget.take()).count(), 100);
    }
}
