//! From two answers to a recorded comparison: the verdict, the second asking, the redacted sample.

mod pair;
mod sample;
mod second;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use self::pair::{Pair, Plain};
use super::candidate::{DryRunFailure, DryRunResult, NativeAnswer};
use super::job::Exchange;
use super::tee::Copied;
use super::{NotCompared, Shadow, decode};
use crate::compare::Rules;
use crate::store::{Comparison, FoundDifference, Outcome, Place};

pub use self::sample::judge_again;

/// How long the second asking of legacy may take.
pub(super) const SECOND_ASKING: Duration = Duration::from_secs(10);

/// What is known of an exchange beside its answers.
pub(super) struct Seen<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) started_ms: i64,
    pub(super) legacy_took: Duration,
    /// Whether another write of the same thing was under way at the same time.
    pub(super) raced: bool,
}

impl Shadow {
    /// Compares both answers and makes the record of it.
    pub(super) async fn judge(
        &self,
        seen: &Seen<'_>,
        legacy: Copied,
        native: DryRunResult,
    ) -> Result<Comparison, NotCompared> {
        let status = legacy.status;
        let native = match native {
            Err(DryRunFailure::Unknown(words)) => return Err(NotCompared::Native(words)),
            Err(DryRunFailure::Broken(_)) if status.is_server_error() => {
                return Ok(self.comparison(seen, status, Outcome::LegacyFailed));
            }
            Err(DryRunFailure::Broken(why)) => return Ok(self.broken(seen, status, &why)),
            Ok(native) => native,
        };
        let first = self.pair(seen, &legacy, &native)?;
        let rules = Rules::of(&seen.exchange.plan.compare);
        let settled = self.settle(seen, &rules, first).await;
        if settled.outcome == Outcome::Mismatch && seen.raced {
            return Err(NotCompared::Raced);
        }
        let mut comparison = Comparison {
            native_took: Some(native.took),
            control: settled.control,
            ..self.comparison(seen, status, settled.outcome)
        };
        if settled.outcome == Outcome::Mismatch {
            let differences = &settled.differences;
            comparison.differences = differences.iter().map(sample::found).collect();
            comparison.sample = Some(sample::sample(
                seen,
                &rules,
                &settled.pair,
                differences,
                &native.effects,
            ));
        }
        Ok(comparison)
    }

    /// Both answers whole and decoded.
    fn pair(&self, seen: &Seen<'_>, legacy: &Copied, native: &NativeAnswer) -> Result<Pair, NotCompared> {
        let cap = self.shared.limits.answer_bytes;
        if native.response.body().len() > cap {
            return Err(NotCompared::BodyTooLarge);
        }
        let request = &seen.exchange.request;
        Ok(Pair {
            legacy: Plain {
                status: legacy.status,
                headers: legacy.headers.clone(),
                body: decode::decoded(&legacy.headers, legacy.body.clone(), cap)?,
            },
            native: Plain::of(&native.response),
            started_ms: seen.started_ms,
            ended_ms: legacy.ended_ms,
            known: pair::known_from(request),
            may_mint: !is_safe(seen),
            head: pair::is_head(request),
        })
    }

    fn comparison(&self, seen: &Seen<'_>, status: StatusCode, outcome: Outcome) -> Comparison {
        let exchange = seen.exchange;
        Comparison {
            route: Arc::from(exchange.plan.key.to_string()),
            outcome,
            status: status.as_u16(),
            flag_version: i64::from_str_radix(&exchange.flag_version, 16).unwrap_or_default(),
            at_ms: seen.started_ms,
            legacy_took: seen.legacy_took,
            native_took: None,
            client: self.shared.recorder.client_mark(exchange.client),
            differences: Vec::new(),
            control: None,
            sample: None,
        }
    }

    /// The native side broke: in a live run the client would have noticed, so it counts.
    fn broken(&self, seen: &Seen<'_>, status: StatusCode, why: &str) -> Comparison {
        let difference = FoundDifference {
            place: Place {
                kind: "failure",
                path: "native".to_owned(),
            },
            detail: "changed",
            legacy: Some(status.as_u16().to_string()),
            native: Some(Value::from(why).to_string()),
        };
        Comparison {
            differences: vec![difference],
            sample: Some(sample::sample_of_failure(seen, status.as_u16(), why)),
            ..self.comparison(seen, status, Outcome::Mismatch)
        }
    }
}

fn is_safe(seen: &Seen<'_>) -> bool {
    seen.exchange.request.method().is_safe()
}
