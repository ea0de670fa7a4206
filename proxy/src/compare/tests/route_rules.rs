//! The rules of a route as its flag file states them.

use flags::Inventory;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{bodies, headers, json_paths, occasion, paths};
use crate::compare::{Answer, Known, Rules, compare};

/// The rules of a flag file whose `compare` is this.
fn stated(compare: &str) -> Rules {
    let text = format!("version: 1\nroutes:\n  - {{ route: GET /a, compare: {{ {compare} }} }}\n");
    let snapshot = flags::compile(&text, &Inventory::default()).expect("flags");
    Rules::of(&snapshot.plans()[0].compare)
}

fn header_paths(legacy: &[(&str, &str)], native: &[(&str, &str)], rules: &Rules) -> Vec<String> {
    let (legacy, native, known) = (headers(legacy), headers(native), Known::nothing());
    fn answer(headers: &HeaderMap) -> Answer<'_> {
        Answer {
            status: StatusCode::OK,
            headers,
            body: b"",
        }
    }
    paths(&compare(&answer(&legacy), &answer(&native), rules, &occasion(&known)))
}

#[test]
fn random_codes_need_the_same_shape_only() {
    let rules =
        stated("same_shape: ['$.code', '$.items[*].serial', 'header:location', \"header:set-cookie['x.code']\"]");
    let same: [&str; 0] = [];
    assert_eq!(
        json_paths(&json!({"code": "48-AB"}), &json!({"code": "00-XY"}), &rules),
        same
    );
    assert_eq!(
        json_paths(&json!({"code": 482_913}), &json!({"code": 103_471}), &rules),
        same
    );
    assert_eq!(
        json_paths(&json!({"code": 482_913}), &json!({"code": 3_471}), &rules),
        ["$.code changed"]
    );
    assert_eq!(
        json_paths(
            &json!({"code": "4", "other": "4"}),
            &json!({"code": "5", "other": "5"}),
            &rules
        ),
        ["$.other changed"]
    );
    let list = |serial: &str| json!({"items": [{"serial": serial}]});
    assert_eq!(json_paths(&list("A1"), &list("B7"), &rules), same);
    assert_eq!(
        header_paths(&[("location", "/c/12")], &[("location", "/c/99")], &rules),
        same
    );
    assert_eq!(
        header_paths(&[("location", "/c/12")], &[("location", "/d/9")], &rules),
        ["header:location changed"]
    );
    assert_eq!(
        header_paths(&[("set-cookie", "x.code=12")], &[("set-cookie", "x.code=34")], &rules),
        same
    );
}

#[test]
fn headers_and_cookies_can_be_left_out_and_added() {
    let rules =
        stated("ignore: ['header:cache-control', 'header:set-cookie.theme'], headers: [X-Total-Count, cache-control]");
    let legacy = [
        ("cache-control", "no-store"),
        ("x-total-count", "12"),
        ("set-cookie", "theme=a; Path=/"),
        ("x-other", "1"),
    ];
    let native = [
        ("cache-control", "public"),
        ("x-total-count", "13"),
        ("set-cookie", "theme=b"),
        ("x-other", "2"),
    ];
    assert_eq!(header_paths(&legacy, &native, &rules), ["header:x-total-count changed"]);
    assert_eq!(header_paths(&legacy, &[], &rules), ["header:x-total-count missing"]);
    assert_eq!(header_paths(&[], &native, &rules), ["header:x-total-count extra"]);
    assert_eq!(
        header_paths(&[("set-cookie", "theme=a"), ("set-cookie", "sid=1")], &[], &rules),
        ["header:set-cookie.sid missing"]
    );
}

#[test]
fn password_hashes_are_tried_with_the_passwords_of_the_lab_only() {
    let hash = |password: &str| json!({ "hash": bcrypt::hash(password, 4).expect("hash") }).to_string();
    let (legacy, right, wrong) = (hash("first"), hash("first"), hash("second"));
    let judged = |native: &str, known: &Known| {
        let rules = Rules::default();
        paths(&bodies(
            legacy.as_bytes(),
            native.as_bytes(),
            "application/json",
            &rules,
            &occasion(known),
        ))
    };
    let lab = Known::nothing().and_passwords_of(br#"{"newPassword": "first", "name": "second"}"#);
    assert_eq!(judged(&right, &lab), [""; 0]);
    assert_eq!(judged(&wrong, &lab), ["$.hash changed"]);
    assert_eq!(judged(&wrong, &Known::nothing()), [""; 0]);
}
