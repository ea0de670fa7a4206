//! Where two documents differ, for a person: one line a place, with what it was and what it is.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// Longer values are cut; the place says where to look.
const SHOWN: usize = 80;

/// One place where they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The keys that lead there, from the root.
    pub place: Vec<String>,
    /// What the first document has there.
    pub before: Option<Value>,
    /// What the second has.
    pub after: Option<Value>,
}

/// Every difference between two documents, in the order of their places. The order of keys does not count, that of lists does.
#[must_use]
pub fn between(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), Some(before), Some(after), &mut found);
    found
}

fn walk(place: &mut Vec<String>, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                place.push(key.clone());
                walk(place, old.get(key), new.get(key), found);
                place.pop();
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                place.push(index.to_string());
                walk(place, Some(old), Some(new), found);
                place.pop();
            }
        }
        (old, new) if old != new => found.push(Difference {
            place: place.clone(),
            before: old.cloned(),
            after: new.cloned(),
        }),
        _ => {}
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.join(" › ");
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(formatter, "{place}: {} became {}", short(before), short(after)),
            (Some(before), None) => write!(formatter, "{place}: gone (was {})", short(before)),
            (None, Some(after)) => write!(formatter, "{place}: new ({})", short(after)),
            (None, None) => formatter.write_str(&place),
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        between(before, after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_place_is_a_line_and_the_order_of_keys_is_none() {
        let before = json!({ "paths": { "/a": { "get": { "tags": ["crm"] } }, "/b": {} }, "openapi": "3.1.0" });
        let after =
            json!({ "openapi": "3.1.0", "paths": { "/a": { "get": { "tags": ["chat"] } }, "/c": { "post": {} } } });
        assert_eq!(
            lines(&before, &after),
            [
                "paths › /a › get › tags › 0: \"crm\" became \"chat\"",
                "paths › /b: gone (was {})",
                "paths › /c: new ({\"post\":{}})",
            ]
        );
        let reordered = json!({ "openapi": "3.1.0", "paths": before["paths"] });
        assert_eq!(lines(&before, &reordered), Vec::<String>::new());
    }

    #[test]
    fn a_list_of_another_length_is_one_difference_and_long_values_are_cut() {
        let found = lines(&json!(["a".repeat(100)]), &json!([]));
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("… became []"), "{found:?}");
        assert!(found[0].chars().count() < 120, "{found:?}");
    }
}
