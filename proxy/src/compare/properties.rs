//! Properties that hold for any answer whatever.

use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Answer, Known, Occasion, Rules, Verdict, compare};

fn judge(legacy: &[u8], native: &[u8]) -> Verdict {
    judge_under(&Rules::default(), legacy, native)
}

fn judge_under(rules: &Rules, legacy: &[u8], native: &[u8]) -> Verdict {
    let known = Known::nothing();
    let at = Occasion {
        started_ms: 1_795_376_040_000,
        ended_ms: 1_795_376_040_100,
        known: &known,
        may_mint: true,
        head: false,
    };
    let headers: HeaderMap = [(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]
        .into_iter()
        .collect();
    let answer = |body| Answer {
        status: StatusCode::OK,
        headers: &headers,
        body,
    };
    compare(&answer(legacy), &answer(native), rules, &at)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[a-f0-9]{16,40}",
        "c[a-z0-9]{19,24}",
        "2026-11-22T19:3[34]:[0-5][0-9]\\.[0-9]{3}Z",
        "eyJ[a-zA-Z0-9_-]{0,20}\\.[a-zA-Z0-9_-]{0,20}\\.[a-z]{0,3}",
        "/t/[a-f0-9]{16}/[a-z]{1,3}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop_oneof!["[a-c]", any_text()], inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A document that mentions a few ids, by number, each perhaps several times.
fn with_ids(shape: &[usize], ids: &[String]) -> String {
    let list: Vec<Value> = shape
        .iter()
        .map(|index| {
            let id = &ids[index % ids.len()];
            serde_json::json!({"id": id, "url": format!("/api/things/{id}"), "n": index})
        })
        .collect();
    Value::from(list).to_string()
}

/// The document with every id of one list put in the place of the other's.
fn renamed(value: &Value, from: &[String], to: &[String]) -> Value {
    match value {
        Value::String(text) => {
            let renamed = from
                .iter()
                .zip(to)
                .fold(text.clone(), |text, (from, to)| text.replace(from, to));
            Value::from(renamed)
        }
        Value::Array(members) => members.iter().map(|member| renamed(member, from, to)).collect(),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), renamed(member, from, to)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// Any document, with ids strewn in.
fn any_json_with(ids: &[String]) -> impl Strategy<Value = Value> + use<> {
    let ids = ids.to_vec();
    let id = prop::sample::select(ids.clone()).prop_map(Value::from);
    let url = prop::sample::select(ids).prop_map(|id| Value::from(format!("/api/things/{id}?page=1")));
    (any_json(), prop::collection::vec(prop_oneof![id, url], 1..6))
        .prop_map(|(any, strewn)| serde_json::json!({"any": any, "strewn": strewn, "nested": {"first": strewn[0]}}))
}

fn distinct_ids() -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set("[a-f][0-9][a-f0-9]{18}", 4).prop_map(|ids| ids.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics_and_is_symmetric(one in any_json(), other in any_json()) {
        let (one, other) = (one.to_string(), other.to_string());
        let (there, back) = (judge(one.as_bytes(), other.as_bytes()), judge(other.as_bytes(), one.as_bytes()));
        prop_assert_eq!(there.is_equal(), back.is_equal());
        prop_assert_eq!(there.differences().len(), back.differences().len());
    }

    #[test]
    fn is_reflexive_whatever_the_notation(value in any_json()) {
        let (compact, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).expect("json"));
        let verdict = judge(compact.as_bytes(), pretty.as_bytes());
        prop_assert!(verdict.is_equal(), "{:?}", verdict);
    }

    #[test]
    fn never_panics_on_bytes(one in prop::collection::vec(any::<u8>(), 0..200), other in prop::collection::vec(any::<u8>(), 0..200)) {
        judge(&one, &other);
    }

    #[test]
    fn renaming_minted_ids_changes_nothing(shape in prop::collection::vec(0_usize..4, 1..12), here in distinct_ids(), there in distinct_ids()) {
        let verdict = judge(with_ids(&shape, &here).as_bytes(), with_ids(&shape, &there).as_bytes());
        prop_assert!(verdict.is_equal(), "{:?}", verdict);
    }

    #[test]
    fn merging_two_ids_into_one_is_noticed(here in distinct_ids(), there in distinct_ids()) {
        let merged = [there[0].clone(), there[0].clone(), there[2].clone(), there[3].clone()];
        let verdict = judge(with_ids(&[0, 1, 2, 3], &here).as_bytes(), with_ids(&[0, 1, 2, 3], &merged).as_bytes());
        prop_assert!(!verdict.is_equal());
    }

    #[test]
    fn renaming_the_ids_of_any_document_changes_nothing(
        (document, here) in distinct_ids().prop_flat_map(|ids| (any_json_with(&ids), Just(ids))),
        there in distinct_ids(),
    ) {
        let native = renamed(&document, &here, &there).to_string();
        let verdict = judge(document.to_string().as_bytes(), native.as_bytes());
        prop_assert!(verdict.is_equal(), "{:?}", verdict);
    }

    #[test]
    fn a_bag_is_equal_in_any_order(
        (members, shuffled) in prop::collection::vec(any_json(), 0..8).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let rules = Rules::default().unordered("$", None).expect("path");
        let verdict = judge_under(&rules, Value::from(members).to_string().as_bytes(), Value::from(shuffled).to_string().as_bytes());
        prop_assert!(verdict.is_equal(), "{:?}", verdict);
    }

    #[test]
    fn rules_never_panic(one in any_json(), other in any_json()) {
        let rules = Rules::default()
            .unordered("$", Some("a"))
            .and_then(|rules| rules.unordered("$.*", None))
            .and_then(|rules| rules.same_shape("$.a"))
            .and_then(|rules| rules.ignore("$.b"))
            .expect("paths");
        judge_under(&rules, one.to_string().as_bytes(), other.to_string().as_bytes());
    }
}
