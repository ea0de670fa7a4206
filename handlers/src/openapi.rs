//! The OpenAPI 3.1 document of the native endpoints, made from their declarations ([`crate::kit::Operation`]); there is no
//! other list of them.

mod operation;
mod paths;
mod schemas;
mod security;

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use self::schemas::Schemas;
use crate::kit::Endpoint;

/// In this order the methods of a path stand.
const METHODS: [Method; 6] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// Declarations that no document can be made from: all of them, a line each, with the remedy.
#[derive(Debug, thiserror::Error)]
#[error("these endpoints are not declared in full:\n{}", .0.join("\n"))]
pub struct Incomplete(pub Vec<String>);

/// The document of every endpoint of [`crate::catalogue`]. The same binary always makes the same document, key for key.
///
/// # Errors
/// When an endpoint does not say what it takes and gives.
pub fn document() -> Result<Value, Incomplete> {
    document_of(&crate::catalogue())
}

fn document_of(endpoints: &[Endpoint]) -> Result<Value, Incomplete> {
    let mut schemas = Schemas::new();
    let mut problems = Vec::new();
    let mut paths = BTreeMap::<String, BTreeMap<usize, (Method, Value)>>::new();
    for endpoint in endpoints {
        for path in paths::of(endpoint.pattern) {
            match operation::render(endpoint, &path, &mut schemas) {
                Ok(operation) => {
                    let rank = METHODS.iter().position(|method| *method == endpoint.method);
                    let methods = paths.entry(path.text).or_default();
                    methods.insert(rank.unwrap_or(METHODS.len()), (endpoint.method.clone(), operation));
                }
                Err(found) => problems.extend(found),
            }
        }
    }
    let components = schemas.into_components().unwrap_or_else(|found| {
        problems.extend(found);
        Map::new()
    });
    if !problems.is_empty() {
        return Err(Incomplete(problems));
    }
    let paths: Map<String, Value> = paths.into_iter().map(|(path, methods)| (path, item(methods))).collect();
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ficus: the native endpoints",
            "description": "What this binary answers by itself. Whether it does, or the legacy app does, is decided for each route by the flags.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths,
        "components": { "schemas": components, "securitySchemes": security::schemes() },
    }))
}

fn item(methods: BTreeMap<usize, (Method, Value)>) -> Value {
    let operations = methods.into_values();
    operations
        .map(|(method, operation)| (method.as_str().to_ascii_lowercase(), operation))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use schemars::JsonSchema;

    use super::*;
    use crate::kit::error::{Bare, Envelope};
    use crate::kit::{Area, Callers, Inbound, Operation, Outcome, Reader, Reply, Routes};

    async fn nothing(_: &mut Reader, _: &Inbound) -> Outcome {
        Ok(Reply::empty(StatusCode::OK))
    }

    fn made(operation: Option<Operation>) -> Result<Value, Incomplete> {
        let routes = Routes::new(Area::Crm).read(Method::GET, "/api/things/[id]", nothing);
        let routes = match operation {
            Some(operation) => routes.describe(operation),
            None => routes,
        };
        document_of(&routes.endpoints().collect::<Vec<_>>())
    }

    fn whole() -> Operation {
        Operation::new("Show a thing")
            .callers(Callers::Anybody)
            .gives_nothing(StatusCode::OK)
    }

    fn problems(operation: Option<Operation>) -> Vec<String> {
        made(operation).unwrap_err().0
    }

    #[test]
    fn an_endpoint_without_an_operation_is_a_problem_with_its_remedy() {
        assert_eq!(
            problems(None),
            ["GET /api/things/[id]: no operation; add `.describe(Operation::new(…))` behind its declaration"]
        );
        let silent = problems(Some(Operation::new("")));
        assert_eq!(silent.len(), 3, "summary, callers and answers: {silent:?}");
    }

    #[test]
    fn path_parameters_come_from_the_pattern_and_may_be_typed() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is asked for")]
        struct Path {
            /// Which thing.
            id: u32,
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is asked for")]
        struct Wrong {
            /// Which thing.
            thing: u32,
        }
        let parameter =
            |operation| made(Some(operation)).unwrap()["paths"]["/api/things/{id}"]["get"]["parameters"][0].clone();
        assert_eq!(
            parameter(whole()),
            json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } })
        );
        assert_eq!(parameter(whole().path::<Path>())["schema"]["type"], "integer");
        assert_eq!(parameter(whole().path::<Path>())["description"], "Which thing.");
        let wrong = problems(Some(whole().path::<Wrong>()));
        assert!(wrong[0].contains("`thing`") && wrong[0].contains("`id`"), "{wrong:?}");
    }

    #[test]
    fn query_parameters_are_absent_and_never_null() {
        #[derive(JsonSchema)]
        #[schemars(rename_all = "camelCase")]
        #[expect(dead_code, reason = "only its schema is asked for")]
        struct Query {
            /// How many.
            most_rows: Option<i64>,
        }
        let document = made(Some(whole().query::<Query>())).unwrap();
        let parameter = &document["paths"]["/api/things/{id}"]["get"]["parameters"][1];
        assert_eq!(
            *parameter,
            json!({ "name": "mostRows", "in": "query", "description": "How many.",
                    "schema": { "type": "integer", "format": "int64" } })
        );
    }

    #[test]
    fn a_field_that_an_answer_may_lack_is_never_null_in_it() {
        #[derive(JsonSchema, serde::Serialize)]
        struct Reply {
            always: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            sometimes: Option<bool>,
        }
        let document = made(Some(whole().gives::<Reply>(StatusCode::CREATED))).unwrap();
        let reply = &document["components"]["schemas"]["Reply"];
        assert_eq!(reply["required"], json!(["always"]));
        assert_eq!(reply["properties"]["always"]["type"], json!(["boolean", "null"]));
        assert_eq!(reply["properties"]["sometimes"]["type"], "boolean");
    }

    #[test]
    fn two_bodies_of_one_status_are_alternatives() {
        let operation = whole()
            .refuses::<Bare>(&[StatusCode::CONFLICT])
            .refuses::<Envelope>(&[StatusCode::CONFLICT]);
        let document = made(Some(operation)).unwrap();
        let answer = &document["paths"]["/api/things/{id}"]["get"]["responses"]["409"];
        let either = json!([{ "$ref": "#/components/schemas/Bare" }, { "$ref": "#/components/schemas/Envelope" }]);
        assert_eq!(answer["content"]["application/json"]["schema"]["anyOf"], either);
        assert_eq!(answer["description"], "Conflict");
    }

    #[test]
    fn two_types_of_one_name_are_a_problem() {
        mod other {
            #[derive(schemars::JsonSchema)]
            #[expect(dead_code, reason = "only its schema is asked for")]
            pub(super) struct Bare {
                different: bool,
            }
        }
        let operation = whole()
            .refuses::<Bare>(&[StatusCode::CONFLICT])
            .refuses::<other::Bare>(&[StatusCode::GONE]);
        let found = problems(Some(operation));
        assert!(found[0].starts_with("two types are called `Bare`"), "{found:?}");
    }
}
