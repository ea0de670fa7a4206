//! Row changes of both sides in one notation.

use serde_json::{Map, Value, json};

use super::har::{Operation, RowChange};

/// The recorded changes, in the notation of the comparison.
pub(super) fn recorded(changes: &[RowChange]) -> Value {
    let changes = changes.iter().map(|change| match change.op {
        Operation::Insert => {
            let new = change.new.clone().unwrap_or_default();
            json!({ "table": change.table, "op": "insert", "new": without_nulls(new) })
        }
        Operation::Update => {
            let changed = change.changed.clone().unwrap_or_default();
            let changed = changed
                .into_iter()
                .map(|(column, values)| (column, of_column(values.get("to").cloned())))
                .collect::<Map<_, _>>();
            json!({ "table": change.table, "op": "update", "pk": change.pk, "changed": changed })
        }
        Operation::Delete => json!({ "table": change.table, "op": "delete", "pk": change.pk }),
    });
    in_order(changes.collect())
}

/// What the audit triggers saw: a list of `{table, op, pk, old, new}`. Several changes of one row are one, as in a recording.
pub(super) fn seen(changes: &Value) -> Value {
    let mut rows: Vec<(String, String, Value, Value)> = Vec::new();
    for change in changes.as_array().into_iter().flatten() {
        let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        let (table, pk) = (text("table"), text("pk"));
        let known = rows.iter_mut().find(|row| row.0 == table && row.1 == pk);
        match known {
            Some(row) => row.3 = change["new"].clone(),
            None => rows.push((table, pk, change["old"].clone(), change["new"].clone())),
        }
    }
    in_order(rows.into_iter().filter_map(net).collect())
}

/// The changes without the deletions of rows of `tables`, and the tables of those that were left out.
pub(super) fn without_deletions(changes: &Value, tables: &[&str]) -> (Value, Vec<String>) {
    let table = |change: &Value| change["table"].as_str().unwrap_or_default().to_owned();
    let (left_out, kept): (Vec<Value>, Vec<Value>) = changes
        .as_array()
        .into_iter()
        .flatten()
        .cloned()
        .partition(|change| change["op"] == "delete" && tables.contains(&table(change).as_str()));
    (Value::Array(kept), left_out.iter().map(table).collect())
}

/// What became of one row in the whole transaction; `None` when it is as before.
fn net((table, pk, old, new): (String, String, Value, Value)) -> Option<Value> {
    match (old, new) {
        (Value::Object(_), Value::Null) => Some(json!({ "table": table, "op": "delete", "pk": pk })),
        (Value::Null, Value::Object(new)) => Some(json!({ "table": table, "op": "insert", "new": without_nulls(new) })),
        (Value::Object(old), Value::Object(new)) => {
            let changed: Map<_, _> = new
                .into_iter()
                .filter(|(column, value)| old.get(column) != Some(value))
                .map(|(column, value)| (column, of_column(Some(value))))
                .collect();
            (!changed.is_empty()).then(|| json!({ "table": table, "op": "update", "pk": pk, "changed": changed }))
        }
        _ => None,
    }
}

/// A recording leaves the columns out that are null; so do we, and a null stays unequal to every value.
fn without_nulls(row: Map<String, Value>) -> Map<String, Value> {
    row.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(column, value)| (column, of_column(Some(value))))
        .collect()
}

/// PostgreSQL prints as few digits of a second as it can; all times get at least three.
fn of_column(value: Option<Value>) -> Value {
    match value {
        Some(Value::String(text)) => Value::String(with_milliseconds(text)),
        Some(value) => value,
        None => Value::Null,
    }
}

fn with_milliseconds(text: String) -> String {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 19
        && text.is_ascii()
        && bytes.iter().take(19).enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return text;
    }
    let (seconds, rest) = text.split_at(19);
    let digits = rest.strip_prefix('.').unwrap_or_default();
    let length = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let zone = match rest.strip_prefix('.') {
        Some(_) => &digits[length..],
        None => rest,
    };
    if !matches!(zone.as_bytes().first(), None | Some(b'Z' | b'+' | b'-')) {
        return text;
    }
    format!("{seconds}.{:0<3}{zone}", &digits[..length])
}

/// By table and operation; what is left is the order of the changes.
fn in_order(mut changes: Vec<Value>) -> Value {
    let key = |change: &Value| {
        let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        (text("table"), text("op"), text("pk"))
    };
    changes.sort_by_key(key);
    Value::Array(changes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{seen, with_milliseconds};

    #[test]
    fn times_get_three_digits_and_nothing_else_changes() {
        for (text, expected) in [
            ("2026-11-22T19:35:01.43", "2026-11-22T19:35:01.430"),
            ("2026-11-22T19:35:01", "2026-11-22T19:35:01.000"),
            ("2026-11-22T19:35:01.4+00:00", "2026-11-22T19:35:01.400+00:00"),
            ("2026-11-22T19:35:01 and so on", "2026-11-22T19:35:01 and so on"),
            ("2026-11-22", "2026-11-22"),
        ] {
            assert_eq!(with_milliseconds(text.to_owned()), expected);
        }
    }

    #[test]
    fn several_changes_of_one_row_are_one() {
        let change = |op: &str, old, new| json!({"table":"t","op":op,"pk":"1","old":old,"new":new});
        let both = json!([
            change("insert", json!(null), json!({"id":"1","a":1,"b":null})),
            change(
                "update",
                json!({"id":"1","a":1,"b":null}),
                json!({"id":"1","a":2,"b":null})
            ),
        ]);
        assert_eq!(seen(&both), json!([{"table":"t","op":"insert","new":{"id":"1","a":2}}]));
        let undone = json!([
            change("update", json!({"id":"1","a":1}), json!({"id":"1","a":2})),
            change("update", json!({"id":"1","a":2}), json!({"id":"1","a":1})),
        ]);
        assert_eq!(seen(&undone), json!([]));
    }
}
