//! The redacted sample of an exchange, with what judging it again needs.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Seen;
use super::pair::{Pair, Plain};
use crate::compare::{Difference, Known, Rules, Verdict};
use crate::shadow::{redact, reproducer};
use crate::store::{FoundDifference, Hidden, Judged, Place, Sample, StoredSample};

/// Longest body in a sample, in bytes.
const SAMPLE_BODY: usize = 32 * 1_024;

/// Known ids kept with a sample.
const MOST_KNOWN: usize = 500;

/// An answer as a sample keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    status: u16,
    headers: Map<String, Value>,
    body: Value,
    /// Whether the body was neither cut nor left out.
    #[serde(default)]
    whole: bool,
}

impl Stored {
    fn of(answer: &Plain) -> Self {
        let body = redact::body(&answer.headers, &answer.body, SAMPLE_BODY);
        Self {
            status: answer.status.as_u16(),
            headers: redact::headers(&answer.headers),
            body: body.value,
            whole: body.whole,
        }
    }

    /// The answer again, as far as it was kept; none when its body was not.
    fn plain(&self) -> Option<Plain> {
        if !self.whole {
            return None;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = value.as_str().unwrap_or_default();
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let json = media_type.windows(4).any(|word| word.eq_ignore_ascii_case(b"json"));
        let body = match &self.body {
            Value::Null if !json => String::new(),
            Value::String(text) if !json => text.clone(),
            tree => tree.to_string(),
        };
        Some(Plain {
            status: StatusCode::from_u16(self.status).ok()?,
            headers,
            body: body.into(),
        })
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The sample of a mismatch.
pub(super) fn sample(seen: &Seen<'_>, rules: &Rules, pair: &Pair, found: &[Difference], effects: &[Value]) -> Sample {
    let (legacy, native) = (Stored::of(&pair.legacy), Stored::of(&pair.native));
    let effects: Vec<Value> = effects.iter().map(redact::value).collect();
    Sample {
        request: shown_request(seen),
        judged: judged(rules, pair, [&legacy, &native], found),
        legacy: legacy.json(),
        native: native.json(),
        effects: Value::from(effects).to_string(),
        reproducer: reproducer::curl(&seen.exchange.request, &seen.exchange.plan.key.to_string()),
    }
}

/// The sample of a native side that broke: there is nothing to judge again.
pub(super) fn sample_of_failure(seen: &Seen<'_>, status: u16, why: &str) -> Sample {
    Sample {
        request: shown_request(seen),
        judged: Judged::default(),
        legacy: json!({"status": status}).to_string(),
        native: json!({"failure": why}).to_string(),
        effects: "[]".to_owned(),
        reproducer: reproducer::curl(&seen.exchange.request, &seen.exchange.plan.key.to_string()),
    }
}

/// A difference as it may be stored.
pub(super) fn found(difference: &Difference) -> FoundDifference {
    let shown = |value: &Option<Value>| {
        value
            .as_ref()
            .map(|value| redact::at_path(&difference.path, value).to_string())
    };
    FoundDifference {
        place: Place {
            kind: difference.kind.as_str(),
            path: redact::text(&difference.path),
        },
        detail: difference.detail.as_str(),
        legacy: shown(&difference.legacy),
        native: shown(&difference.native),
    }
}

/// What judging the stored answers needs. They are judged here once, to see what redaction hides and what it makes up.
fn judged(rules: &Rules, pair: &Pair, [legacy, native]: [&Stored; 2], found: &[Difference]) -> Judged {
    let text = format!("{} {}", legacy.body, native.body);
    let mut judged = Judged {
        started_ms: pair.started_ms,
        ended_ms: pair.ended_ms,
        may_mint: pair.may_mint,
        head: pair.head,
        known: pair.known.among(&text).take(MOST_KNOWN).map(str::to_owned).collect(),
        ..Judged::default()
    };
    let found: Vec<Hidden> = found.iter().map(place).collect();
    if let Some(seen) = verdict([legacy, native], &judged, rules) {
        let seen: Vec<Hidden> = seen.differences().iter().map(place).collect();
        judged.hidden = found.iter().filter(|one| !seen.contains(one)).cloned().collect();
        judged.made_up = seen.into_iter().filter(|one| !found.contains(one)).collect();
    }
    judged
}

fn verdict([legacy, native]: [&Stored; 2], judged: &Judged, rules: &Rules) -> Option<Verdict> {
    let pair = Pair {
        legacy: legacy.plain()?,
        native: native.plain()?,
        started_ms: judged.started_ms,
        ended_ms: judged.ended_ms,
        known: Known::nothing().and(&judged.known.join(" ")),
        may_mint: judged.may_mint,
        head: judged.head,
    };
    Some(pair.verdict(rules))
}

/// Where a stored exchange still differs under these rules. `None`: too little of it was kept to say.
#[must_use]
pub fn judge_again(sample: &StoredSample, rules: &Rules) -> Option<Vec<Hidden>> {
    let judged: Judged = serde_json::from_str(&sample.judged).ok()?;
    let legacy: Stored = serde_json::from_str(&sample.legacy).ok()?;
    let native: Stored = serde_json::from_str(&sample.native).ok()?;
    let verdict = verdict([&legacy, &native], &judged, rules)?;
    let seen = verdict
        .differences()
        .iter()
        .map(place)
        .filter(|one| !judged.made_up.contains(one));
    let hidden = judged
        .hidden
        .iter()
        .filter(|one| !rules.ignores_template(&one.path))
        .cloned();
    Some(seen.chain(hidden).collect())
}

fn place(difference: &Difference) -> Hidden {
    Hidden {
        kind: difference.kind.as_str().to_owned(),
        path: redact::text(&difference.path),
    }
}

fn shown_request(seen: &Seen<'_>) -> String {
    let request = &seen.exchange.request;
    json!({
        "method": request.method().as_str(),
        "target": redact::target(request.uri(), &seen.exchange.plan.key.to_string()),
        "headers": redact::headers(request.headers()),
        "body": redact::body(request.headers(), request.body(), SAMPLE_BODY).value,
    })
    .to_string()
}
