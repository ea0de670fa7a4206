//! The second asking. Before a mismatch on a safe method counts, both sides are asked once more: legacy, native, and legacy again.
//! What changed in between (somebody wrote) is equal now, or differs between legacy's own two answers; neither proves anything
//! against native. Where the route learns noise, legacy is asked again on a share of its reads whatever came out.

use super::pair::{Pair, Plain};
use super::{SECOND_ASKING, Seen, is_safe};
use crate::compare::{Difference, Rules, Verdict};
use crate::exchange::RequestFacts;
use crate::shadow::job::copy_of;
use crate::shadow::{Shadow, decode, now_ms, redact};
use crate::store::{Outcome, Place};

/// What an exchange came to after the second asking, if there was one.
pub(super) struct Settled {
    pub(super) outcome: Outcome,
    pub(super) differences: Vec<Difference>,
    /// The answers that show the differences.
    pub(super) pair: Pair,
    /// Where legacy differed from itself.
    pub(super) control: Option<Vec<Place>>,
}

impl Shadow {
    /// The outcome of an exchange.
    pub(super) async fn settle(&self, seen: &Seen<'_>, rules: &Rules, first: Pair) -> Settled {
        let learning = is_safe(seen) && learns(seen);
        let settled = |outcome, pair, control| Settled {
            outcome,
            differences: Vec::new(),
            pair,
            control,
        };
        match first.verdict(rules) {
            Verdict::LegacyFailed => settled(Outcome::LegacyFailed, first, None),
            Verdict::Equal => {
                let again = if learning { self.legacy_again(seen).await } else { None };
                let control = again.map(|again| differs_from_itself(rules, &first, again));
                settled(Outcome::Match, first, control)
            }
            Verdict::Different(differences) => match self.both_again(seen, &first).await {
                Some(second) => {
                    let control = learning.then(|| differs_from_itself(rules, &first, second.legacy.clone()));
                    let settled = weigh(rules, first, second, control);
                    self.without_what_moves(seen, rules, settled).await
                }
                None => Settled {
                    differences,
                    ..settled(Outcome::Mismatch, first, None)
                },
            },
        }
    }

    /// Both sides once more. It also shows which values a side makes up anew each time: what it says twice, it did not.
    async fn both_again(&self, seen: &Seen<'_>, first: &Pair) -> Option<Pair> {
        let candidate = self.shared.candidate.as_ref()?;
        if !is_safe(seen) {
            return None;
        }
        let started_ms = now_ms();
        let legacy = self.legacy_again(seen).await?;
        let limits = self.run_limits(seen.exchange.plan.shadow.budget);
        let request = copy_of(&seen.exchange.request);
        let native = self.run_dry(&**candidate, request, limits).await.ok()?;
        let native = Plain::of(&native.response);
        let known = first
            .known
            .clone()
            .and_common(&first.legacy.text(), &legacy.text())
            .and_common(&first.native.text(), &native.text());
        Some(Pair {
            legacy,
            native,
            started_ms,
            ended_ms: now_ms(),
            known,
            may_mint: true,
            head: first.head,
        })
    }

    /// Asks legacy a last time: a difference counts if it is still there, and if legacy agrees with itself about the place.
    async fn without_what_moves(&self, seen: &Seen<'_>, rules: &Rules, mut settled: Settled) -> Settled {
        if settled.outcome != Outcome::Mismatch {
            return settled;
        }
        let Some(after) = self.legacy_again(seen).await else {
            return settled;
        };
        let moving = settled
            .pair
            .between(settled.pair.legacy.clone(), after.clone())
            .verdict(rules);
        let still = settled.pair.between(after, settled.pair.native.clone()).verdict(rules);
        settled
            .differences
            .retain(|difference| has(&still, difference) && !has(&moving, difference));
        if settled.differences.is_empty() {
            settled.outcome = Outcome::Transient;
        }
        settled
    }

    async fn legacy_again(&self, seen: &Seen<'_>) -> Option<Plain> {
        let control = self.shared.control.as_ref()?;
        let legacy = control.ask(copy_of(&seen.exchange.request), SECOND_ASKING).await?;
        let cap = self.shared.limits.answer_bytes;
        let body = decode::decoded(legacy.headers(), legacy.body().clone(), cap).ok()?;
        Some(Plain {
            body,
            ..Plain::of(&legacy)
        })
    }
}

/// Whether the same place differs here, too.
fn has(verdict: &Verdict, difference: &Difference) -> bool {
    let same = |other: &Difference| other.kind == difference.kind && other.path == difference.path;
    verdict.differences().iter().any(same)
}

/// Equal now means that something changed in between; equal in hindsight, that only fresh ids differed.
fn weigh(rules: &Rules, first: Pair, second: Pair, control: Option<Vec<Place>>) -> Settled {
    let hindsight = Pair {
        known: second.known.clone(),
        may_mint: true,
        ..first
    };
    let (outcome, differences) = if hindsight.verdict(rules).is_equal() {
        (Outcome::Match, Vec::new())
    } else {
        match second.verdict(rules) {
            Verdict::Equal | Verdict::LegacyFailed => (Outcome::Transient, Vec::new()),
            Verdict::Different(differences) => (Outcome::Mismatch, differences),
        }
    };
    Settled {
        outcome,
        differences,
        pair: second,
        control,
    }
}

/// Where two answers of legacy to one request differ, under the same rules. Fresh ids are matched, as between the two sides.
fn differs_from_itself(rules: &Rules, first: &Pair, again: Plain) -> Vec<Place> {
    let pair = Pair {
        legacy: first.legacy.clone(),
        native: again,
        started_ms: first.started_ms,
        ended_ms: now_ms(),
        known: first.known.clone(),
        may_mint: true,
        head: first.head,
    };
    let verdict = pair.verdict(rules);
    let places = verdict.differences().iter().map(|difference| Place {
        kind: difference.kind.as_str(),
        path: redact::text(&difference.path),
    });
    places.collect()
}

/// Whether this request is in the share of which legacy is asked twice: drawn from its id, and independently of the sample.
fn learns(seen: &Seen<'_>) -> bool {
    let plan = &seen.exchange.plan;
    let Some(share) = plan.compare.noise else {
        return false;
    };
    let facts = seen.exchange.request.extensions().get::<RequestFacts>();
    let id = facts.and_then(|facts| facts.id.value.to_str().ok()).unwrap_or_default();
    share.includes(u32::from(flags::bucket(&plan.key.to_string(), "noise", id)))
}
