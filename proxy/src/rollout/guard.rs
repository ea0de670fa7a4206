//! The guard: takes a route back by itself when native misbehaves, before anyone is called out of bed.

mod task;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use flags::{GuardRules, Share};
use tokio::time::Instant;

pub(crate) use task::Guard;

/// What a route has counted since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Requests that native was to answer.
    pub asked: u64,
    /// Those that it answered with 5xx, or that legacy had to answer in its place.
    pub failed: u64,
    /// Comparisons that say something.
    pub compared: u64,
    /// Those that differ.
    pub differed: u64,
}

/// The counts of one route over its window.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: VecDeque<(Instant, Counts)>,
    /// Nothing is judged before this: what led to the last act must not lead to the next.
    rests_until: Option<Instant>,
}

/// Why a route is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    what: &'static str,
    count: u64,
    of: u64,
    allowed: Share,
    window: Duration,
}

impl Watch {
    /// Takes in the counts of this moment and judges the window that ends with it.
    pub(super) fn judge(&mut self, rules: &GuardRules, now: Instant, counts: Counts) -> Option<Broken> {
        self.seen.push_back((now, counts));
        // One older than the window stays, so that the window is covered whole.
        while self
            .seen
            .get(1)
            .is_some_and(|(at, _)| now.duration_since(*at) >= rules.window)
        {
            self.seen.pop_front();
        }
        if self.rests_until.is_some_and(|until| now < until) {
            return None;
        }
        let (_, before) = self.seen.front()?;
        let (asked, failed) = (
            counts.asked.saturating_sub(before.asked),
            counts.failed.saturating_sub(before.failed),
        );
        let (compared, differed) = (
            counts.compared.saturating_sub(before.compared),
            counts.differed.saturating_sub(before.differed),
        );
        let over = |what, count: u64, of: u64, allowed: Option<Share>| {
            let allowed = allowed?;
            let enough = of >= u64::from(rules.min_requests);
            let above = u128::from(count) * 10_000 > u128::from(of) * u128::from(allowed.basis_points());
            (enough && above).then_some(Broken {
                what,
                count,
                of,
                allowed,
                window: rules.window,
            })
        };
        over("failed", failed, asked, rules.error_rate)
            .or_else(|| over("differed", differed, compared, rules.mismatch_rate))
    }

    /// The route has been taken back: what was seen until now no longer counts.
    pub(super) fn rest(&mut self, rules: &GuardRules, now: Instant) {
        self.seen.clear();
        self.rests_until = Some(now + rules.window);
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            count,
            of,
            allowed,
            window,
        } = self;
        write!(
            formatter,
            "{count} of {of} {what} within {} s, more than the {allowed} that the guard allows",
            window.as_secs()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> GuardRules {
        GuardRules {
            error_rate: Share::from_basis_points(100),
            mismatch_rate: Share::from_basis_points(200),
            window: Duration::from_secs(60),
            min_requests: 50,
        }
    }

    fn counts(asked: u64, failed: u64, compared: u64, differed: u64) -> Counts {
        Counts {
            asked,
            failed,
            compared,
            differed,
        }
    }

    #[test]
    fn a_window_with_too_many_failures_is_broken_and_one_with_too_few_requests_is_not() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(
            watch.judge(&rules(), at(0), counts(1_000, 10, 0, 0)),
            None,
            "the past does not count"
        );
        assert_eq!(
            watch.judge(&rules(), at(5), counts(1_049, 59, 0, 0)),
            None,
            "49 are too few"
        );
        let broken = watch.judge(&rules(), at(10), counts(1_050, 60, 0, 0)).unwrap();
        assert_eq!(
            broken.to_string(),
            "50 of 50 failed within 60 s, more than the 1% that the guard allows"
        );
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        watch.judge(&rules(), at(0), counts(0, 0, 0, 0));
        watch.judge(&rules(), at(1), counts(40, 40, 0, 0));
        watch.judge(&rules(), at(30), counts(40, 40, 0, 0));
        assert_eq!(watch.judge(&rules(), at(70), counts(140, 40, 0, 0)), None);
        assert!(watch.judge(&rules(), at(80), counts(150, 50, 0, 0)).is_some());
    }

    #[test]
    fn differences_count_and_after_an_act_it_rests() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        watch.judge(&rules(), at(0), Counts::default());
        let broken = watch.judge(&rules(), at(10), counts(0, 0, 100, 3)).unwrap();
        assert!(broken.to_string().starts_with("3 of 100 differed"), "{broken}");
        watch.rest(&rules(), at(10));
        assert_eq!(watch.judge(&rules(), at(20), counts(0, 0, 200, 100)), None);
        assert_eq!(watch.judge(&rules(), at(69), counts(0, 0, 300, 200)), None);
        assert!(watch.judge(&rules(), at(71), counts(0, 0, 400, 300)).is_some());
    }
}
