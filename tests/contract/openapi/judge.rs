//! What an answer must be, by the document.

use std::collections::BTreeMap;

use harness::Answer;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::requests::Sent;

/// Knows the declared answers of one operation.
pub(super) struct Judge {
    answers: BTreeMap<u16, Option<Content>>,
}

struct Content {
    media: Vec<String>,
    schema: Option<Validator>,
}

impl Judge {
    pub(super) fn new(document: &Value, operation: &Value) -> Self {
        let components = closed(&document["components"]);
        let answers = operation["responses"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(status, response)| {
                let content = response.get("content").map(|content| Content::of(content, &components));
                (status.parse().unwrap(), content)
            });
        Self {
            answers: answers.collect(),
        }
    }

    /// Whether a success is declared at all.
    pub(super) fn can_succeed(&self) -> bool {
        self.answers.keys().any(|status| *status < 300)
    }

    /// Says what is wrong with an answer.
    pub(super) fn check(&self, sent: &Sent, answer: &Answer) -> Result<(), String> {
        let status = answer.status.as_u16();
        let shown = String::from_utf8_lossy(&answer.body);
        if status >= 500 {
            return Err(format!("answered {status}: {shown}"));
        }
        if status < 300
            && let Some(reason) = sent.must_fail
        {
            return Err(format!("answered {status} although {reason}: {shown}"));
        }
        let Some(content) = self.answers.get(&status) else {
            return Err(format!("answered {status}, which is not declared: {shown}"));
        };
        let media = answer
            .header("content-type")
            .map(|media| media.split(';').next().unwrap_or(media));
        let Some(content) = content else {
            return if answer.body.is_empty() {
                Ok(())
            } else {
                Err(format!("{status} has a body, and none is declared: {shown}"))
            };
        };
        if !media.is_some_and(|media| content.media.iter().any(|declared| declared == media)) {
            return Err(format!(
                "{status} came as {media:?}, and {:?} is declared",
                content.media
            ));
        }
        let Some(schema) = &content.schema else { return Ok(()) };
        let body: Value =
            serde_json::from_slice(&answer.body).map_err(|error| format!("{status}: {error}: {shown}"))?;
        let problems: Vec<String> = schema.iter_errors(&body).map(|error| error.to_string()).collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(format!("{status} is not as declared: {}\n{shown}", problems.join("; ")))
        }
    }
}

impl Content {
    fn of(content: &Value, components: &Value) -> Self {
        let schema = content.get("application/json").map(|media| {
            let whole = json!({ "allOf": [media["schema"]], "components": components });
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&whole).unwrap_or_else(|error| panic!("{whole}: {error}"))
        });
        Self {
            media: content.as_object().unwrap().keys().cloned().collect(),
            schema,
        }
    }
}

/// The same schemas, but an object has no field that is not declared: what is sent must be said.
fn closed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(closed).collect(),
        Value::Object(fields) => {
            let mut fields: serde_json::Map<String, Value> = fields
                .iter()
                .map(|(name, value)| (name.clone(), closed(value)))
                .collect();
            if fields.get("type") == Some(&json!("object")) && fields.contains_key("properties") {
                fields.entry("additionalProperties").or_insert(false.into());
            }
            fields.into()
        }
        other => other.clone(),
    }
}

#[test]
fn an_answer_that_is_not_as_declared_is_found() {
    let document = json!({ "components": { "schemas": { "Thing": {
        "type": "object", "required": ["at"], "properties": { "at": { "type": "string", "format": "date-time" } }
    } } } });
    let reference = json!({ "$ref": "#/components/schemas/Thing" });
    let operation = json!({ "responses": {
        "200": { "content": { "application/json": { "schema": reference } } }, "204": {}, "404": {}, "500": {}
    } });
    let judge = Judge::new(&document, &operation);
    let answer = |status: u16, media: &str, body: &str| Answer {
        status: status.try_into().unwrap(),
        headers: [("content-type".parse().unwrap(), media.parse().unwrap())]
            .into_iter()
            .collect(),
        body: body.to_owned().into(),
    };
    let sent = Sent::default();
    let right = r#"{"at":"2026-01-02T03:04:05.000Z"}"#;
    judge
        .check(&sent, &answer(200, "application/json; charset=utf-8", right))
        .unwrap();
    judge.check(&sent, &answer(204, "", "")).unwrap();
    for (wrong, expected) in [
        (answer(500, "", ""), "answered 500"),
        (answer(201, "application/json", right), "not declared"),
        (answer(200, "text/html", right), "came as"),
        (answer(200, "application/json", "{}"), "required"),
        (answer(200, "application/json", "{"), "200: "),
        (answer(200, "application/json", r#"{"at":"yesterday"}"#), "date-time"),
        (
            answer(200, "application/json", &right.replace('}', r#","more":1}"#)),
            "more",
        ),
        (answer(204, "text/plain", "text"), "has a body"),
    ] {
        let problem = judge.check(&sent, &wrong).unwrap_err();
        assert!(problem.contains(expected), "{problem} does not say {expected}");
    }
    let unproven = Sent {
        must_fail: Some("nobody proved who they are"),
        ..Sent::default()
    };
    judge.check(&unproven, &answer(404, "", "")).unwrap();
    let problem = judge
        .check(&unproven, &answer(200, "application/json", right))
        .unwrap_err();
    assert!(problem.contains("although nobody proved who they are"), "{problem}");
}

/// Calls `visit` with every value below and including `value`.
pub(super) fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        Value::Object(fields) => fields.values().for_each(|field| each(field, visit)),
        _ => {}
    }
}
