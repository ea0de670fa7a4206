//! Values that fit a schema, and values that fit none.

use proptest::collection::{hash_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};
use serde_json::{Map, Value, json};

use super::world::Known;

/// Texts that have broken servers before.
const HOSTILE: [&str; 14] = [
    "",
    " ",
    "\0",
    "a\0b",
    "null",
    "undefined",
    "'; drop table users; --",
    "%00%ff",
    "%",
    "_",
    "../../etc/passwd",
    "-9223372036854775808",
    "\u{feff}\u{202e}ñ👍",
    "2026-02-30T25:00:00Z",
];

/// What schemas refer to, and the words that lead to rows that exist.
#[derive(Clone, Copy)]
pub(super) struct Source<'d> {
    pub(super) document: &'d Value,
    pub(super) known: &'d Known,
}

impl Source<'_> {
    /// Values that fit `schema`, which is that of a field called `name`.
    pub(super) fn fitting(self, schema: &Value, name: &str) -> BoxedStrategy<Value> {
        let schema = self.resolved(schema);
        if let Some(value) = schema.get("const") {
            return Just(value.clone()).boxed();
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return select(values.clone()).boxed();
        }
        for alternatives in ["anyOf", "oneOf"] {
            if let Some(all) = schema.get(alternatives).and_then(Value::as_array) {
                return Union::new(all.iter().map(|one| self.fitting(one, name))).boxed();
            }
        }
        match &schema["type"] {
            Value::Array(kinds) => Union::new(kinds.iter().map(|kind| self.of_kind(kind, &schema, name))).boxed(),
            kind => self.of_kind(kind, &schema, name),
        }
    }

    /// A schema without `$ref`, and with the fields of all its `allOf`.
    pub(super) fn resolved(self, schema: &Value) -> Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.document.pointer(reference.trim_start_matches('#'));
            return self.resolved(target.unwrap_or_else(|| panic!("{reference} leads nowhere")));
        }
        let Some(all) = schema.get("allOf").and_then(Value::as_array) else {
            return schema.clone();
        };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in all.iter().map(|part| self.resolved(part)) {
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        json!({ "type": "object", "properties": properties, "required": required })
    }

    fn of_kind(self, kind: &Value, schema: &Value, name: &str) -> BoxedStrategy<Value> {
        match kind.as_str() {
            Some("null") => Just(Value::Null).boxed(),
            Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
            Some("integer") => prop_oneof![-3_i64..200, any::<i64>()].prop_map(Value::from).boxed(),
            Some("number") => any::<f64>().prop_map(Value::from).boxed(),
            Some("string") => self.texts(name).prop_map(Value::from).boxed(),
            Some("array") => {
                let most = usize::try_from(schema["maxItems"].as_u64().unwrap_or(3)).unwrap();
                vec(self.fitting(&schema["items"], name), 0..=most)
                    .prop_map(Value::from)
                    .boxed()
            }
            Some("object") => self.objects(schema),
            _ => anything(),
        }
    }

    fn objects(self, schema: &Value) -> BoxedStrategy<Value> {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let fields: Vec<_> = properties
            .map(|(name, schema)| {
                let (name, value) = (name.clone(), self.fitting(schema, name));
                if required.contains(&name.as_str()) {
                    value.prop_map(move |value| Some((name.clone(), value))).boxed()
                } else {
                    let there = any::<bool>();
                    (there, value)
                        .prop_map(move |(there, value)| there.then(|| (name.clone(), value)))
                        .boxed()
                }
            })
            .collect();
        fields
            .prop_map(|fields| Value::Object(fields.into_iter().flatten().collect()))
            .boxed()
    }

    /// Texts for a field: mostly one that leads to a row, when there is any.
    pub(super) fn texts(self, name: &str) -> BoxedStrategy<String> {
        let known = self.known.words(name);
        if known.is_empty() {
            return prop_oneof![2 => written(), 1 => hostile()].boxed();
        }
        prop_oneof![10 => select(known), 1 => written(), 1 => hostile()].boxed()
    }
}

fn written() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..20).prop_map(|letters| letters.into_iter().collect())
}

/// A hostile text.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    select(HOSTILE.map(str::to_owned).to_vec())
}

/// Any JSON, not deep.
pub(super) fn anything() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        hostile().prop_map(Value::from),
        written().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let fields = hash_map(written(), inner.clone(), 0..3);
        prop_oneof![
            vec(inner, 0..3).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}
