//! Who answers, for every stage, sample and state of the kill switch.

use http::Method;
use proptest::prelude::*;

use super::*;

use crate::{Flags, Inventory, KillSet, KillSource, Problems, compile};

const TEXT: &str = "version: 1
routes:
  - { route: GET /legacy, stage: legacy }
  - { route: GET /shadow, stage: shadow, sample: 25% }
  - { route: GET /native, stage: native }
";

fn snapshot() -> Result<Snapshot, Problems> {
    let keys = ["GET /shadow", "GET /native"]
        .into_iter()
        .filter_map(|key| key.parse().ok());
    compile(TEXT, &Inventory::new(keys))
}

fn decided(snapshot: &Snapshot, path: &str, ticket: u32) -> (Side, Shadowing, Reason) {
    let decision = decide(snapshot, &Facts::new(&Method::GET, path, ticket));
    (decision.serve, decision.shadow, decision.reason)
}

#[test]
fn the_stage_decides() -> Result<(), Problems> {
    let flags = snapshot()?;
    for (path, ticket, expected) in [
        (
            "/legacy",
            0,
            (Side::Legacy, Shadowing::Off, Reason::Stage(Stage::Legacy)),
        ),
        (
            "/shadow",
            2_499,
            (Side::Legacy, Shadowing::Native, Reason::Stage(Stage::Shadow)),
        ),
        (
            "/shadow",
            2_500,
            (Side::Legacy, Shadowing::SampledOut, Reason::Stage(Stage::Shadow)),
        ),
        (
            "/shadow",
            12_499,
            (Side::Legacy, Shadowing::Native, Reason::Stage(Stage::Shadow)),
        ),
        (
            "/native",
            9_999,
            (Side::Native, Shadowing::Off, Reason::Stage(Stage::Native)),
        ),
        ("/other", 0, (Side::Legacy, Shadowing::Off, Reason::NoFlag)),
        ("/native/", 0, (Side::Legacy, Shadowing::Off, Reason::UnusualPath)),
    ] {
        assert_eq!(decided(&flags, path, ticket), expected, "{path} {ticket}");
    }
    Ok(())
}

#[test]
fn the_kill_switch_beats_every_stage_and_every_reload() -> Result<(), Problems> {
    let flags = Flags::new(snapshot()?);
    let killed = (Side::Legacy, Shadowing::Off, Reason::Killed);
    flags.kill(KillSource::Signal, &KillSet::everything());
    for path in ["/legacy", "/shadow", "/native", "/other", "/native/"] {
        assert_eq!(decided(&flags.load(), path, 0), killed, "{path}");
    }
    flags.note_failure(Problems::of_file("broken", None));
    flags.publish(snapshot()?);
    assert_eq!(decided(&flags.load(), "/native", 0), killed, "a reload does not revive");
    flags.kill(KillSource::Signal, &KillSet::default());
    assert_eq!(decided(&flags.peek(), "/native", 0).0, Side::Native);
    Ok(())
}

#[test]
fn the_status_tells_good_from_bad_reloads() -> Result<(), Problems> {
    let flags = Flags::new(Snapshot::all_legacy());
    assert_eq!(flags.status().version, "none");
    flags.note_failure(Problems::of_file("broken", None));
    let status = flags.status();
    assert_eq!(
        (status.loaded, status.failed, status.routes, status.killed),
        (1, 1, 0, false)
    );
    assert_eq!(status.last_failure, Some(Problems::of_file("broken", None)));
    flags.publish(snapshot()?);
    let status = flags.status();
    assert_eq!((status.loaded, status.failed, status.routes), (2, 1, 3));
    assert_eq!(status.last_failure, None, "a good file takes the failure back");
    assert_eq!(status.version, snapshot()?.version());
    Ok(())
}

proptest! {
    #[test]
    fn native_answers_only_where_a_native_flag_says_so(path in "/(shadow|native|legacy|[a-z%/.]{0,8})", ticket: u32) {
        let flags = snapshot().map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let decision = decide(&flags, &Facts::new(&Method::GET, &path, ticket));
        let native_flag = decision.plan.is_some_and(|plan| plan.stage == Stage::Native);
        prop_assert_eq!(decision.serve == Side::Native, native_flag);
        if decision.plan.is_none() {
            prop_assert_eq!(decision.shadow, Shadowing::Off);
        }
    }
}

const STAGES: &str = "version: 1
defaults: { sample: 25%, canary: { subject: [\"header:x-client-id\"] } }
groups:
  crm: { stage: legacy, reads: native, canary: { share: 5% } }
  auth: { stage: canary, canary: { share: 50%, salt: s } }
routes:
  - { route: GET /legacy, stage: legacy }
  - { route: GET /shadow, stage: shadow }
  - { route: GET /canary, stage: canary, canary: { share: 50% }, target: [{ cookie: { qa: yes }, serve: native }] }
  - { route: GET /native, stage: native }
  - { route: POST /native, stage: native }
  - { route: GET /retired, stage: retired }
  - { route: GET /crm, group: crm }
  - { route: POST /crm, group: crm }
  - { route: GET /one, group: auth }
  - { route: POST /two, group: auth }
";

fn stages() -> Snapshot {
    let routes = STAGES.lines().filter_map(|line| {
        let route = line.split_once("route: ")?.1;
        route.split(',').next()?.parse().ok()
    });
    compile(STAGES, &Inventory::new(routes)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A client id inside and one outside a share of 50% of this key and salt.
fn clients(key: &str, salt: &str) -> (String, String) {
    let of = |inside: bool| {
        let mut names = (0..).map(|number| format!("client-{number}"));
        names.find(|name| (crate::bucket(key, salt, name) < 5_000) == inside)
    };
    (of(true).unwrap_or_default(), of(false).unwrap_or_default())
}

fn of_client(client: &str) -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-client-id", client.parse().unwrap());
    headers
}

/// Request; whether its client is inside the share, outside or nameless; whether it is inside the sample; and what follows.
const MEANINGS: &str = "
GET  /legacy   inside   sampled    legacy  off          stage
GET  /shadow   inside   sampled    legacy  native       stage
GET  /shadow   inside   unsampled  legacy  sampled_out  stage
GET  /canary   inside   sampled    native  off          share
GET  /canary   outside  sampled    legacy  native       share
GET  /canary   outside  unsampled  legacy  sampled_out  share
GET  /canary   nameless sampled    legacy  native       no_subject
GET  /native   outside  sampled    native  legacy       stage
GET  /native   outside  unsampled  native  sampled_out  stage
HEAD /native   outside  sampled    native  legacy       stage
POST /native   outside  sampled    native  off          stage
GET  /retired  outside  sampled    native  off          stage
GET  /crm      outside  unsampled  native  sampled_out  stage
POST /crm      outside  sampled    legacy  off          stage
";

#[test]
fn every_stage_means_what_it_says() {
    let flags = stages();
    let (inside, outside) = clients("GET /canary", "");
    let (inside, outside, nameless) = (of_client(&inside), of_client(&outside), http::HeaderMap::new());
    for line in MEANINGS.trim().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let headers = match words[2] {
            "inside" => &inside,
            "outside" => &outside,
            _ => &nameless,
        };
        let method = words[0].parse().unwrap();
        // The sample is 25 %.
        let ticket = if words[3] == "sampled" { 0 } else { 2_500 };
        let facts = Facts {
            headers: Some(headers),
            ..Facts::new(&method, words[1], ticket)
        };
        let decision = decide(&flags, &facts);
        let shadow = serde_json::to_value(decision.shadow).unwrap();
        let seen = [
            decision.serve.as_str(),
            shadow.as_str().unwrap(),
            decision.reason.label(),
        ];
        assert_eq!(seen, words[4..], "{line}");
    }
}

#[test]
fn members_of_a_group_flip_together() {
    let flags = stages();
    let (inside, outside) = clients("auth", "s");
    for (client, side) in [(inside, Side::Native), (outside, Side::Legacy)] {
        let headers = of_client(&client);
        for (method, path) in [(Method::GET, "/one"), (Method::POST, "/two")] {
            let facts = Facts {
                headers: Some(&headers),
                ..Facts::new(&method, path, 0)
            };
            assert_eq!(decide(&flags, &facts).serve, side, "{client} {path}");
        }
    }
}

#[test]
fn an_override_holds_from_shadow_to_native() {
    let flags = stages();
    for (path, wanted, expected) in [
        ("/legacy", Side::Native, (Side::Legacy, "stage")),
        ("/shadow", Side::Native, (Side::Native, "override")),
        ("/shadow", Side::Legacy, (Side::Legacy, "override")),
        ("/canary", Side::Native, (Side::Native, "override")),
        ("/canary", Side::Legacy, (Side::Legacy, "override")),
        ("/native", Side::Native, (Side::Native, "stage")),
        ("/native", Side::Legacy, (Side::Legacy, "override")),
        ("/retired", Side::Legacy, (Side::Native, "stage")),
        ("/other", Side::Native, (Side::Legacy, "no_flag")),
    ] {
        let facts = Facts {
            wanted: Some(wanted),
            ..Facts::new(&Method::GET, path, 0)
        };
        let decision = decide(&flags, &facts);
        assert_eq!((decision.serve, decision.reason.label()), expected, "{path} {wanted}");
    }
}

#[test]
fn the_kill_switch_works_at_every_stage() {
    let flags = Flags::new(stages());
    let side = |path: &str| {
        let facts = Facts {
            wanted: Some(Side::Native),
            ..Facts::new(&Method::GET, path, 0)
        };
        let live = flags.load();
        let decision = decide(&live, &facts);
        (decision.serve, decision.shadow, decision.reason.label())
    };
    let killed = (Side::Legacy, Shadowing::Off, "killed");
    let retired = (Side::Native, Shadowing::Off, "stage");
    flags.kill(KillSource::File, &KillSet::everything());
    for path in ["/legacy", "/shadow", "/canary", "/native", "/one", "/crm", "/other"] {
        assert_eq!(side(path), killed, "{path}");
    }
    assert_eq!(
        side("/retired"),
        retired,
        "legacy is without it: a kill would make a 404 of what works"
    );
    flags.kill(KillSource::File, &KillSet::parse("auth\nGET /retired\n"));
    assert_eq!(
        (side("/one"), side("/retired")),
        (killed, killed),
        "its own name does kill it"
    );
    assert_ne!(side("/native"), killed);
    flags.kill(KillSource::Signal, &KillSet::parse("GET /native\nnobody"));
    flags.kill(KillSource::File, &KillSet::default());
    assert_eq!(
        (side("/native"), side("/retired")),
        (killed, retired),
        "each source has its own set"
    );
    assert_eq!(flags.status().kill_unknown, ["nobody"]);
    assert!(!flags.status().killed);
    flags.publish(stages());
    assert_eq!(side("/native"), killed, "a reload does not revive");
}

proptest! {
    #[test]
    fn whatever_comes_a_side_answers_that_the_stage_knows(
        place in 0usize..10,
        client in "[ -~]{0,30}",
        cookie in "[ -~]{0,60}",
        host in prop::option::of("[ -~]{0,20}"),
        wanted in prop::option::of(prop::sample::select(vec![Side::Legacy, Side::Native])),
        killed: bool,
        ticket: u32,
    ) {
        let flags = Flags::new(stages());
        let set = if killed { KillSet::everything() } else { KillSet::default() };
        flags.kill(KillSource::Api, &set);
        let live = flags.load();
        let plan = &live.plans()[place % live.plans().len()];
        let mut headers = http::HeaderMap::new();
        for (name, value) in [("x-client-id", client), ("cookie", cookie)] {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        }
        let path = plan.key.pattern.to_string();
        let facts = Facts {
            headers: Some(&headers),
            host: host.as_deref(),
            wanted,
            ..Facts::new(&plan.key.method, &path, ticket)
        };
        let decision = decide(&live, &facts);
        let allowed: &[Side] = match (plan.stage, killed, wanted) {
            (Stage::Retired, ..) => &[Side::Native],
            (Stage::Legacy, ..) | (_, true, _) => &[Side::Legacy],
            (_, false, Some(Side::Native)) => &[Side::Native],
            (_, false, Some(Side::Legacy)) | (Stage::Shadow, false, None) => &[Side::Legacy],
            (Stage::Native, false, None) => &[Side::Native],
            (Stage::Canary, false, None) => &[Side::Legacy, Side::Native],
        };
        prop_assert!(allowed.contains(&decision.serve), "{decision:?}");
        let beside_itself = matches!(
            (decision.serve, decision.shadow),
            (Side::Legacy, Shadowing::Legacy) | (Side::Native, Shadowing::Native)
        );
        prop_assert!(!beside_itself, "{decision:?}");
    }
}
