//! Guessing is slow: an address with too many tokens that are not taken waits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// So many failures of one address are looked at within the window.
const FAILURES: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered; beyond them the oldest is forgotten.
const ADDRESSES: usize = 4_096;

/// Failures by address.
#[derive(Debug, Default)]
pub(super) struct Lockout(Mutex<HashMap<IpAddr, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Lockout {
    /// How long the address has to wait, if it has to.
    pub(super) fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let failures = *self.lock().get(&address)?;
        let left = WINDOW.checked_sub(now.duration_since(failures.since))?;
        (failures.count >= FAILURES).then_some(left)
    }

    /// Counts a failure.
    pub(super) fn count(&self, address: IpAddr, now: Instant) {
        let mut known = self.lock();
        known.retain(|_, failures| now.duration_since(failures.since) < WINDOW);
        if known.len() >= ADDRESSES
            && !known.contains_key(&address)
            && let Some(oldest) = known
                .iter()
                .min_by_key(|(_, failures)| failures.since)
                .map(|(address, _)| *address)
        {
            known.remove(&oldest);
        }
        let failures = known.entry(address).or_insert(Failures { since: now, count: 0 });
        failures.count = failures.count.saturating_add(1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, Failures>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn too_many_failures_wait_for_the_end_of_the_window_and_hinder_nobody_else() {
        let (lockout, began) = (Lockout::default(), Instant::now());
        let [guesser, other] = [1, 2].map(|last| IpAddr::from(Ipv4Addr::new(127, 0, 0, last)));
        for _ in 0..FAILURES {
            assert_eq!(lockout.wait(guesser, began), None);
            lockout.count(guesser, began);
        }
        assert_eq!(lockout.wait(guesser, began), Some(WINDOW));
        assert_eq!(lockout.wait(other, began), None);
        assert_eq!(lockout.wait(guesser, began + WINDOW + Duration::from_millis(1)), None);
    }

    #[test]
    fn only_so_many_addresses_are_remembered() {
        let (lockout, began) = (Lockout::default(), Instant::now());
        for number in 0..u32::try_from(ADDRESSES).unwrap() + 10 {
            lockout.count(
                IpAddr::from(Ipv4Addr::from(number)),
                began + Duration::from_micros(number.into()),
            );
        }
        assert_eq!(lockout.lock().len(), ADDRESSES);
    }
}
