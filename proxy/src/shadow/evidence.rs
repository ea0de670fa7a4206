//! From two answers to a recorded comparison: the verdict, the second asking, the redacted sample.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::{Value, json};

use super::again::First;
use super::candidate::{DryRunFailure, DryRunResult, NativeAnswer};
use super::job::Exchange;
use super::tee::Copied;
use super::{NotCompared, Shadow, decode, redact, reproducer};
use crate::compare::{Answer, Difference, Known, Occasion, Rules, Verdict, compare};
use crate::store::{Comparison, FoundDifference, Outcome, Sample};

/// Longest body in a sample, in bytes.
const SAMPLE_BODY: usize = 16 * 1_024;

/// What is known of an exchange beside its answers.
pub(super) struct Seen<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) started_ms: i64,
    pub(super) legacy_took: Duration,
    /// Whether another write of the same thing was under way at the same time.
    pub(super) raced: bool,
}

/// One answer, owned and decoded.
pub(super) struct Plain {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Plain {
    fn answer(&self) -> Answer<'_> {
        Answer {
            status: self.status,
            headers: &self.headers,
            body: &self.body,
        }
    }

    pub(super) fn of(response: &Response<Bytes>) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.body().clone(),
        }
    }
}

impl Shadow {
    /// Compares both answers and makes the record of it.
    pub(super) async fn judge(
        &self,
        seen: &Seen<'_>,
        legacy: Copied,
        native: DryRunResult,
    ) -> Result<Comparison, NotCompared> {
        let cap = self.shared.limits.answer_bytes;
        let ended_ms = legacy.ended_ms;
        let native = match native {
            Err(DryRunFailure::Unknown(words)) => return Err(NotCompared::Native(words)),
            Err(DryRunFailure::Broken(_)) if legacy.status.is_server_error() => {
                return Ok(record(seen, legacy.status, Outcome::LegacyFailed));
            }
            Err(DryRunFailure::Broken(why)) => return Ok(broken(seen, &legacy, &why)),
            Ok(native) => native,
        };
        if native.response.body().len() > cap {
            return Err(NotCompared::BodyTooLarge);
        }
        let body = decode::decoded(&legacy.headers, legacy.body.clone(), cap)?;
        let legacy = Plain {
            status: legacy.status,
            headers: legacy.headers.clone(),
            body,
        };
        let rules = Rules::of(&seen.exchange.plan.compare);
        let known = known_from(&seen.exchange.request);
        let first = verdict(
            seen,
            &rules,
            &known,
            !is_safe(seen),
            [&legacy, &Plain::of(&native.response)],
            ended_ms,
        );
        let outcome = match first {
            Verdict::Equal => Outcome::Match,
            Verdict::LegacyFailed => Outcome::LegacyFailed,
            Verdict::Different(_) if seen.raced => return Err(NotCompared::Raced),
            Verdict::Different(differences) => {
                let first = First {
                    rules: &rules,
                    known: &known,
                    answers: [&legacy, &Plain::of(&native.response)],
                    ended_ms,
                };
                let settled = self.ask_again(seen, &first).await;
                let (outcome, differences) = settled.unwrap_or((Outcome::Mismatch, differences));
                let mut comparison = Comparison {
                    native_took: native.took,
                    ..record(seen, legacy.status, outcome)
                };
                if outcome == Outcome::Mismatch {
                    comparison.differences = differences.iter().map(found).collect();
                    comparison.sample = Some(sample(seen, &legacy, &native));
                }
                return Ok(comparison);
            }
        };
        Ok(Comparison {
            native_took: native.took,
            ..record(seen, legacy.status, outcome)
        })
    }
}

pub(super) fn verdict(
    seen: &Seen<'_>,
    rules: &Rules,
    known: &Known,
    may_mint: bool,
    [legacy, native]: [&Plain; 2],
    ended_ms: i64,
) -> Verdict {
    let head = *seen.exchange.request.method() == Method::HEAD;
    let at = Occasion {
        started_ms: seen.started_ms,
        ended_ms,
        known,
        may_mint,
        head,
    };
    compare(&legacy.answer(), &native.answer(), rules, &at)
}

pub(super) fn is_safe(seen: &Seen<'_>) -> bool {
    seen.exchange.request.method().is_safe()
}

/// Every value that the request carries was there before the exchange.
fn known_from(request: &http::Request<Bytes>) -> Known {
    let mut known = Known::nothing()
        .and(&request.uri().to_string())
        .and(&String::from_utf8_lossy(request.body()));
    for value in request.headers().values() {
        known = known.and(&String::from_utf8_lossy(value.as_bytes()));
    }
    known
}

fn record(seen: &Seen<'_>, status: StatusCode, outcome: Outcome) -> Comparison {
    let mut client = DefaultHasher::new();
    seen.exchange.client.hash(&mut client);
    Comparison {
        route: Arc::from(seen.exchange.plan.key.to_string()),
        outcome,
        status: status.as_u16(),
        flag_version: i64::from_str_radix(&seen.exchange.flag_version, 16).unwrap_or_default(),
        at_ms: seen.started_ms,
        legacy_took: seen.legacy_took,
        native_took: Duration::ZERO,
        client: client.finish(),
        differences: Vec::new(),
        sample: None,
    }
}

/// The native side broke: in a live run the client would have noticed, so it counts.
fn broken(seen: &Seen<'_>, legacy: &Copied, why: &str) -> Comparison {
    let status = legacy.status.as_u16();
    let difference = FoundDifference {
        kind: "failure",
        path: "native".to_owned(),
        legacy: Some(status.to_string()),
        native: Some(Value::from(why).to_string()),
    };
    let sample = Sample {
        request: shown_request(seen),
        legacy: json!({"status": status}).to_string(),
        native: json!({"failure": why}).to_string(),
        effects: "[]".to_owned(),
        reproducer: reproducer::curl(&seen.exchange.request, &seen.exchange.plan.key.to_string()),
    };
    Comparison {
        differences: vec![difference],
        sample: Some(sample),
        ..record(seen, legacy.status, Outcome::Mismatch)
    }
}

fn found(difference: &Difference) -> FoundDifference {
    let shown = |value: &Option<Value>| {
        value
            .as_ref()
            .map(|value| redact::at_path(&difference.path, value).to_string())
    };
    FoundDifference {
        kind: difference.kind.as_str(),
        path: redact::text(&difference.path),
        legacy: shown(&difference.legacy),
        native: shown(&difference.native),
    }
}

fn sample(seen: &Seen<'_>, legacy: &Plain, native: &NativeAnswer) -> Sample {
    let effects: Vec<Value> = native.effects.iter().map(redact::value).collect();
    Sample {
        request: shown_request(seen),
        legacy: shown(legacy),
        native: shown(&Plain::of(&native.response)),
        effects: Value::from(effects).to_string(),
        reproducer: reproducer::curl(&seen.exchange.request, &seen.exchange.plan.key.to_string()),
    }
}

fn shown_request(seen: &Seen<'_>) -> String {
    let request = &seen.exchange.request;
    json!({
        "method": request.method().as_str(),
        "target": redact::target(request.uri(), &seen.exchange.plan.key.to_string()),
        "headers": redact::headers(request.headers()),
        "body": redact::body(request.headers(), request.body(), SAMPLE_BODY),
    })
    .to_string()
}

fn shown(answer: &Plain) -> String {
    json!({
        "status": answer.status.as_u16(),
        "headers": redact::headers(&answer.headers),
        "body": redact::body(&answer.headers, &answer.body, SAMPLE_BODY),
    })
    .to_string()
}
