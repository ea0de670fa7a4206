//! Requests made from an operation: mostly as declared, some broken in one place, some broken everywhere.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};
use serde_json::Value;

use super::Operation;
use super::values::{Source, anything, hostile};
use super::world::World;

/// A request.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    pub(super) path: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Body>,
    /// Why no success may be the answer.
    pub(super) must_fail: Option<&'static str>,
}

/// A body and its media type.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) media: String,
    pub(super) bytes: Vec<u8>,
}

/// What a request carries to say who sends it.
#[derive(Clone, Debug, Default)]
pub(super) struct Proof {
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) good: bool,
}

/// Requests to one operation.
pub(super) fn to(document: &Value, operation: &Operation<'_>, world: &World) -> BoxedStrategy<Sent> {
    let source = Source {
        document,
        known: world.known(),
    };
    let parameters = |place: &'static str| parameters(source, operation.declared, place);
    let security = operation.declared["security"].as_array().unwrap();
    let needs_proof = !security.is_empty() && security.iter().all(|one| one != &serde_json::json!({}));
    let schemes = security
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|one| one.keys().cloned());
    let mut proofs: Vec<Proof> = schemes.map(|scheme| world.proof(&scheme)).collect();
    let proof = if proofs.is_empty() {
        Just(Proof::default()).boxed()
    } else {
        proofs.retain(|proof| proof.good);
        let garbage = hostile().prop_map(|text| Proof {
            headers: vec![("authorization".to_owned(), format!("Bearer {}", text.escape_default()))],
            ..Proof::default()
        });
        prop_oneof![6 => select(proofs), 1 => Just(Proof::default()), 1 => garbage].boxed()
    };
    (
        proof,
        parameters("path"),
        parameters("query"),
        body(source, operation.declared),
    )
        .prop_map(move |(proof, path, mut query, (body, incomplete))| {
            let unproven = needs_proof && !proof.good;
            query.extend(proof.query);
            Sent {
                path,
                query,
                headers: proof.headers,
                body,
                must_fail: unproven.then_some("nobody proved who they are").or(incomplete),
            }
        })
        .boxed()
}

fn parameters(source: Source<'_>, operation: &Value, place: &str) -> BoxedStrategy<Vec<(String, String)>> {
    let declared = operation["parameters"].as_array().into_iter().flatten();
    let strategies: Vec<_> = declared
        .filter(|parameter| parameter["in"] == place)
        .map(|parameter| {
            let name = parameter["name"].as_str().unwrap().to_owned();
            let required = parameter["required"] == true;
            let fitting = source
                .fitting(&parameter["schema"], &name)
                .prop_map(|value| plain(&value));
            let value = prop_oneof![7 => fitting, 1 => hostile()];
            let rarely = if required { 1.0 } else { 0.3 };
            (proptest::bool::weighted(rarely), value)
                .prop_map(move |(there, value)| there.then(|| (name.clone(), value)))
                .boxed()
        })
        .collect();
    strategies.prop_map(|all| all.into_iter().flatten().collect()).boxed()
}

/// A body, and why the endpoint must refuse it, when it must.
type Made = (Option<Body>, Option<&'static str>);

fn body(source: Source<'_>, operation: &Value) -> BoxedStrategy<Made> {
    let Some(request) = operation.get("requestBody") else {
        return Just((None, None)).boxed();
    };
    let content = request["content"].as_object().unwrap();
    let media: Vec<String> = content.keys().cloned().collect();
    let schema = source.resolved(&content.values().next().unwrap()["schema"]);
    let required: Vec<String> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let fitting = source.fitting(&schema, "body");
    let whole = (select(media), fitting.clone()).prop_map(|(media, value)| (Some(written(media, &value)), None));
    let mut ways = vec![
        (10, whole.boxed()),
        (2, one_field_replaced(fitting.clone())),
        (1, anything().prop_map(|value| (Some(json(&value)), None)).boxed()),
        (
            1,
            proptest::collection::vec(any::<u8>(), 0..40)
                .prop_map(|bytes| (Some(raw(bytes)), None))
                .boxed(),
        ),
        (
            1,
            Just((
                None,
                request["required"].as_bool().unwrap().then_some("its body is missing"),
            ))
            .boxed(),
        ),
    ];
    if !required.is_empty() {
        let lacking = (fitting, select(required)).prop_map(|(mut value, name)| {
            value.as_object_mut().unwrap().remove(&name);
            (Some(json(&value)), Some("a required field is missing"))
        });
        ways.push((2, lacking.boxed()));
    }
    Union::new_weighted(ways).boxed()
}

fn one_field_replaced(fitting: BoxedStrategy<Value>) -> BoxedStrategy<Made> {
    (fitting, any::<proptest::sample::Index>(), anything())
        .prop_map(|(mut value, index, other)| {
            if let Some(fields) = value.as_object_mut().filter(|fields| !fields.is_empty()) {
                let at = index.index(fields.len());
                *fields.values_mut().nth(at).unwrap() = other;
            }
            (Some(json(&value)), None)
        })
        .boxed()
}

fn written(media: String, value: &Value) -> Body {
    if media == "application/json" {
        return json(value);
    }
    let mut form = reqwest::Url::parse("http://form.example/").unwrap();
    let fields = value.as_object().unwrap();
    form.query_pairs_mut()
        .extend_pairs(fields.iter().map(|(name, value)| (name, plain(value))));
    Body {
        media,
        bytes: form.query().unwrap_or_default().as_bytes().to_vec(),
    }
}

fn json(value: &Value) -> Body {
    raw(value.to_string().into_bytes())
}

fn raw(bytes: Vec<u8>) -> Body {
    Body {
        media: "application/json".to_owned(),
        bytes,
    }
}

/// A value in a path, a query or a form.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
