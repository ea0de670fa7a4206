//! Outside effects of both sides in one notation, and the recorded answers of outside services.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use handlers::EffectRecord;
use handlers::kit::ports::labsmobile;
use handlers::kit::{CallAnswer, CallError, CallPort, CallRequest};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::har::Entry;

/// The digits of a one-time code.
const CODE: usize = 6;

/// What legacy did outside of its database.
pub(super) fn recorded(entry: &Entry) -> Value {
    let outbound = entry.outbound.iter().flat_map(outbound);
    let events = entry.events.iter().map(|event| {
        json!({ "kind": "realtime", "channels": event["channels"], "event": event["name"], "data": event["data"] })
    });
    let jobs = entry
        .jobs
        .iter()
        .map(|job| json!({ "kind": "job", "queue": job["queue"], "name": job["name"], "data": job["data"] }));
    in_order(outbound.chain(events).chain(jobs).collect())
}

/// One request to a service: a text message for each phone, a mail for each address, else a call.
fn outbound(call: &Value) -> Vec<Value> {
    let body = &call["body"];
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    match call["service"].as_str().unwrap_or_default() {
        "labsmobile" => list("recipient")
            .iter()
            .map(|to| message(&to["msisdn"], &body["message"]))
            .collect(),
        "brevo" => list("to")
            .iter()
            .map(|to| json!({ "kind": "mail", "to": to["email"], "subject": body["subject"] }))
            .collect(),
        service => vec![json!({ "kind": "call", "service": service })],
    }
}

/// What a native dry run announced and asked. Touches are row changes and are compared as such.
pub(super) fn native(records: &[EffectRecord], calls: &[CallRequest]) -> Value {
    let announced = records.iter().filter_map(|record| {
        let payload = &record.payload;
        match record.kind.as_str() {
            "row" => None,
            "sms" => Some(message(&payload["phone"], &payload["text"])),
            "mail" => Some(json!({ "kind": "mail", "to": payload["to"], "subject": payload["subject"] })),
            "realtime" => Some(json!({
                "kind": "realtime", "channels": payload["channels"], "event": payload["event"], "data": payload["data"],
            })),
            "job" => Some(json!({
                "kind": "job", "queue": payload["queue"], "name": payload["name"], "data": payload["data"],
            })),
            kind => Some(json!({ "kind": kind, "payload": payload })),
        }
    });
    let calls = calls.iter().map(|call| match call.service {
        labsmobile::SERVICE => message(&call.payload["phone"], &call.payload["text"]),
        service => json!({ "kind": "call", "service": service }),
    });
    in_order(announced.chain(calls).collect())
}

/// A text message, announced or sent at once. Each side makes its own one-time code.
fn message(phone: &Value, text: &Value) -> Value {
    let text = match text.as_str() {
        Some(text) => Value::String(without_codes(text)),
        None => text.clone(),
    };
    json!({ "kind": "sms", "phone": digits(phone), "text": text })
}

/// Six digits that are not part of a longer number.
fn without_codes(text: &str) -> String {
    let pieces = text.split_inclusive(|letter: char| !letter.is_ascii_digit());
    let piece = |piece: &str| {
        let code = piece.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        match code.len() {
            CODE => format!("(code){}", &piece[CODE..]),
            _ => piece.to_owned(),
        }
    };
    pieces.map(piece).collect()
}

/// The port of a service decides about the leading `+`.
fn digits(phone: &Value) -> Value {
    match phone.as_str() {
        Some(text) => Value::String(text.chars().filter(char::is_ascii_digit).collect()),
        None => phone.clone(),
    }
}

fn in_order(mut effects: Vec<Value>) -> Value {
    effects.sort_by_key(|effect| effect["kind"].as_str().unwrap_or_default().to_owned());
    Value::Array(effects)
}

/// Answers calls as the recording has it, in its order for each service, and notes what was asked.
#[derive(Debug)]
pub(super) struct Script {
    // Held for a few instructions in an async method; never across another wait.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    answers: VecDeque<(String, Value)>,
    asked: Vec<CallRequest>,
}

impl Script {
    pub(super) fn of(entry: &Entry) -> Arc<Self> {
        let answers = entry.outbound.iter().map(|call| {
            let service = call["service"].as_str().unwrap_or_default().to_owned();
            (service, call["response"].clone())
        });
        Arc::new(Self {
            state: Mutex::new(State {
                answers: answers.collect(),
                asked: Vec::new(),
            }),
        })
    }

    pub(super) async fn asked(&self) -> Vec<CallRequest> {
        self.state.lock().await.asked.clone()
    }
}

#[async_trait]
impl CallPort for Script {
    async fn call(&self, request: &CallRequest) -> Result<CallAnswer, CallError> {
        let mut state = self.state.lock().await;
        state.asked.push(request.clone());
        let place = state.answers.iter().position(|(service, _)| service == request.service);
        let answer = place.and_then(|place| state.answers.remove(place));
        let response = match answer {
            Some((_, response)) => response,
            // Legacy sent no message where native does, so nothing is known of the service: it takes what it is given.
            None if request.service == labsmobile::SERVICE => json!({ "status": 200, "body": { "code": "0" } }),
            None => return Err(CallError::Unreachable(request.service)),
        };
        let status = response["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok());
        match status {
            Some(status) => Ok(CallAnswer {
                status,
                body: response["body"].clone(),
            }),
            None => Err(CallError::Unreachable(request.service)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_codes;

    #[test]
    fn a_code_is_six_digits_that_stand_alone() {
        for (text, expected) in [
            ("code 123456. It", "code (code). It"),
            ("123456", "(code)"),
            ("1234567 and 12345", "1234567 and 12345"),
            ("no code", "no code"),
        ] {
            assert_eq!(without_codes(text), expected);
        }
    }
}
