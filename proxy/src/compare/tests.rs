//! What equal means, as tables: two bodies and the paths that differ.

mod route_rules;
mod whole_answers;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Known, Occasion, Rules, Verdict, compare};

/// 2026-11-22T19:34:00.000Z, the moment of every exchange here.
const NOW: i64 = 1_795_376_040_000;

fn occasion(known: &Known) -> Occasion<'_> {
    Occasion {
        started_ms: NOW,
        ended_ms: NOW + 200,
        known,
        may_mint: true,
        head: false,
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (
            HeaderName::try_from(*name).expect("name"),
            HeaderValue::try_from(*value).expect("value"),
        )
    };
    pairs.iter().map(pair).collect()
}

fn paths(verdict: &Verdict) -> Vec<String> {
    verdict
        .differences()
        .iter()
        .map(|difference| format!("{} {}", difference.path, difference.detail))
        .collect()
}

fn bodies(legacy: &[u8], native: &[u8], media: &str, rules: &Rules, at: &Occasion<'_>) -> Verdict {
    let headers = headers(&[("content-type", media)]);
    let answer = |body| Answer {
        status: StatusCode::OK,
        headers: &headers,
        body,
    };
    compare(&answer(legacy), &answer(native), rules, at)
}

fn json_paths(legacy: &Value, native: &Value, rules: &Rules) -> Vec<String> {
    let known = Known::nothing().and("POST /api/x?id=11111111-1111-4111-8111-111111111111");
    let (legacy, native) = (legacy.to_string(), native.to_string());
    paths(&bodies(
        legacy.as_bytes(),
        native.as_bytes(),
        "application/json",
        rules,
        &occasion(&known),
    ))
}

fn header_paths(legacy: &[(&str, &str)], native: &[(&str, &str)]) -> Vec<String> {
    let (legacy, native, known) = (headers(legacy), headers(native), Known::nothing());
    let answer = |headers| Answer {
        status: StatusCode::OK,
        headers,
        body: b"" as &[u8],
    };
    paths(&compare(
        &answer(&legacy),
        &answer(&native),
        &Rules::default(),
        &occasion(&known),
    ))
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(&json!({"alg": "HS256"})),
        part(claims),
        URL_SAFE_NO_PAD.encode(claims["sig"].to_string())
    )
}

const UUID_A: &str = "3f2b8c1e-7a4d-4e9b-9c0a-1234567890ab";
const UUID_B: &str = "9d0c7b6a-1f2e-4d3c-8b4a-abcdef012345";
const UUID_C: &str = "0a1b2c3d-4e5f-4a6b-9c8d-feedfacecafe";
const IN_REQUEST: &str = "11111111-1111-4111-8111-111111111111";

#[test]
fn structure_and_plain_values_count() {
    for (legacy, native, expected) in [
        (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), vec![]),
        (json!({"a": 1}), json!({"a": 1.0}), vec![]),
        (json!({"a": 0.0}), json!({"a": -0.0}), vec![]),
        (json!({"a": 1}), json!({"a": "1"}), vec!["$.a type"]),
        (json!({"a": 1}), json!({"a": 2}), vec!["$.a changed"]),
        (
            json!({"a": 9_007_199_254_740_993_i64}),
            json!({"a": 9_007_199_254_740_992_i64}),
            vec!["$.a changed"],
        ),
        (json!({"a": null}), json!({}), vec!["$.a missing"]),
        (json!({}), json!({"a": null}), vec!["$.a extra"]),
        (json!({"a": null}), json!({"a": false}), vec!["$.a type"]),
        (json!([1, 2]), json!([2, 1]), vec!["$ order"]),
        (json!([1, 2]), json!([1]), vec!["$ length"]),
        (
            json!({"items": [{"n": 1}, {"n": 2}]}),
            json!({"items": [{"n": 1}, {"n": 3}]}),
            vec!["$.items[*].n changed"],
        ),
        (
            json!({"text": "Ticket not found"}),
            json!({"text": "ticket not found"}),
            vec!["$.text changed"],
        ),
        (
            json!({"odd key": [1]}),
            json!({"odd key": [2]}),
            vec!["$[\"odd key\"][*] changed"],
        ),
    ] {
        assert_eq!(
            json_paths(&legacy, &native, &Rules::default()),
            expected,
            "{legacy} / {native}"
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn minted_ids_are_a_bijection_and_never_ignored() {
    let cuid = |at: i64, tail: &str| format!("c{}{tail}", base36(at));
    for (legacy, native, expected) in [
        (json!({"id": UUID_A}), json!({"id": UUID_B}), vec![]),
        (
            json!({"id": UUID_A, "self": UUID_A}),
            json!({"id": UUID_B, "self": UUID_B}),
            vec![],
        ),
        (
            json!({"id": UUID_A, "self": UUID_A}),
            json!({"id": UUID_B, "self": UUID_C}),
            vec!["$.self identity"],
        ),
        (
            json!({"id": UUID_A, "self": UUID_C}),
            json!({"id": UUID_B, "self": UUID_B}),
            vec!["$.self identity"],
        ),
        (
            json!({"id": UUID_A, "url": format!("/t/{UUID_A}/x")}),
            json!({"id": UUID_B, "url": format!("/t/{UUID_B}/x")}),
            vec![],
        ),
        (
            json!({"id": UUID_A, "url": format!("/t/{UUID_A}")}),
            json!({"id": UUID_B, "url": format!("/t/{UUID_C}")}),
            vec!["$.url changed"],
        ),
        (json!({"id": UUID_A}), json!({"id": IN_REQUEST}), vec!["$.id changed"]),
        (json!({"id": IN_REQUEST}), json!({"id": UUID_A}), vec!["$.id changed"]),
        (json!({"id": UUID_A}), json!({"id": "1234"}), vec!["$.id changed"]),
        (
            json!({"id": cuid(NOW, "0000qz8c1h2k3l4m")}),
            json!({"id": cuid(NOW + 90, "0000zz8c1h2k3l4m")}),
            vec![],
        ),
        (
            json!({"id": cuid(NOW, "0000qz8c1h2k3l4m")}),
            json!({"id": cuid(NOW - 86_400_000, "0000zz8c1h2k3l4m")}),
            vec!["$.id changed"],
        ),
        (
            json!({"s": {(UUID_A): 1}, "of": UUID_A}),
            json!({"s": {(UUID_B): 1}, "of": UUID_B}),
            vec![],
        ),
        (
            json!({"s": {(UUID_A): 1}}),
            json!({"s": {(UUID_B): 2}}),
            vec!["$.s.* changed"],
        ),
        (
            json!({"n": UUID_A, "m": UUID_B}),
            json!({"n": UUID_B, "m": UUID_A}),
            vec![],
        ),
        (
            json!({"n": UUID_A, "m": UUID_A}),
            json!({"n": UUID_A, "m": UUID_B}),
            vec!["$.m identity"],
        ),
    ] {
        assert_eq!(
            json_paths(&legacy, &native, &Rules::default()),
            expected,
            "{legacy} / {native}"
        );
    }
}

#[test]
fn a_read_mints_nothing_until_a_second_asking_shows_it() {
    let (legacy, native) = (
        json!({"assignee": UUID_A}).to_string(),
        json!({"assignee": UUID_B}).to_string(),
    );
    let nothing = Known::nothing();
    let strict = Occasion {
        may_mint: false,
        ..occasion(&nothing)
    };
    let verdict = bodies(
        legacy.as_bytes(),
        native.as_bytes(),
        "application/json",
        &Rules::default(),
        &strict,
    );
    assert_eq!(paths(&verdict), ["$.assignee changed"]);
    let said_twice = Known::nothing().and_common(&legacy, &legacy);
    let verdict = bodies(
        legacy.as_bytes(),
        native.as_bytes(),
        "application/json",
        &Rules::default(),
        &occasion(&said_twice),
    );
    assert_eq!(
        paths(&verdict),
        ["$.assignee changed"],
        "legacy said the same id twice, so it did not make it up"
    );
}

#[test]
fn minted_times_may_differ_by_the_tolerance_and_stored_ones_may_not() {
    for (legacy, native, expected) in [
        (
            json!({"createdAt": "2026-11-22T19:34:00.131Z"}),
            json!({"createdAt": "2026-11-22T19:34:00.050Z"}),
            vec![],
        ),
        (
            json!({"createdAt": "2026-11-22T19:34:00.131Z"}),
            json!({"createdAt": "2026-11-22T19:34:00Z"}),
            vec!["$.createdAt time"],
        ),
        (
            json!({"createdAt": "2026-11-22T19:34:00.131Z"}),
            json!({"createdAt": "2026-11-22T19:35:00.131Z"}),
            vec!["$.createdAt time"],
        ),
        (
            json!({"createdAt": "2025-11-22T19:34:00.131Z"}),
            json!({"createdAt": "2025-11-22T19:34:00.132Z"}),
            vec!["$.createdAt time"],
        ),
        (
            json!({"expiresAt": "2026-11-22T19:39:00.131Z"}),
            json!({"expiresAt": "2026-11-22T19:39:00.050Z"}),
            vec![],
        ),
        (
            json!({"startsAt": "2026-11-22T19:39:00.131Z"}),
            json!({"startsAt": "2026-11-22T19:39:00.050Z"}),
            vec!["$.startsAt time"],
        ),
        (json!({"timestamp": NOW + 7}), json!({"timestamp": NOW}), vec![]),
        (
            json!({"timestamp": NOW + 60_000}),
            json!({"timestamp": NOW}),
            vec!["$.timestamp changed"],
        ),
        (json!({"at": NOW / 1000}), json!({"at": NOW / 1000 + 1}), vec![]),
        (
            json!({"user": format!("user_{}", NOW + 7)}),
            json!({"user": format!("user_{NOW}")}),
            vec![],
        ),
    ] {
        assert_eq!(
            json_paths(&legacy, &native, &Rules::default()),
            expected,
            "{legacy} / {native}"
        );
    }
}

#[test]
fn tokens_are_compared_claim_by_claim() {
    let token = |claims: Value| json!({"token": jwt(&claims)});
    let exp = NOW / 1000 + 3_600;
    for (legacy, native, expected) in [
        (
            json!({"sub": "ana", "iat": 5, "exp": exp, "sig": 1}),
            json!({"sub": "ana", "iat": 6, "exp": exp + 1, "sig": 1}),
            vec![],
        ),
        (
            json!({"jti": UUID_A, "sig": 1}),
            json!({"jti": UUID_B, "sig": 1}),
            vec![],
        ),
        (
            json!({"sub": "ana", "sig": 1}),
            json!({"sub": "luis", "sig": 1}),
            vec!["$.token(jwt).sub changed"],
        ),
        (
            json!({"exp": exp}),
            json!({"exp": exp + 3_600}),
            vec!["$.token(jwt).exp time"],
        ),
        (json!({"exp": exp}), json!({}), vec!["$.token(jwt).exp missing"]),
    ] {
        assert_eq!(
            json_paths(&token(legacy.clone()), &token(native.clone()), &Rules::default()),
            expected,
            "{legacy} / {native}"
        );
    }
    let hash = |tail: &str| json!({"h": format!("$2b$10${tail:x<53}")});
    assert_eq!(
        json_paths(&hash("abc"), &hash("def"), &Rules::default()),
        Vec::<String>::new()
    );
}

#[test]
fn a_route_can_ignore_reorder_and_accept_codes() {
    let rules = || Rules::new(Duration::from_secs(5));
    let list = |ids: &[i64]| json!({"items": ids.iter().map(|id| json!({"id": id, "n": id * 10})).collect::<Vec<_>>()});
    let by_id = rules().unordered("$.items", Some("id")).expect("path");
    let as_set = rules().unordered("$.items", None).expect("path");
    for rules in [&by_id, &as_set] {
        assert_eq!(
            json_paths(&list(&[1, 2, 3]), &list(&[3, 1, 2]), rules),
            Vec::<String>::new()
        );
        assert_eq!(
            json_paths(&list(&[1, 2, 2]), &list(&[2, 1, 1]), rules),
            ["$.items[*].id changed", "$.items[*].n changed"]
        );
    }
    let minted = |one: &str, two: &str| json!({"items": [{"id": one, "n": 1}, {"id": two, "n": 2}], "first": one});
    let swapped = json!({"items": [{"id": UUID_C, "n": 2}, {"id": IN_REQUEST.replace('1', "7"), "n": 1}], "first": IN_REQUEST.replace('1', "7")});
    assert_eq!(
        json_paths(&minted(UUID_A, UUID_B), &swapped, &by_id),
        Vec::<String>::new()
    );
    let ignoring = rules().ignore("$.items[*].n").expect("path");
    assert_eq!(
        json_paths(&json!({"items": [{"n": 1}]}), &json!({"items": [{}]}), &ignoring),
        Vec::<String>::new()
    );
    let codes = rules().same_shape("$.code").expect("path");
    assert_eq!(
        json_paths(&json!({"code": "482913"}), &json!({"code": "003471"}), &codes),
        Vec::<String>::new()
    );
    assert_eq!(
        json_paths(&json!({"code": "482913"}), &json!({"code": "48291"}), &codes),
        ["$.code changed"]
    );
    assert_eq!(
        json_paths(&json!({"code": "482913"}), &json!({"code": "003471"}), &rules()),
        ["$.code changed"]
    );
}

fn base36(mut number: i64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from_digit(u32::try_from(number % 36).expect("digit"), 36).expect("digit"));
        number /= 36;
    }
    digits.iter().rev().collect()
}
