//! One JSON Schema as one TypeScript type.

use serde_json::{Map, Value};

/// The type of a schema; `indent` is what its closing brace is moved in by.
pub(super) fn type_of(schema: &Value, indent: &str) -> String {
    let Some(schema) = schema.as_object() else {
        // `true` admits everything and `false` nothing.
        return if schema == &Value::Bool(false) {
            "never"
        } else {
            "unknown"
        }
        .to_owned();
    };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return reference.rsplit('/').next().map_or_else(|| "unknown".to_owned(), key);
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return union(values.iter().map(Value::to_string));
    }
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(all) = schema.get(alternatives).and_then(Value::as_array) {
            return union(all.iter().map(|one| type_of(one, indent)));
        }
    }
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        let parts: Vec<String> = all.iter().map(|one| in_parentheses(type_of(one, indent))).collect();
        return parts.join(" & ");
    }
    match schema.get("type") {
        Some(Value::String(kind)) => of_kind(kind, schema, indent),
        Some(Value::Array(kinds)) => union(
            kinds
                .iter()
                .filter_map(Value::as_str)
                .map(|kind| of_kind(kind, schema, indent)),
        ),
        _ => "unknown".to_owned(),
    }
}

fn of_kind(kind: &str, schema: &Map<String, Value>, indent: &str) -> String {
    match kind {
        "string" => "string".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "null" => "null".to_owned(),
        "array" => list(schema, indent),
        "object" => fields(schema, indent),
        _ => "unknown".to_owned(),
    }
}

fn list(schema: &Map<String, Value>, indent: &str) -> String {
    if schema.get("maxItems").and_then(Value::as_u64) == Some(0) {
        return "[]".to_owned();
    }
    let items = schema
        .get("items")
        .map_or_else(|| "unknown".to_owned(), |items| type_of(items, indent));
    format!("{}[]", in_parentheses(items))
}

fn fields(schema: &Map<String, Value>, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let more = schema
        .get("additionalProperties")
        .filter(|more| **more != Value::Bool(false));
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        let values = more.map_or_else(|| "unknown".to_owned(), |more| type_of(more, indent));
        return format!("Record<string, {values}>");
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut text = "{\n".to_owned();
    for (name, property) in properties {
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        text.push_str(&comment(property, &inner));
        text.push_str(&format!("{inner}{}{mark}: {};\n", key(name), type_of(property, &inner)));
    }
    text.push_str(indent);
    text.push('}');
    text
}

/// The description as a comment of its own lines.
pub(super) fn comment(schema: &Value, indent: &str) -> String {
    let Some(description) = schema["description"].as_str() else {
        return String::new();
    };
    let lines: Vec<String> = description.replace("*/", "* /").lines().map(str::to_owned).collect();
    format!("{indent}/** {} */\n", lines.join(&format!("\n{indent} * ")))
}

/// A name as a key: quoted unless it is an identifier.
pub(super) fn key(name: &str) -> String {
    let starts = name
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let goes_on = name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    if starts && goes_on {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut unique: Vec<String> = Vec::new();
    for one in types {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    if unique.is_empty() {
        return "never".to_owned();
    }
    unique.join(" | ")
}

fn in_parentheses(text: String) -> String {
    if text.contains(" | ") || text.contains(" & ") {
        format!("({text})")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_the_types_that_their_values_have() {
        for (schema, expected) in [
            (json!(true), "unknown"),
            (json!({}), "unknown"),
            (json!({ "type": "string", "format": "date-time" }), "string"),
            (json!({ "type": ["integer", "null"] }), "number | null"),
            (json!({ "enum": ["a", "b"] }), "\"a\" | \"b\""),
            (json!({ "type": "boolean", "const": true }), "true"),
            (
                json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] }),
                "\"a\" | \"b\"",
            ),
            (
                json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "type": "null" }] }),
                "A | null",
            ),
            (
                json!({ "allOf": [{ "$ref": "#/components/schemas/A" }, { "$ref": "#/components/schemas/B" }] }),
                "A & B",
            ),
            (
                json!({ "type": "array", "items": { "type": ["string", "null"] } }),
                "(string | null)[]",
            ),
            (json!({ "type": "array", "maxItems": 0 }), "[]"),
            (
                json!({ "type": "object", "additionalProperties": { "type": "number" } }),
                "Record<string, number>",
            ),
            (json!({ "type": "object" }), "Record<string, unknown>"),
            (
                json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "null" }, "b c": {} } }),
                "{\n  a: null;\n  \"b c\"?: unknown;\n}",
            ),
        ] {
            assert_eq!(type_of(&schema, ""), expected, "{schema}");
        }
    }

    #[test]
    fn a_description_cannot_end_its_comment() {
        let comment = comment(&json!({ "description": "one */ two\nthree" }), "  ");
        assert_eq!(comment, "  /** one * / two\n   * three */\n");
    }
}
