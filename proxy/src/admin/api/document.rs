//! The OpenAPI 3.1 document of the admin API, made from the list of its operations.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Operation, all};

/// Refusals that every operation knows.
const EVERYWHERE: [u16; 5] = [401, 403, 415, 422, 429];

/// The document. The same binary always makes the same one.
#[must_use]
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in all() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] = described(&operation, &mut generator);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ficus admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Moves routes between legacy and native, and says who did. Every request carries a token whose role \
                allows it: viewer, qa, release, admin; each may do what those before it may.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["error", "remedy"],
                    "properties": { "error": { "type": "string" }, "remedy": { "type": "string" } },
                },
            },
        },
        "security": [{ "token": [] }],
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    responses.insert(
        operation.status.to_string(),
        json!({ "description": "done", "content": { "application/json": {} } }),
    );
    for status in EVERYWHERE.iter().chain(operation.refusals) {
        let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        let refusal = json!({ "description": reason(*status), "content": { "application/json": problem } });
        responses.insert(status.to_string(), refusal);
    }
    let mut described = json!({
        "summary": operation.summary, "x-role": operation.role, "responses": responses, "parameters": parameters(operation),
    });
    if let Some(takes) = operation.takes {
        let schema = takes(generator).to_value();
        described["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let inside = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let inside =
        inside.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let asked = operation.query.iter().map(|(name, what)| {
        let required = operation.path == "/api/gate";
        json!({ "name": name, "in": "query", "required": required, "description": what, "schema": { "type": "string" } })
    });
    inside.chain(asked).collect()
}

fn reason(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("refused")
}
