//! TypeScript types from an OpenAPI 3.1 document: one `export type` a schema, and `Operations` with what every route takes and
//! gives.
//!
//! Made here and not by a package of npm, so that the drift check of `cargo test` needs no Node, and the legacy app no package
//! more. It knows what the generator of our schemas writes; a keyword that it does not know makes a type wider, never
//! narrower: `unknown` at worst.

mod schema;

use std::fmt::Write as _;

use serde_json::{Map, Value};

use self::schema::{comment, key, type_of};

const HEAD: &str = "// Made by `ficus openapi --typescript` from the declarations of the native endpoints. Do not edit: make it again.\n";

/// What callers write instead of long paths into `Operations`.
const SHORTHANDS: &str = r#"/** A route: a method and a path template. */
export type Route = keyof Operations;

/** What a route takes as its JSON body. */
export type RequestBody<R extends Route> = Operations[R]["body"];

/** What a route answers with one status. */
export type Answer<R extends Route, S extends keyof Operations[R]["answers"]> = Operations[R]["answers"][S];
"#;

/// The whole module. The same document always gives the same text.
#[must_use]
pub fn types(document: &Value) -> String {
    let mut text = HEAD.to_owned();
    for (name, schema) in object(&document["components"]["schemas"]) {
        text.push('\n');
        text.push_str(&comment(schema, ""));
        let _ = writeln!(text, "export type {} = {};", key(name), type_of(schema, ""));
    }
    text.push_str("\n/** Every native endpoint. */\nexport type Operations = {\n");
    for (path, methods) in object(&document["paths"]) {
        for (method, operation) in object(methods) {
            let route = format!("{} {path}", method.to_ascii_uppercase());
            text.push_str(&summary(operation));
            let _ = writeln!(text, "  {}: {{", Value::from(route));
            let _ = writeln!(text, "    path: {};", parameters(operation, "path"));
            let _ = writeln!(text, "    query: {};", parameters(operation, "query"));
            let _ = writeln!(text, "    body: {};", body(operation));
            text.push_str("    answers: {\n");
            for (status, response) in object(&operation["responses"]) {
                let _ = writeln!(text, "      {status}: {};", content(response));
            }
            text.push_str("    };\n  };\n");
        }
    }
    text.push_str("};\n\n");
    text.push_str(SHORTHANDS);
    text
}

fn summary(operation: &Value) -> String {
    match operation["summary"].as_str() {
        Some(summary) => format!("  /** {}. */\n", summary.replace("*/", "* /")),
        None => String::new(),
    }
}

fn parameters(operation: &Value, place: &str) -> String {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let mut fields = String::new();
    for parameter in all.filter(|parameter| parameter["in"] == place) {
        let required = parameter["required"] == true;
        fields.push_str(&comment(parameter, "      "));
        let name = parameter["name"].as_str().unwrap_or_default();
        let mark = if required { "" } else { "?" };
        let _ = writeln!(
            fields,
            "      {}{mark}: {};",
            key(name),
            type_of(&parameter["schema"], "      ")
        );
    }
    if fields.is_empty() {
        "Record<string, never>".to_owned()
    } else {
        format!("{{\n{fields}    }}")
    }
}

fn body(operation: &Value) -> String {
    let request = &operation["requestBody"];
    let Some(schema) = request["content"]["application/json"].get("schema") else {
        return "undefined".to_owned();
    };
    let body = type_of(schema, "    ");
    if request["required"] == true {
        body
    } else {
        format!("{body} | undefined")
    }
}

/// The type of a JSON answer; another media type is text or bytes, which `fetch` hands out in its own types.
fn content(response: &Value) -> String {
    let media = object(&response["content"]);
    let mut types: Vec<String> = Vec::new();
    for (name, media) in media {
        types.push(if name == "application/json" {
            type_of(&media["schema"], "      ")
        } else {
            "unknown".to_owned()
        });
    }
    if types.is_empty() {
        "undefined".to_owned()
    } else {
        types.join(" | ")
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_route_has_its_parameters_its_body_and_its_answers() {
        let document = json!({
            "paths": { "/api/things/{id}": { "put": {
                "summary": "Change a thing",
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "dry-run", "in": "query", "description": "Only look.", "schema": { "type": "boolean" } },
                ],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
                "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } }, "204": {} },
            } } },
            "components": { "schemas": { "Thing": {
                "type": "object", "description": "One thing.", "required": ["name"],
                "properties": { "name": { "type": "string" }, "size": { "type": ["integer", "null"] } },
            } } },
        });
        let text = types(&document);
        for expected in [
            "/** One thing. */\nexport type Thing = {\n  name: string;\n  size?: number | null;\n};\n",
            "  /** Change a thing. */\n  \"PUT /api/things/{id}\": {\n",
            "    path: {\n      id: string;\n    };\n",
            "    query: {\n      /** Only look. */\n      \"dry-run\"?: boolean;\n    };\n    body: Thing;\n",
            "    answers: {\n      200: Thing;\n      204: undefined;\n    };\n",
        ] {
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
    }
}
