use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::exchange::{PathVerdict, RequestId};

fn facts() -> RequestFacts {
    RequestFacts {
        id: RequestId::none(),
        peer: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        client: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        scheme: "http",
        started: tokio::time::Instant::now(),
        path: PathVerdict::Canonical,
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            )
        })
        .collect()
}

fn forwarded(pairs: &[(&str, &str)], trusted: bool) -> HeaderMap {
    let mut headers = headers(pairs);
    forwardable_request(&mut headers, &facts(), trusted);
    headers
}

#[test]
fn nominated_headers_go_but_ours_are_added_afterwards() {
    let after = forwarded(
        &[
            ("host", "a.test"),
            ("connection", "x-forwarded-for, cookie, host"),
            ("cookie", "a=1"),
        ],
        false,
    );
    assert!(!after.contains_key("cookie"));
    assert_eq!(after["host"], "a.test");
    assert_eq!(after["x-forwarded-for"], "203.0.113.9");
    assert!(!after.contains_key("connection"));
}

#[test]
fn what_an_untrusted_peer_claims_is_dropped() {
    let claims = [
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=1"),
        ("x-real-ip", "1.1.1.1"),
        ("x-forwarded-proto", "https"),
    ];
    let after = forwarded(&claims, false);
    assert_eq!(after["x-forwarded-for"], "203.0.113.9");
    assert_eq!(after["x-forwarded-proto"], "http");
    assert!(!after.contains_key("forwarded") && !after.contains_key("x-real-ip"));
    let trusted = forwarded(&claims, true);
    assert_eq!(trusted["x-forwarded-for"], "10.0.0.1, 203.0.113.9");
    assert_eq!(trusted["x-forwarded-proto"], "https");
}

#[test]
fn internal_headers_and_their_underscore_twins_never_pass() {
    for name in [
        "x-middleware-subrequest",
        "x-ficus-serve",
        "x-invoke-path",
        "next-resume",
        "x_forwarded_for",
        "x_middleware_next",
    ] {
        assert!(
            !forwarded(&[(name, "1")], true).keys().any(|key| key.as_str() == name),
            "{name}"
        );
    }
    assert!(forwarded(&[("next-action", "abc"), ("x_custom", "1")], false).contains_key("x_custom"));
}

#[test]
fn only_a_nominated_upgrade_that_is_not_h2c_passes() {
    let websocket = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
    assert_eq!(wanted_upgrade(&websocket).unwrap(), "websocket");
    assert!(wanted_upgrade(&headers(&[("upgrade", "websocket")])).is_none());
    assert!(wanted_upgrade(&headers(&[("connection", "upgrade"), ("upgrade", "h2c")])).is_none());
}
