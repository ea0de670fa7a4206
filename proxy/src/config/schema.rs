//! The JSON Schema of `ficus.yaml`, made from the structures that read it.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// The schema, in draft 2020-12. Nothing in it refers elsewhere, so every editor can use it.
#[must_use]
pub fn schema() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<Config>().to_value()
}

/// Every key that the schema has and that holds a value rather than a section; items of a list are written `name[]`.
#[must_use]
pub fn keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    collect(&schema(), "", &mut keys);
    keys
}

fn collect(schema: &Value, path: &str, keys: &mut BTreeSet<String>) {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    // Such as `flags`, which is a name or a section.
    let plain = schema["anyOf"].as_array().into_iter().flatten();
    if plain.clone().any(|schema| schema["properties"].is_object())
        && plain.clone().any(|schema| schema["type"] == "string")
    {
        keys.insert(path.to_owned());
    }
    let objects: Vec<&Value> = alternatives
        .chain([schema])
        .filter(|schema| schema["properties"].is_object())
        .collect();
    if objects.is_empty() {
        if schema["items"]["properties"].is_object() {
            collect(&schema["items"], &format!("{path}[]"), keys);
        } else if !path.is_empty() {
            keys.insert(path.to_owned());
        }
    }
    for (name, below) in objects
        .iter()
        .filter_map(|object| object["properties"].as_object())
        .flatten()
    {
        let separator = if path.is_empty() { "" } else { "." };
        collect(below, &format!("{path}{separator}{name}"), keys);
    }
}
