//! How an outside service behaved before an entry (`_pre.stub`), for calls whose answer the recording does not have.
//!
//! The mode holds for the entry that names it, as in the recording: the next one finds the service well again.

use handlers::kit::{CallAnswer, CallError};
use serde_json::{Value, json};

use super::har::Entry;

/// The behaviour of the services that an entry names.
#[derive(Debug, Default)]
pub(super) struct Stubs(Vec<(String, String)>);

impl Stubs {
    pub(super) fn of(entry: &Entry) -> Self {
        let named = entry.before.iter().filter_map(|before| {
            let service = before.stub.clone()?;
            Some((service, before.mode.clone().unwrap_or_default()))
        });
        Self(named.collect())
    }

    /// What the service answers, or `None` when the entry does not say how it behaves.
    pub(super) fn answer(&self, service: &'static str) -> Option<Result<CallAnswer, CallError>> {
        let (_, mode) = self.0.iter().rev().find(|(name, _)| name == service)?;
        let answer = |status, body| Some(Ok(CallAnswer { status, body }));
        match mode.as_str() {
            "down" | "timeout" => Some(Err(CallError::Unreachable(service))),
            "notjson" => answer(200, completion("this is not JSON")),
            "empty" => answer(200, completion("")),
            mode => match mode.strip_prefix("http").map(str::parse::<u16>) {
                Some(Ok(status)) => answer(status, json!({ "error": { "message": "stub", "code": status } })),
                _ => answer(200, refusal(mode)),
            },
        }
    }
}

/// What a language model says, in the notation of its service.
fn completion(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }] })
}

/// An error code of the payment service, which answers 200 all the same.
fn refusal(code: &str) -> Value {
    json!({ "status": "ERROR", "answer": { "errorCode": code, "errorMessage": "stub" } })
}

#[cfg(test)]
mod tests {
    use handlers::kit::CallError;

    use super::Stubs;
    use crate::replay::har::Entry;

    #[test]
    fn a_mode_says_how_its_service_answers_and_nothing_about_others() {
        let entry: Entry = serde_json::from_str(
            r#"{"_pre":[{"stub":"a","mode":"http503"},{"stub":"b","mode":"down"},{"stub":"c","mode":"PSP_001"},{"sql":"select 1"}]}"#,
        )
        .unwrap();
        let stubs = Stubs::of(&entry);
        assert_eq!(stubs.answer("a").unwrap().unwrap().status, 503);
        assert!(matches!(stubs.answer("b"), Some(Err(CallError::Unreachable("b")))));
        assert_eq!(
            stubs.answer("c").unwrap().unwrap().body["answer"]["errorCode"],
            "PSP_001"
        );
        assert!(stubs.answer("d").is_none());
    }
}
