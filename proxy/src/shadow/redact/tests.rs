//! What must never be stored, and what must stay readable.

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{at_path, body, headers, target, text, value};

#[test]
fn secrets_and_people_are_masked_and_the_rest_stays() {
    let before = json!({
        "id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaa02", "total": 12.5, "statusCode": 200, "code": "482913", "errorCode": "NOT_FOUND",
        "password": "hunter22", "user": {"Email": "ana@example.com", "accessToken": "abc", "phone_number": null, "apiKey": ""},
        "note": "call +51 911 111 102 or ana@example.com, card 4111 1111 1111 1111", "totalTokens": 99, "createdAt": "2026-11-22T19:34:00.131Z"
    });
    let expected = json!({
        "id": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaa02", "total": 12.5, "statusCode": 200, "code": "[secret]", "errorCode": "NOT_FOUND",
        "password": "[secret]", "user": {"Email": "[secret]", "accessToken": "[secret]", "phone_number": null, "apiKey": ""},
        "note": "call [phone] or [e-mail], card [card]", "totalTokens": 99, "createdAt": "2026-11-22T19:34:00.131Z"
    });
    assert_eq!(value(&before), expected);
}

#[test]
fn a_difference_is_masked_by_its_path() {
    assert_eq!(at_path("$.users[*].password", &json!("x1")), json!("[secret]"));
    assert_eq!(at_path("header:set-cookie.session", &json!("b0b1")), json!("[secret]"));
    assert_eq!(at_path("header:set-cookie.lang.path", &json!("/")), json!("/"));
    assert_eq!(at_path("$.token(jwt).sub", &json!("ana")), json!("[secret]"));
    assert_eq!(at_path("$.title", &json!("Hello")), json!("Hello"));
    assert_eq!(at_path("$.data", &json!({"otp": "1234"})), json!({"otp": "[secret]"}));
}

#[test]
fn requests_are_masked_in_headers_target_and_body() {
    let mut map = HeaderMap::new();
    map.insert(AUTHORIZATION, HeaderValue::from_static("Bearer abcdefghijkl"));
    map.insert(COOKIE, HeaderValue::from_static("session=1"));
    map.insert("x-internal-key", HeaderValue::from_static("k"));
    map.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    assert_eq!(
        Value::from(headers(&map)),
        json!({"authorization": "[secret]", "cookie": "[secret]", "x-internal-key": "[secret]", "content-type": "application/x-www-form-urlencoded"})
    );
    assert_eq!(
        body(&map, b"user=ana%40example.com&password=x&page=2", 100).value,
        json!("user=[e-mail]&password=[secret]&page=2")
    );
    let uri = "/api/reset/abc123/x?token=t0k3n&page=2&q=ana%40example.com"
        .parse()
        .expect("uri");
    assert_eq!(
        target(&uri, "POST /api/reset/[token]/x"),
        "/api/reset/[secret]/x?token=[secret]&page=2&q=[e-mail]"
    );
    assert_eq!(body(&HeaderMap::new(), b"\xff\xfe", 100).value, json!("[2 bytes]"));
}

#[test]
fn tokens_are_masked_wherever_they_stand() {
    for secret in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2ln",
        "Bearer b0b0000000000000",
        "Bearer 11111111-1111-4111-8111-111111111111",
        "987654321",
        "sk-abcdefghijklmnop",
    ] {
        let shown = text(&format!("before {secret} after"));
        assert!(
            !shown.contains(secret) && shown.starts_with("before [") && shown.ends_with("] after"),
            "{shown}"
        );
    }
    for plain in [
        "d0000000-0000-4000-8000-000000000003",
        "/api/t/11111111-1111-4111-8111-111111111111/x",
    ] {
        assert_eq!(text(plain), plain);
    }
    assert_eq!(
        text("d0000000-0000-4000-8000-000000000003 called 987654321"),
        "d0000000-0000-4000-8000-000000000003 called [phone]"
    );
    assert_eq!(
        text("on 2026-11-22 at 19:34, ticket 1001"),
        "on 2026-11-22 at 19:34, ticket 1001"
    );
}
