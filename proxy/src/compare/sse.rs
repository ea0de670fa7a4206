//! Server-sent events: the sequence of events, each with its name, its data and its id (HTML standard, section 9.2). Comments
//! and the cuts between chunks mean nothing.

use serde_json::{Map, Value};

/// Reads a whole stream into a list of events, so that it is compared like any other document.
pub(super) fn events(text: &str) -> Value {
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut events = Vec::new();
    for block in text.split("\n\n") {
        if let Some(event) = event(block) {
            events.push(Value::Object(event));
        }
    }
    Value::Array(events)
}

fn event(block: &str) -> Option<Map<String, Value>> {
    let mut event = Map::new();
    let mut data: Option<String> = None;
    for line in block.lines().filter(|line| !line.is_empty() && !line.starts_with(':')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => data = Some(value.to_owned()),
            },
            "event" | "id" | "retry" => drop(event.insert(field.to_owned(), Value::from(value))),
            // The standard says to ignore unknown fields.
            _ => {}
        }
    }
    if let Some(data) = data {
        let value = serde_json::from_str(&data).unwrap_or(Value::String(data));
        event.insert("data".to_owned(), value);
    }
    (!event.is_empty()).then_some(event)
}
