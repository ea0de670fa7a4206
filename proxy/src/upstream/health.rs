//! Passive health of one upstream address, judged by what becomes of the requests that it gets.

use std::time::Duration;

use tokio::time::Instant;

/// An address that fails again and again is left out for at most so many times the first pause.
const LONGEST_PAUSE: u32 = 32;

/// When an address is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthRules {
    /// After so many failures in a row.
    pub consecutive_failures: u32,
    /// Or when a smaller share of a window's requests succeeded, in hundredths.
    pub success_percent: u8,
    /// The length of that window.
    pub window: Duration,
    /// Requests that a window needs before it is judged.
    pub min_requests: u32,
    /// For how long, the first time; it doubles while the address does not recover.
    pub out_for: Duration,
}

/// What a request said about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing new.
    None,
    /// It is to be left out from now on.
    Ejected,
    /// It works again.
    Restored,
}

/// What is known about one address.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    in_a_row: u32,
    window: Option<Window>,
    out_until: Option<Instant>,
    /// How often it was left out without having recovered.
    ejections: u32,
}

#[derive(Debug, Clone)]
struct Window {
    began: Instant,
    requests: u32,
    failures: u32,
}

impl Health {
    /// Whether it may be asked. Once its pause is over it may, and the next failure ejects it again.
    #[must_use]
    pub(super) fn available(&self, now: Instant) -> bool {
        self.out_until.is_none_or(|until| now >= until)
    }

    /// Whether it has been left out and has not recovered yet.
    #[must_use]
    pub(super) fn is_out(&self) -> bool {
        self.out_until.is_some()
    }

    /// Takes in how a request ended.
    pub(super) fn record(&mut self, rules: &HealthRules, worked: bool, now: Instant) -> Change {
        let window = self.current_window(rules.window, now);
        window.requests += 1;
        window.failures += u32::from(!worked);
        let too_few_worked = window.requests >= rules.min_requests
            && u64::from(window.requests - window.failures) * 100
                < u64::from(window.requests) * u64::from(rules.success_percent);
        if worked {
            self.in_a_row = 0;
        } else {
            self.in_a_row += 1;
        }
        match self.out_until {
            // Answers to what was sent before the pause say nothing new.
            Some(until) if now < until => Change::None,
            Some(_) if worked => self.restore(),
            Some(_) => self.eject(rules, now),
            None if !worked && (self.in_a_row >= rules.consecutive_failures || too_few_worked) => {
                self.eject(rules, now)
            }
            None => Change::None,
        }
    }

    fn current_window(&mut self, length: Duration, now: Instant) -> &mut Window {
        let over = |window: &Window| now.duration_since(window.began) >= length;
        if self.window.as_ref().is_some_and(over) {
            self.window = None;
        }
        self.window.get_or_insert(Window {
            began: now,
            requests: 0,
            failures: 0,
        })
    }

    fn eject(&mut self, rules: &HealthRules, now: Instant) -> Change {
        let times = 1_u32
            .checked_shl(self.ejections)
            .unwrap_or(LONGEST_PAUSE)
            .min(LONGEST_PAUSE);
        self.out_until = Some(now + rules.out_for * times);
        self.ejections = (self.ejections + 1).min(31);
        self.window = None;
        Change::Ejected
    }

    fn restore(&mut self) -> Change {
        *self = Self::default();
        Change::Restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: HealthRules = HealthRules {
        consecutive_failures: 3,
        success_percent: 50,
        window: Duration::from_secs(10),
        min_requests: 10,
        out_for: Duration::from_secs(5),
    };

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn failures_in_a_row_eject_and_a_success_in_between_does_not() {
        let (mut health, now) = (Health::default(), Instant::now());
        for worked in [false, false, true, false, false] {
            assert_eq!(health.record(&RULES, worked, now), Change::None);
        }
        assert_eq!(health.record(&RULES, false, now), Change::Ejected);
        assert!(!health.available(after(now, 4)) && health.available(after(now, 5)));
    }

    #[test]
    fn a_window_is_judged_by_its_share_once_it_has_enough_requests() {
        let (mut health, now) = (Health::default(), Instant::now());
        // Two failures, one success, over and over: never three in a row, a third works.
        let pattern = [false, false, true, false, false, true, false, false, true];
        assert!(
            pattern
                .iter()
                .all(|worked| health.record(&RULES, *worked, now) == Change::None)
        );
        assert_eq!(health.record(&RULES, false, now), Change::Ejected);
        let mut spread = Health::default();
        for (second, worked) in pattern.iter().chain(&pattern).enumerate() {
            let at = after(now, second as u64 * 2);
            assert_eq!(
                spread.record(&RULES, *worked, at),
                Change::None,
                "five requests a window are too few"
            );
        }
    }

    #[test]
    fn after_its_pause_one_request_decides_and_the_pause_doubles() {
        let (mut health, now) = (Health::default(), Instant::now());
        for _ in 0..3 {
            health.record(&RULES, false, now);
        }
        assert_eq!(
            health.record(&RULES, true, after(now, 1)),
            Change::None,
            "a late answer restores nothing"
        );
        assert_eq!(health.record(&RULES, false, after(now, 6)), Change::Ejected);
        assert!(!health.available(after(now, 15)) && health.available(after(now, 16)));
        assert_eq!(health.record(&RULES, true, after(now, 16)), Change::Restored);
        assert!(!health.is_out());
        for _ in 0..2 {
            assert_eq!(health.record(&RULES, false, after(now, 16)), Change::None);
        }
    }

    #[test]
    fn the_pause_has_a_longest_length() {
        let (mut health, mut now) = (Health::default(), Instant::now());
        for _ in 0..100 {
            health.record(&RULES, false, now);
            now = health.out_until.unwrap_or(now);
        }
        let before = now;
        assert_eq!(health.record(&RULES, false, now), Change::Ejected);
        assert_eq!(health.out_until.unwrap() - before, RULES.out_for * LONGEST_PAUSE);
    }
}
