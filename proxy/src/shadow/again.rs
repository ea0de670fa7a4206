//! Asking both sides once more before a mismatch on a safe method counts.
//!
//! Legacy is asked, then native, then legacy again. What changed between the first two answers (somebody wrote in between) is
//! equal now, or differs between legacy's own two answers; both prove nothing against native. It also shows which ids a side
//! makes up anew each time.

use std::time::Duration;

use http::Response;

use super::evidence::{Plain, Seen, is_safe, verdict};
use super::job::copy_of;
use super::{Shadow, decode, now_ms};
use crate::compare::{Difference, Known, Rules, Verdict};
use crate::store::Outcome;

/// How long one asking of legacy may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the first answers were compared with.
pub(super) struct First<'a> {
    pub(super) rules: &'a Rules,
    pub(super) known: &'a Known,
    /// Legacy's, then native's.
    pub(super) answers: [&'a Plain; 2],
    pub(super) ended_ms: i64,
}

impl Shadow {
    /// What the first mismatch turns out to be, and its differences; `None` when it could not be asked again.
    pub(super) async fn ask_again(&self, seen: &Seen<'_>, first: &First<'_>) -> Option<(Outcome, Vec<Difference>)> {
        let candidate = self.shared.candidate.as_ref()?;
        if !is_safe(seen) {
            return None;
        }
        let asked_ms = now_ms();
        let before = self.ask_legacy(seen).await?;
        let limits = self.run_limits(seen.exchange.plan.shadow.budget);
        let native = self
            .run_dry(&**candidate, copy_of(&seen.exchange.request), limits)
            .await
            .ok()?;
        let native = Plain::of(&native.response);
        let [legacy_first, native_first] = first.answers;
        let known = said_twice(first.known.clone(), legacy_first, &before);
        let known = said_twice(known, native_first, &native);
        if verdict(seen, first.rules, &known, true, first.answers, first.ended_ms).is_equal() {
            return Some((Outcome::Match, Vec::new()));
        }
        let again = Seen {
            started_ms: asked_ms,
            ..*seen
        };
        let against = |one: &Plain, other: &Plain| verdict(&again, first.rules, &known, true, [one, other], now_ms());
        let Verdict::Different(mut differences) = against(&before, &native) else {
            return Some((Outcome::Transient, Vec::new()));
        };
        let after = self.ask_legacy(seen).await?;
        let still = against(&after, &native);
        let moving = against(&before, &after);
        differences.retain(|one| has(&still, one) && !has(&moving, one));
        Some(if differences.is_empty() {
            (Outcome::Transient, differences)
        } else {
            (Outcome::Mismatch, differences)
        })
    }

    async fn ask_legacy(&self, seen: &Seen<'_>) -> Option<Plain> {
        let control = self.shared.control.as_ref()?;
        let answer: Response<_> = control.ask(copy_of(&seen.exchange.request), PATIENCE).await?;
        let body = decode::decoded(answer.headers(), answer.body().clone(), self.shared.limits.answer_bytes).ok()?;
        Some(Plain {
            body,
            ..Plain::of(&answer)
        })
    }
}

/// What a side says twice, it did not make up.
fn said_twice(known: Known, one: &Plain, other: &Plain) -> Known {
    known.and_common(
        &String::from_utf8_lossy(&one.body),
        &String::from_utf8_lossy(&other.body),
    )
}

/// Whether the same place differs here, too.
fn has(verdict: &Verdict, difference: &Difference) -> bool {
    let same = |other: &Difference| other.kind == difference.kind && other.path == difference.path;
    verdict.differences().iter().any(same)
}
