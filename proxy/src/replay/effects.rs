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
use super::stubs::Stubs;

/// What legacy did outside of its database.
pub(super) fn recorded(entry: &Entry) -> Value {
    let outbound = entry.outbound.iter().flatten().flat_map(outbound);
    let events = entry.events.iter().flatten().map(|event| {
        json!({ "kind": "realtime", "channels": event["channels"], "event": event["name"], "data": event["data"] })
    });
    let jobs = entry
        .jobs
        .iter()
        .flatten()
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

/// A text message, announced or sent at once.
fn message(phone: &Value, text: &Value) -> Value {
    json!({ "kind": "sms", "phone": digits(phone), "text": text })
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
    stubs: Stubs,
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
        let answers = entry.outbound.iter().flatten().map(|call| {
            let service = call["service"].as_str().unwrap_or_default().to_owned();
            (service, call["response"].clone())
        });
        Arc::new(Self {
            stubs: Stubs::of(entry),
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
        let Some((_, response)) = answer else {
            if let Some(stubbed) = self.stubs.answer(request.service) {
                return stubbed;
            }
            // Legacy sent no message where native does, so nothing is known of the service: it takes what it is given.
            let silent = CallAnswer {
                status: 200,
                body: json!({ "code": "0" }),
            };
            return match request.service {
                labsmobile::SERVICE => Ok(silent),
                other => Err(CallError::Unreachable(other)),
            };
        };
        let status = response["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok());
        match status {
            Some(status) => Ok(CallAnswer {
                status,
                body: body_of(&response),
            }),
            None => Err(CallError::Unreachable(request.service)),
        }
    }
}

/// A recording keeps a body as text; whoever calls gets a document where its type says that it is one.
fn body_of(response: &Value) -> Value {
    let text = response["body"].as_str();
    let is_json = response["contentType"]
        .as_str()
        .is_some_and(|kind| kind.contains("json"));
    let document = text
        .filter(|_| is_json)
        .and_then(|text| serde_json::from_str(text).ok());
    document.unwrap_or_else(|| response["body"].clone())
}
