//! Whole answers: headers, statuses, other bodies, and a large one.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::super::{Answer, Known, Rules, Verdict, compare};
use super::{UUID_A, UUID_B, UUID_C, bodies, header_paths, headers, occasion, paths};

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn the_listed_headers_count_and_no_others() {
    for (legacy, native, expected) in [
        (
            vec![("content-type", "application/json")],
            vec![("content-type", "Application/JSON")],
            vec![],
        ),
        (
            vec![("content-type", "text/html; charset=utf-8")],
            vec![("content-type", "text/html")],
            vec!["header:content-type changed"],
        ),
        (
            vec![("content-type", "multipart/form-data; boundary=x")],
            vec![("content-type", "multipart/form-data; boundary=y")],
            vec![],
        ),
        (
            vec![("x-powered-by", "Next.js"), ("date", "a")],
            vec![("date", "b")],
            vec![],
        ),
        (
            vec![("cache-control", "no-store, max-age=0")],
            vec![("cache-control", "max-age=0,No-Store")],
            vec![],
        ),
        (
            vec![("cache-control", "no-store")],
            vec![],
            vec!["header:cache-control missing"],
        ),
        (vec![("etag", "\"a\"")], vec![("etag", "\"b\"")], vec![]),
        (vec![], vec![("etag", "\"b\"")], vec!["header:etag extra"]),
        (vec![("vary", "rsc, Accept-Encoding")], vec![("vary", "RSC")], vec![]),
        (
            vec![("allow", "GET, POST")],
            vec![("allow", "POST")],
            vec!["header:allow changed"],
        ),
        (
            vec![("location", "/t/1")],
            vec![("location", "/t/2")],
            vec!["header:location changed"],
        ),
        (
            vec![("access-control-allow-origin", "*")],
            vec![],
            vec!["header:access-control-allow-origin missing"],
        ),
        (
            vec![("set-cookie", "s=1; Path=/; HttpOnly")],
            vec![("set-cookie", "s=1; httponly; path=/")],
            vec![],
        ),
        (
            vec![("set-cookie", "s=1; Path=/; HttpOnly")],
            vec![("set-cookie", "s=1; Path=/")],
            vec!["header:set-cookie.s.httponly missing"],
        ),
        (
            vec![("set-cookie", "s=1")],
            vec![("set-cookie", "t=1")],
            vec!["header:set-cookie.s missing", "header:set-cookie.t extra"],
        ),
        (
            vec![(
                "set-cookie",
                "s=b0b1c2d3e4f5a6b7; Expires=Sun, 22 Nov 2026 19:34:05 GMT",
            )],
            vec![(
                "set-cookie",
                "s=a1a2a3a4a5a6a7a8; Expires=Sun, 22 Nov 2026 19:34:06 GMT",
            )],
            vec![],
        ),
    ] {
        assert_eq!(header_paths(&legacy, &native), expected, "{legacy:?} / {native:?}");
    }
}

#[test]
fn an_id_must_be_the_same_in_headers_and_body() {
    let known = Known::nothing();
    let verdict = |native_id: &str| {
        let (left, right) = (format!("/t/{UUID_A}"), format!("/t/{UUID_B}"));
        let left = headers(&[("content-type", "application/json"), ("location", &left)]);
        let right = headers(&[("content-type", "application/json"), ("location", &right)]);
        let (legacy, native) = (json!({"id": UUID_A}).to_string(), json!({"id": native_id}).to_string());
        let legacy = Answer {
            status: StatusCode::CREATED,
            headers: &left,
            body: legacy.as_bytes(),
        };
        let native = Answer {
            status: StatusCode::CREATED,
            headers: &right,
            body: native.as_bytes(),
        };
        paths(&compare(&legacy, &native, &Rules::default(), &occasion(&known)))
    };
    assert_eq!(verdict(UUID_B), Vec::<String>::new());
    assert_eq!(verdict(UUID_C), ["$.id identity"]);
}

#[test]
fn a_failure_of_legacy_is_no_mismatch_and_another_status_is_one_difference() {
    let (empty, known) = (HeaderMap::new(), Known::nothing());
    let verdict = |legacy: u16, native: u16| {
        let answer = |status| Answer {
            status: StatusCode::from_u16(status).expect("status"),
            headers: &empty,
            body: b"x" as &[u8],
        };
        compare(&answer(legacy), &answer(native), &Rules::default(), &occasion(&known))
    };
    assert_eq!(verdict(500, 200), Verdict::LegacyFailed);
    assert_eq!(paths(&verdict(404, 200)), ["status changed"]);
    assert_eq!(paths(&verdict(200, 500)), ["status changed"]);
}

#[test]
fn other_bodies_are_exact_and_events_a_sequence() {
    let known = Known::nothing();
    let run = |legacy: &[u8], native: &[u8], media| {
        paths(&bodies(legacy, native, media, &Rules::default(), &occasion(&known)))
    };
    assert_eq!(run(b"<p>a", b"<p>a", "text/html"), Vec::<String>::new());
    assert_eq!(run(b"<p>a", b"<p>b", "text/html"), ["$ changed"]);
    assert_eq!(run(b"\xff\x00", b"\xff\x01", "image/png"), ["$ changed"]);
    assert_eq!(run(b"{\"a\":1}", b"{\"a\":", "application/json"), ["$ type"]);
    assert_eq!(
        run(
            b": ping\n\nevent: a\ndata: {\"n\": 1}\n\n",
            b"event:a\r\ndata: {\"n\":1.0}\r\n\r\n",
            "text/event-stream"
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        run(b"data: 1\n\ndata: 2\n\n", b"data: 1\n\n", "text/event-stream"),
        ["$ length"]
    );
}

#[test]
fn a_hundred_kibibytes_of_minted_ids_are_equal() {
    let item = |index: usize, id: &str| json!({"id": format!("{id}{index:04}"), "n": index, "title": "A ticket about something", "open": true, "customer": {"name": "Carla", "phone": null}});
    let list = |id: &str| Value::Array((0..820).map(|index| item(index, id)).collect()).to_string();
    let (legacy, native) = (list("0a1b2c3d4e5f60718293"), list("fa1b2c3d4e5f60718293"));
    assert!(legacy.len() > 90_000, "{}", legacy.len());
    let known = Known::nothing();
    let rules = Rules::default();
    let verdict = bodies(
        legacy.as_bytes(),
        native.as_bytes(),
        "application/json",
        &rules,
        &occasion(&known),
    );
    assert!(verdict.is_equal(), "{verdict:?}");
}
