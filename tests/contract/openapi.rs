//! The OpenAPI document: it is the one that is committed, and the endpoints do what it says.

mod judge;
mod requests;
mod values;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use harness::Answer;
use http::Method;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use proxy::openapi::{difference, typescript};
use serde_json::Value;

use self::judge::Judge;
use self::requests::Sent;
use self::world::World;

/// Requests to each endpoint that takes something. All of them together take seconds.
const CASES: usize = 48;
/// Requests to one that takes nothing and that anybody may call: they are all alike.
const ALIKE: usize = 3;
/// Attempts to make a failing request smaller before it is shown.
const SIMPLER: usize = 100;

fn document() -> Value {
    handlers::openapi::document().unwrap_or_else(|incomplete| panic!("{incomplete}"))
}

fn committed(path: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (path, text)
}

#[test]
fn the_committed_document_is_the_one_of_the_code() {
    let (_, text) = committed("docs/openapi.json");
    let before: Value = serde_json::from_str(&text).unwrap();
    let found: Vec<String> = difference::between(&before, &document())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        found.is_empty(),
        "make it again with: ficus openapi > docs/openapi.json\n{}",
        found.join("\n")
    );
}

#[test]
fn the_committed_document_of_the_admin_api_is_the_one_of_the_code() {
    let (_, text) = committed("docs/admin-openapi.json");
    let before: Value = serde_json::from_str(&text).unwrap();
    let found = difference::between(&before, &proxy::admin::document());
    assert!(
        found.is_empty(),
        "make it again with: ficus openapi --admin > docs/admin-openapi.json\n{found:?}"
    );
}

#[test]
fn the_committed_types_are_those_of_the_document() {
    let (_, text) = committed("tests/legacy/lib/api-types.ts");
    assert!(
        text == typescript::types(&document()),
        "make them again with: ficus openapi --typescript > tests/legacy/lib/api-types.ts"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = document();
    let mut references = Vec::new();
    judge::each(&document, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            references.push(reference.to_owned());
        }
    });
    assert!(
        references.len() > 10,
        "no references, so this rule would hold by itself"
    );
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for schema in document["components"]["schemas"].as_object().unwrap().values() {
        assert!(jsonschema::meta::is_valid(schema), "no JSON Schema: {schema}");
    }
    let mut names = BTreeMap::new();
    for operation in operations(&document) {
        let name = operation.declared["operationId"].as_str().unwrap().to_owned();
        let other = names.insert(name, operation.route());
        assert_eq!(other, None, "two operations have one operationId");
    }
}

/// One operation of the document.
struct Operation<'d> {
    method: Method,
    path: &'d str,
    declared: &'d Value,
}

impl Operation<'_> {
    fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn cases(&self) -> usize {
        let free = self.declared["security"].as_array().is_some_and(Vec::is_empty);
        let takes_nothing = self.declared.get("parameters").is_none() && self.declared.get("requestBody").is_none();
        if free && takes_nothing { ALIKE } else { CASES }
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(move |(method, declared)| Operation {
                method: method.to_ascii_uppercase().parse().unwrap(),
                path,
                declared,
            })
    });
    all.collect()
}

#[tokio::test]
async fn every_endpoint_keeps_to_its_declaration_whatever_it_is_sent() {
    let document = document();
    for operation in operations(&document) {
        let world = World::new().await;
        let judge = Judge::new(&document, operation.declared);
        let strategy = requests::to(&document, &operation, &world);
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let mut statuses = BTreeMap::<u16, usize>::new();
        for _ in 0..operation.cases() {
            let mut tree = strategy.new_tree(&mut runner).unwrap();
            match attempt(&world, &judge, &operation, &tree.current()).await {
                Ok(answer) => *statuses.entry(answer.status.as_u16()).or_default() += 1,
                Err(first) => {
                    let mut simplest = (tree.current(), first);
                    for _ in 0..SIMPLER {
                        if !tree.simplify() {
                            break;
                        }
                        match attempt(&world, &judge, &operation, &tree.current()).await {
                            Err(problem) => simplest = (tree.current(), problem),
                            Ok(_) if tree.complicate() => {}
                            Ok(_) => break,
                        }
                    }
                    panic!("{}: {}\nwas sent: {:#?}", operation.route(), simplest.1, simplest.0);
                }
            }
        }
        assert!(
            !judge.can_succeed() || statuses.keys().any(|status| *status < 300),
            "{}: nothing that was sent succeeded, so little was tried: {statuses:?}",
            operation.route()
        );
    }
}

async fn attempt(world: &World, judge: &Judge, operation: &Operation<'_>, sent: &Sent) -> Result<Answer, String> {
    world.pass();
    let answer = world
        .send(operation, sent)
        .await
        .map_err(|failure| format!("gave up: {failure}"))?;
    judge.check(sent, &answer)?;
    Ok(answer)
}
