//! What native did against what is recorded: the same glasses for both, the comparison, and the rules of deviations on purpose.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::codes::Codes;
use super::deviations::{Done, Facts};
use super::har::{Content, Entry, Request, Response};
use super::outcome::Outcome;
use super::play::{NativeSide, Player};
use super::{effects, request, rows, volatile};
use crate::compare::{Answer, Exchange, Known, Occasion, Rules, Verdict, compare_exchange};
use crate::shadow::masked;

/// One entry that was played.
pub(super) struct Case<'a> {
    pub(super) entry: &'a Entry,
    pub(super) request: &'a Request,
    pub(super) response: &'a Response,
    /// The native route.
    pub(super) route: &'a str,
    pub(super) started: OffsetDateTime,
}

impl Player<'_> {
    pub(super) fn judge(&self, case: &Case<'_>, native: NativeSide, known: Known) -> Outcome {
        let (entry, response) = (case.entry, case.response);
        let Some(legacy_body) = response.content.as_ref().map_or(Some(Vec::new()), Content::bytes) else {
            return Outcome::NotComparable("the recorded body cannot be read".to_owned());
        };
        let Ok(status) = StatusCode::from_u16(response.status) else {
            return Outcome::NotComparable("the recorded status is none".to_owned());
        };
        let sent = request::body_of(case.request);
        let sent_headers = request::headers(&case.request.headers);
        let facts = case.facts(&sent_headers, &sent);
        let wrote = tables(&native.rows);
        let legacy = Consequences {
            rows: rows::recorded(entry.row_changes()),
            effects: effects::recorded(entry),
        };
        let asked = format!("{} {}", case.request.url, String::from_utf8_lossy(&sent));
        let (plain, native) = case.seen_alike(native, &legacy, &asked);
        let (native_rows, also_deleted) = rows::without_deletions(&native.rows, &self.may_delete(&facts));
        let known = known.and(&asked).and_passwords_of(&sent);
        let known = case
            .request
            .headers
            .iter()
            .fold(known, |known, one| known.and(&one.value));
        let headers = request::headers(&response.headers);
        let left = Exchange {
            answer: Answer {
                status,
                headers: &headers,
                body: &legacy_body,
            },
            rows: &legacy.rows,
            effects: &legacy.effects,
        };
        let right = Exchange {
            answer: Answer {
                status: native.status,
                headers: &native.headers,
                body: &native.body,
            },
            rows: &native_rows,
            effects: &native.effects,
        };
        let verdict = compare_exchange(&left, &right, &Rules::default(), &case.occasion(&known));
        let mut differences = verdict.differences().to_vec();
        differences.retain(|difference| !volatile::forgives(&entry.volatile, difference));
        let done = Done {
            status: plain.status.as_u16(),
            body: &plain.body,
            wrote: wrote.iter().map(String::as_str).collect(),
            also_deleted: &also_deleted,
            differences: &differences,
        };
        let as_legacy = differences.is_empty() && !matches!(verdict, Verdict::LegacyFailed);
        let masked = entry.masked.as_deref().unwrap_or_default();
        match self.weigh(&facts, &done, as_legacy) {
            Outcome::Mismatched(..) if !masked.is_empty() => Outcome::Masked(masked.join(", ")),
            outcome => outcome,
        }
    }

    /// The tables of which a rule that applies lets native delete more rows than legacy.
    fn may_delete<'d>(&'d self, facts: &'d Facts<'_>) -> Vec<&'d str> {
        self.deviations
            .of(facts, !self.switches.is_empty())
            .flat_map(|rule| rule.also_deletes().iter().map(String::as_str))
            .collect()
    }

    /// A rule that applies must be kept: an answer equal to legacy's is then a hole that is open again.
    fn weigh(&self, facts: &Facts<'_>, done: &Done<'_>, as_legacy: bool) -> Outcome {
        let mut unkept = None;
        for rule in self.deviations.of(facts, !self.switches.is_empty()) {
            // Where native does as legacy does although it need not, nothing deviates.
            if rule.permitted && as_legacy && done.also_deleted.is_empty() {
                continue;
            }
            if rule.is_met(done) {
                return Outcome::Deviates(rule.why.clone());
            }
            if !rule.permitted {
                unkept.get_or_insert_with(|| rule.why.clone());
            }
        }
        if as_legacy && unkept.is_none() {
            Outcome::Matched
        } else {
            Outcome::Mismatched(done.differences.to_vec(), unkept)
        }
    }
}

/// What an exchange did beside its answer.
struct Consequences {
    rows: Value,
    effects: Value,
}

/// Native's answer as it was.
struct Plain {
    status: StatusCode,
    body: Bytes,
}

impl<'a> Case<'a> {
    fn facts<'f>(&self, headers: &'f HeaderMap, sent: &'f [u8]) -> Facts<'f>
    where
        'a: 'f,
    {
        Facts {
            route: self.route,
            headers,
            query: self.request.url.split_once('?').map_or("", |(_, query)| query),
            body: sent,
            legacy_status: self.response.status,
        }
    }

    /// Native as it was, and as the recording would show it: masked where that is, without what was not looked at, and with legacy's
    /// codes in the place of its own.
    fn seen_alike(&self, native: NativeSide, legacy: &Consequences, asked: &str) -> (Plain, NativeSide) {
        let plain = Plain {
            status: native.status,
            body: native.body.clone(),
        };
        let entry = self.entry;
        let or_nothing = |known: bool, value: Value| if known { value } else { json!([]) };
        let rows = or_nothing(entry.rows.is_some(), native.rows);
        let effects = or_nothing(entry.effects_are_known(), native.effects);
        let codes = Codes::between([&legacy.effects, &effects], [&legacy.rows, &rows], asked);
        let body = match std::str::from_utf8(&native.body) {
            Ok(text) => Bytes::from(codes.in_text(text)),
            Err(_) => native.body,
        };
        let (headers, body) = match entry.masked {
            Some(_) => {
                let shown = masked::body(&native.headers, &body);
                (masked_headers(&native.headers), Bytes::from(shown.text))
            }
            None => (native.headers, body),
        };
        let seen = NativeSide {
            status: native.status,
            headers,
            body,
            rows: codes.in_tree(&rows),
            effects: codes.in_tree(&effects),
        };
        (plain, seen)
    }

    fn occasion<'k>(&self, known: &'k Known) -> Occasion<'k> {
        let started_ms = i64::try_from(self.started.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        Occasion {
            started_ms,
            ended_ms: started_ms.saturating_add(whole_milliseconds(self.entry.time)),
            known,
            may_mint: !matches!(self.request.method.as_str(), "GET" | "HEAD"),
            head: self.request.method == "HEAD",
        }
    }
}

fn masked_headers(headers: &HeaderMap) -> HeaderMap {
    let mut shown = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&masked::header(name, value)) {
            shown.append(name, value);
        }
    }
    shown
}

fn tables(rows: &Value) -> Vec<String> {
    let rows = rows.as_array().into_iter().flatten();
    rows.filter_map(|row| row["table"].as_str())
        .map(str::to_owned)
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a float to an integer saturates")]
fn whole_milliseconds(time: f64) -> i64 {
    time.max(0.0) as i64
}
