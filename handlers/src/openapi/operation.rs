//! One endpoint as an operation.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::paths::{self, Path};
use super::schemas::{Field, Schemas};
use super::security;
use crate::kit::error::Unexpected;
use crate::kit::operation::{Answer, Body, Content};
use crate::kit::{Endpoint, Operation};

/// What every body may be refused with before its endpoint runs (`crate::native`).
fn with_kit_answers(operation: &Operation, method: &Method) -> Operation {
    let operation = operation.clone();
    if operation.body.is_some() && *method != Method::OPTIONS {
        operation.refuses::<Unexpected>(&[StatusCode::PAYLOAD_TOO_LARGE])
    } else {
        operation
    }
}

/// Renders an operation, or says everything that its declaration lacks.
pub(super) fn render(endpoint: &Endpoint, path: &Path, schemas: &mut Schemas) -> Result<Value, Vec<String>> {
    let route = format!("{} {}", endpoint.method, endpoint.pattern);
    let Some(operation) = &endpoint.operation else {
        let text = "no operation; add `.describe(Operation::new(…))` behind its declaration";
        return Err(vec![format!("{route}: {text}")]);
    };
    let operation = with_kit_answers(operation, &endpoint.method);
    let (parameters, mut problems) = parameters(&operation, path, schemas);
    if operation.summary.is_empty() {
        problems.push("no summary; `Operation::new` takes it".to_owned());
    }
    if operation.answers.is_empty() {
        problems.push("no answers; add `.gives::<T>(status)` and `.refuses::<T>(…)`".to_owned());
    }
    let Some(callers) = operation.callers else {
        problems.push("no callers; add `.callers(Callers::…)`".to_owned());
        return Err(placed(&route, problems));
    };
    if !problems.is_empty() {
        return Err(placed(&route, problems));
    }
    let mut rendered = json!({
        "operationId": paths::operation_id(&endpoint.method, path),
        "summary": operation.summary,
        "tags": [endpoint.area.as_str()],
        "security": security::alternatives(callers),
    });
    if !parameters.is_empty() {
        rendered["parameters"] = parameters.into();
    }
    if let Some(body) = &operation.body {
        rendered["requestBody"] = request_body(body, schemas);
    }
    rendered["responses"] = responses(&operation.answers, schemas);
    rendered["x-ficus"] = json!({ "route": route, "kind": endpoint.kind.as_str(), "calls": endpoint.calls });
    Ok(rendered)
}

fn placed(route: &str, problems: Vec<String>) -> Vec<String> {
    problems
        .into_iter()
        .map(|problem| format!("{route}: {problem}"))
        .collect()
}

fn parameters(operation: &Operation, path: &Path, schemas: &mut Schemas) -> (Vec<Value>, Vec<String>) {
    let mut problems = Vec::new();
    let mut parameters = path_parameters(operation, path, schemas, &mut problems);
    for shape in &operation.query {
        for field in schemas.fields(*shape) {
            if field.description.is_none() {
                problems.push(format!(
                    "the query parameter `{}` has no doc comment in `{}`",
                    field.name,
                    (shape.name)()
                ));
            }
            parameters.push(parameter("query", field));
        }
    }
    (parameters, problems)
}

fn path_parameters(
    operation: &Operation,
    path: &Path,
    schemas: &mut Schemas,
    problems: &mut Vec<String>,
) -> Vec<Value> {
    let mut typed = operation.path.map(|shape| schemas.fields(shape)).unwrap_or_default();
    let named = |name: &str| path.parameters.iter().any(|parameter| parameter.name == name);
    for stranger in typed.iter().filter(|field| !named(&field.name)) {
        let names: Vec<String> = path
            .parameters
            .iter()
            .map(|parameter| format!("`{}`", parameter.name))
            .collect();
        problems.push(format!(
            "the path parameter `{}` is not in the pattern, which has {}",
            stranger.name,
            names.join(", ")
        ));
    }
    let parameters = path.parameters.iter().map(|wanted| {
        let at = typed.iter().position(|field| field.name == wanted.name);
        let untyped = || Field {
            name: wanted.name.to_owned(),
            required: true,
            description: wanted
                .catch_all
                .then(|| "One segment or several, with slashes between them.".into()),
            schema: json!({ "type": "string" }),
        };
        let field = at.map_or_else(untyped, |at| typed.swap_remove(at));
        parameter(
            "path",
            Field {
                required: true,
                ..field
            },
        )
    });
    parameters.collect()
}

fn parameter(place: &str, field: Field) -> Value {
    let mut parameter = json!({ "name": field.name, "in": place });
    if field.required {
        parameter["required"] = true.into();
    }
    if let Some(description) = field.description {
        parameter["description"] = description;
    }
    parameter["schema"] = field.schema;
    parameter
}

fn request_body(body: &Body, schemas: &mut Schemas) -> Value {
    let mut shapes: Vec<Value> = body.shapes.iter().map(|shape| schemas.read(*shape)).collect();
    let schema = if shapes.len() == 1 {
        shapes.remove(0)
    } else {
        json!({ "allOf": shapes })
    };
    let content: Map<String, Value> = body
        .media
        .iter()
        .map(|media| ((*media).to_owned(), json!({ "schema": schema })))
        .collect();
    json!({ "required": body.required, "content": content })
}

fn responses(answers: &[Answer], schemas: &mut Schemas) -> Value {
    let mut by_status = BTreeMap::<StatusCode, Vec<&Answer>>::new();
    for answer in answers {
        by_status.entry(answer.status).or_default().push(answer);
    }
    let responses = by_status
        .into_iter()
        .map(|(status, answers)| (status.as_str().to_owned(), response(status, &answers, schemas)));
    Value::Object(responses.collect())
}

fn response(status: StatusCode, answers: &[&Answer], schemas: &mut Schemas) -> Value {
    let mut response = json!({ "description": status.canonical_reason().unwrap_or("An answer") });
    let headers: Map<String, Value> = answers
        .iter()
        .flat_map(|answer| &answer.headers)
        .map(|(name, meaning)| {
            let header = json!({ "description": meaning, "schema": { "type": "string" } });
            ((*name).to_owned(), header)
        })
        .collect();
    if !headers.is_empty() {
        response["headers"] = headers.into();
    }
    let mut media = BTreeMap::<&str, Vec<Value>>::new();
    for content in answers.iter().filter_map(|answer| answer.content) {
        match content {
            Content::Json(shape) => media
                .entry("application/json")
                .or_default()
                .push(schemas.written(shape)),
            Content::Other(name) => media.entry(name).or_default().push(json!({ "type": "string" })),
        }
    }
    if !media.is_empty() {
        let content = media
            .into_iter()
            .map(|(name, schemas)| (name.to_owned(), json!({ "schema": either(schemas) })));
        response["content"] = Value::Object(content.collect());
    }
    response
}

fn either(mut schemas: Vec<Value>) -> Value {
    schemas.dedup();
    if schemas.len() == 1 {
        schemas.remove(0)
    } else {
        json!({ "anyOf": schemas })
    }
}
