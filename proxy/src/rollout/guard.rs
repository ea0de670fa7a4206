//! The guard: takes a route back by itself when native misbehaves, before anyone is called out of bed.

mod account;
mod broken;
mod counts;
mod task;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use flags::GuardRules;
use tokio::time::Instant;

use super::State;
use super::gate::slower;
use broken::Rate;
use counts::Counts;

pub use account::{Criterion, GuardAccount, GuardOutcome};
pub(crate) use broken::Broken;
pub(crate) use task::Guard;

/// The counts of one route over its window.
#[derive(Debug, Default)]
struct Watch {
    /// Where the route was when it was last looked at.
    state: Option<State>,
    seen: VecDeque<(Instant, Counts)>,
    /// Nothing is judged before this: what led to the last act must not lead to the next.
    rests_until: Option<Instant>,
}

impl Watch {
    /// A route that has moved, by whoever, begins anew: what was counted at another stage says nothing of this one.
    fn at(&mut self, state: State) {
        if self.state.is_some_and(|known| known != state) {
            self.seen.clear();
        }
        self.state = Some(state);
    }

    /// Takes in the counts of this moment and judges the window that ends with it.
    fn judge(&mut self, rules: &GuardRules, now: Instant, counts: Counts) -> Option<Broken> {
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
        broken(rules, &counts.since(before))
    }

    /// The route has been taken back: what was seen until now no longer counts.
    fn rest(&mut self, rules: &GuardRules, now: Instant) {
        self.seen.clear();
        self.rests_until = Some(now + rules.window);
    }
}

/// The first criterion that a window breaks. Each needs its own minimum: no data is no verdict.
fn broken(rules: &GuardRules, counts: &Counts) -> Option<Broken> {
    let enough = |of: u64| of >= u64::from(rules.min_requests);
    let over = |criterion, count: u64, of: u64, allowed: Option<flags::Share>| {
        let allowed = allowed?;
        let above = u128::from(count) * 10_000 > u128::from(of) * u128::from(allowed.basis_points());
        (enough(of) && above).then_some(Broken::rate(Rate { criterion, count, of }, allowed, rules.window))
    };
    over(Criterion::ErrorRate, counts.failed, counts.asked, rules.error_rate)
        .or_else(|| {
            over(
                Criterion::MismatchRate,
                counts.differed,
                counts.compared,
                rules.mismatch_rate,
            )
        })
        .or_else(|| {
            let (legacy, native) = (&counts.times.legacy, &counts.times.native);
            let percent = rules
                .latency_percent
                .filter(|_| enough(legacy.count) && enough(native.count))?;
            let native_share = u128::from(native.micros) * u128::from(legacy.count) * 100;
            let above = native_share > u128::from(legacy.micros) * u128::from(native.count) * u128::from(percent);
            // A mean that one long answer has moved is no verdict: all of native has to be slower.
            let whole = || slower(&counts::histogram(native), &counts::histogram(legacy));
            (above && whole()).then(|| Broken::latency(native, legacy, percent, rules.window))
        })
}
