use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::exchange::{Notable, PathVerdict, RequestId};

fn facts(headers: &HeaderMap) -> RequestFacts {
    RequestFacts {
        id: RequestId::none(),
        peer: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        peer_text: HeaderValue::from_static("203.0.113.9"),
        client: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        scheme: "http",
        started: tokio::time::Instant::now(),
        answered: None,
        path: PathVerdict::Canonical,
        notable: Notable::of(headers),
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
    let passing = Passing {
        trusted_peer: trusted,
        ..Passing::default()
    };
    let facts = facts(&headers);
    if let Some(forwarded) = forwardable_request(&mut headers, &facts, passing).forwarded {
        forwarded.insert_into(&mut headers);
    }
    headers
}

#[test]
fn an_app_in_development_gets_the_names_of_its_requests_and_nothing_else() {
    let mut all = headers(&[
        ("x-nextjs-request-id", "a"),
        ("x-nextjs-html-request-id", "b"),
        ("x_nextjs_request_id", "c"),
        ("x-middleware-subrequest", "d"),
    ]);
    let passing = Passing {
        development: true,
        ..Passing::default()
    };
    let facts = facts(&all);
    forwardable_request(&mut all, &facts, passing);
    let ours = |name: &&http::HeaderName| !name.as_str().starts_with("x-forwarded-");
    let mut left: Vec<&str> = all.keys().filter(ours).map(http::HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["x-nextjs-html-request-id", "x-nextjs-request-id"]);
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
fn trailers_stay_announced_where_they_may_follow() {
    let chunked = [("transfer-encoding", "chunked"), ("trailer", "x-sum")];
    let after = forwarded(&chunked, false);
    assert!(after.contains_key("trailer") && !after.contains_key("transfer-encoding"));
    assert!(!forwarded(&chunked[1..], false).contains_key("trailer"));
    let mut answer = headers(&chunked);
    let notable = Notable::of(&answer);
    forwardable_response(&mut answer, notable);
    assert_eq!(answer, headers(&chunked[1..]));
    let nominated = [chunked[0], chunked[1], ("connection", "trailer")];
    assert!(!forwarded(&nominated, false).contains_key("trailer"));
}

#[test]
fn only_a_nominated_upgrade_that_is_not_h2c_passes() {
    let websocket = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
    assert_eq!(wanted_upgrade(&websocket).unwrap(), "websocket");
    assert!(wanted_upgrade(&headers(&[("upgrade", "websocket")])).is_none());
    assert!(wanted_upgrade(&headers(&[("connection", "upgrade"), ("upgrade", "h2c")])).is_none());
}

#[test]
fn a_trusted_hops_lists_are_continued_over_all_their_lines() {
    let after = forwarded(
        &[
            ("host", "a.test"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("forwarded", "for=192.0.2.1"),
        ],
        true,
    );
    assert_eq!(after["x-forwarded-for"], "192.0.2.1, 10.0.0.1, 203.0.113.9");
    assert_eq!(
        after["forwarded"],
        "for=192.0.2.1, for=203.0.113.9;host=\"a.test\";proto=http"
    );
    assert_eq!(after.get_all("forwarded").iter().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the client sends: nothing hop-by-hop or internal leaves, under no spelling, and our own word is the only one.
    #[test]
    fn no_header_gets_past_the_rules(
        fields in prop::collection::vec((field_name(), "[ -~]{0,20}"), 0..20),
        trusted in any::<bool>(),
    ) {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let upgrade = wanted_upgrade(&headers(&fields));
        let announced = announces_trailers(&headers(&fields));
        let after = forwarded(&fields, trusted);
        for name in after.keys() {
            let plain = name.as_str().replace('_', "-");
            let twin = plain != name.as_str();
            let hop = is_hop_by_hop(&plain, announced && !twin);
            let allowed = !twin && (*name == TE || upgrade.is_some() && [CONNECTION, UPGRADE].contains(name));
            prop_assert!(!hop || allowed, "{name}");
            prop_assert!(!plain.starts_with("x-ficus-") && !INTERNAL.contains(&plain.as_str()), "{name}");
            prop_assert!(!twin || !is_sensitive(&plain), "{name}");
        }
        let chain: Vec<_> = after.get_all("x-forwarded-for").iter().collect();
        prop_assert!(chain.len() == 1 && chain[0].as_bytes().ends_with(b"203.0.113.9"));
        prop_assert!(trusted || chain[0] == "203.0.113.9");
    }
}

fn field_name() -> impl Strategy<Value = String> {
    let others = [
        "connection",
        "upgrade",
        "host",
        "cookie",
        "x-ficus-serve",
        "x-forwarded-for",
        "x-forwarded-server",
        "x-own",
    ];
    let known = HOP_BY_HOP.into_iter().chain(WHO_ASKED).chain(INTERNAL).chain(others);
    let known = prop::sample::select(known.map(str::to_owned).collect::<Vec<_>>());
    (known, any::<bool>()).prop_map(|(name, twin)| if twin { name.replace('-', "_") } else { name })
}
