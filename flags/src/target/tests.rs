//! Which requests a target means.

use http::header::COOKIE;
use http::{HeaderMap, Method};

use super::*;
use crate::facts::Session;
use crate::{Decision, Inventory, Problems, Snapshot, compile, decide};

/// The places of the requests that native answers, of a route `/t/[slug]` at stage canary with these targets.
fn native_answers(targets: &str, requests: &[Facts<'_>]) -> Result<Vec<usize>, Problems> {
    let snapshot = snapshot(targets)?;
    let native = |facts: &Facts<'_>| decide(&snapshot, facts).serve == Side::Native;
    Ok((0..requests.len()).filter(|place| native(&requests[*place])).collect())
}

fn snapshot(targets: &str) -> Result<Snapshot, Problems> {
    let text = format!(
        "version: 1\nroutes:\n  - route: GET /t/[slug]\n    stage: canary\n    sample: 0%\n    tenant_from: [session, \"header:x-tenant\", \"host:*.example.com\", \"path:slug\"]\n    target:\n{targets}"
    );
    compile(&text, &Inventory::new("GET /t/[slug]".parse().ok()))
}

fn request<'a>(path: &'a str, host: &'a str, headers: &'a HeaderMap) -> Facts<'a> {
    Facts {
        host: Some(host),
        headers: Some(headers),
        ..Facts::new(&Method::GET, path, 0)
    }
}

#[test]
fn a_tenant_is_found_in_the_first_place_that_has_one() -> Result<(), Problems> {
    let none = HeaderMap::new();
    let mut named = HeaderMap::new();
    named.insert("x-tenant", "acme".parse().unwrap());
    let in_session = Facts {
        session: Session {
            tenant: Some("acme"),
            ..Session::default()
        },
        ..request("/t/other", "other.example.com", &none)
    };
    let session_first = Facts {
        session: Session {
            tenant: Some("other"),
            ..Session::default()
        },
        ..request("/t/acme", "acme.example.com", &named)
    };
    let requests = [
        in_session,
        request("/t/other", "other.example.com", &named),
        request("/t/other", "ACME.example.com".to_ascii_lowercase().leak(), &none),
        request("/t/acme", "localhost", &none),
        session_first,
        request("/t/acme", "other.example.com", &none),
        request("/t/%61cme", "localhost", &none),
    ];
    let native = native_answers("      - { tenant: [zeta, acme], serve: native }\n", &requests)?;
    assert_eq!(native, [0, 1, 2, 3]);
    Ok(())
}

#[test]
fn every_condition_must_hold_and_the_first_target_that_fits_decides() -> Result<(), Problems> {
    let targets = "      - { ip: [10.0.0.0/8], serve: legacy }
      - { role: admin, header: { X-Beta: [on, yes] }, serve: native }
      - { cookie: { beta: \"*\" }, serve: native }
      - { host: app.example.com, serve: native }
      - { user: [u1], serve: native }
";
    let (none, mut beta, mut cookie) = (HeaderMap::new(), HeaderMap::new(), HeaderMap::new());
    beta.insert("x-beta", "yes".parse().unwrap());
    cookie.insert(COOKIE, "beta=7".parse().unwrap());
    let session = |user: Option<&'static str>, role: Option<&'static str>| Session {
        user,
        role,
        tenant: None,
    };
    let bare = request("/t/x", "localhost", &none);
    let with_beta = request("/t/x", "localhost", &beta);
    let requests = [
        bare,
        with_beta,
        Facts {
            session: session(None, Some("admin")),
            ..with_beta
        },
        Facts {
            session: session(None, Some("admin")),
            ..bare
        },
        Facts {
            session: session(None, Some("admin")),
            client: Some("10.9.9.9".parse().unwrap()),
            ..with_beta
        },
        request("/t/x", "localhost", &cookie),
        request("/t/x", "APP.example.com:443", &none),
        Facts {
            session: session(Some("u1"), None),
            ..bare
        },
        Facts {
            session: session(Some("u2"), None),
            ..bare
        },
        Facts {
            client: Some("::ffff:10.0.0.1".parse().unwrap()),
            ..request("/t/x", "app.example.com", &none)
        },
    ];
    assert_eq!(native_answers(targets, &requests)?, [2, 5, 6, 7]);
    let flags = snapshot(targets)?;
    let Decision { reason, .. } = decide(&flags, &requests[4]);
    assert_eq!(reason.to_string(), "target 1 of the canary fits");
    let steps = crate::explain(&flags, &requests[2]).steps;
    assert_eq!(
        steps,
        [
            "target 1 (line 8), ip 10.0.0.0/8 → legacy: does not fit",
            "target 2 (line 9), role admin and header x-beta: on or yes → native: fits",
        ]
    );
    Ok(())
}

#[test]
fn a_session_is_only_asked_for_where_it_decides() -> Result<(), Problems> {
    for (targets, needed) in [
        ("      - { ip: [10.0.0.0/8], serve: native }\n", false),
        ("      - { host: a.example, serve: native }\n", false),
        ("      - { role: admin, serve: native }\n", true),
        ("      - { tenant: a, serve: native }\n", true),
    ] {
        let flags = snapshot(targets)?;
        assert_eq!(flags.look_up(&Method::GET, "/t/x").needs_session(), needed, "{targets}");
    }
    Ok(())
}
