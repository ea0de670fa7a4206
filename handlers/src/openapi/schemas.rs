//! The schemas that operations refer to.
//!
//! What is read and what is written differ (an optional field is absent in one and null in the other), so there are two
//! generators; a type that is used both ways must come out alike.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::kit::operation::Shape;

/// Collects schemas while operations are rendered.
pub(super) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

/// A field of a struct that stands for parameters.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) description: Option<Value>,
    pub(super) schema: Value,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// A reference to the schema of what comes in.
    pub(super) fn read(&mut self, shape: Shape) -> Value {
        (shape.reference)(&mut self.read).to_value()
    }

    /// A reference to the schema of what goes out.
    pub(super) fn written(&mut self, shape: Shape) -> Value {
        (shape.reference)(&mut self.written).to_value()
    }

    /// The fields of a struct, as parameters: they are there or not, and never null.
    pub(super) fn fields(&mut self, shape: Shape) -> Vec<Field> {
        let whole: Schema = (shape.whole)(&mut self.read);
        let required: Vec<&str> = whole
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let properties = whole.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                let mut schema = schema.clone();
                let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
                Field {
                    name: name.clone(),
                    required: required.contains(&name.as_str()),
                    description,
                    schema: without_null(schema),
                }
            })
            .collect()
    }

    /// Every schema by its name.
    ///
    /// # Errors
    /// When one name stands for two different schemas.
    pub(super) fn into_components(self) -> Result<Map<String, Value>, Vec<String>> {
        let Self { mut read, mut written } = self;
        let mut all: BTreeMap<String, Value> = read.take_definitions(true).into_iter().collect();
        let mut problems = Vec::new();
        for (name, mut schema) in written.take_definitions(true) {
            left_out_is_not_null(&mut schema);
            if all.get(&name).is_some_and(|other| *other != schema) {
                problems.push(format!(
                    "`{name}` is one thing when read and another when written: use two types"
                ));
            }
            all.insert(name, schema);
        }
        // The generator numbers the second type of a name.
        for name in all.keys() {
            let bare = name.trim_end_matches(|character: char| character.is_ascii_digit());
            if bare != name && all.contains_key(bare) {
                problems.push(format!(
                    "two types are called `{bare}`: rename one, or say `#[schemars(rename = …)]`"
                ));
            }
        }
        if problems.is_empty() {
            Ok(all.into_iter().collect())
        } else {
            Err(problems)
        }
    }
}

/// A field that an answer may lack (`skip_serializing_if = "Option::is_none"`) is never null when it is there.
fn left_out_is_not_null(schema: &mut Value) {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !required.contains(&Value::from(name.as_str())) {
            *property = without_null(property.take());
        }
    }
    for alternatives in ["anyOf", "oneOf"] {
        let all = schema.get_mut(alternatives).and_then(Value::as_array_mut);
        all.into_iter().flatten().for_each(left_out_is_not_null);
    }
}

/// `Option<T>` without its null: `["string", "null"]` or `anyOf` of a schema and null.
fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            schema["type"] = kind.clone();
        }
    }
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let not_null = alternatives.map(|all| {
        all.iter()
            .filter(|one| one.get("type") != Some(&Value::from("null")))
            .cloned()
            .collect::<Vec<_>>()
    });
    match not_null {
        Some(mut one) if one.len() == 1 => {
            let only = one.remove(0);
            if let (Some(schema), Value::Object(only)) = (schema.as_object_mut(), only) {
                schema.remove("anyOf");
                schema.extend(only);
            }
        }
        Some(several) => schema["anyOf"] = several.into(),
        None => {}
    }
    schema
}
