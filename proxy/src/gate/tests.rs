//! What makes a route ready, not ready, or neither.

use super::*;

const HOUR_MS: i64 = 3_600_000;
const NOW: i64 = 1_000_000 * HOUR_MS;

/// A route about which everything is good.
fn good() -> Figures {
    let fast = Histogram::new([(1_000, 3_000), (5_000, 2_000)]);
    let slow = Histogram::new([(2_000, 3_000), (9_000, 2_000)]);
    Figures {
        samples: 5_000,
        matched: 5_000,
        statuses: [(200, 4_990), (404, 10)].into(),
        expected_statuses: [200, 404].into(),
        legacy_latency: slow,
        native_latency: fast,
        first_seen_ms: Some(NOW - 48 * HOUR_MS),
        sessions_continue: Some(true),
        requires: vec![("POST /api/x".parse().unwrap(), Stage::Native)],
        ..Figures::default()
    }
}

fn judged(figures: &Figures) -> Readiness {
    judge(Stage::Canary, figures, &Limits::default(), NOW)
}

/// The verdict, and the checks that did not pass.
fn unmet(figures: &Figures) -> (Verdict, Vec<&'static str>) {
    let readiness = judged(figures);
    let unmet = readiness.checks.iter().filter(|check| check.finding != Finding::Passed);
    (readiness.verdict, unmet.map(|check| check.name).collect())
}

#[test]
fn a_route_about_which_everything_is_good_is_ready() {
    assert_eq!(unmet(&good()), (Verdict::Ready, Vec::new()));
}

#[test]
fn no_data_is_inconclusive_and_never_a_pass() {
    let (verdict, unmet) = unmet(&Figures::default());
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(
        unmet,
        [
            "samples",
            "match rate",
            "statuses",
            "error rate",
            "p50",
            "p99",
            "quiet",
            "sessions"
        ]
    );
}

/// The good route with one figure changed has this verdict, because of these checks.
#[track_caller]
fn changed(change: impl FnOnce(&mut Figures), verdict: Verdict, checks: &[&str]) {
    let mut figures = good();
    change(&mut figures);
    assert_eq!(
        unmet(&figures),
        (verdict, checks.to_vec()),
        "{:?}",
        judged(&figures).checks
    );
}

#[test]
fn what_is_wrong_makes_a_route_not_ready() {
    let wrong = |change: fn(&mut Figures), checks: &[&str]| changed(change, Verdict::NotReady, checks);
    wrong(|route| route.matched = 4_900, &["match rate"]);
    wrong(|route| route.failed = 200, &["error rate"]);
    let slow = |route: &mut Figures| route.native_latency = Histogram::new([(2_000, 1), (30_000, 4_999)]);
    wrong(slow, &["p50", "p99"]);
    wrong(|route| route.expired_waivers = 1, &["waivers"]);
    wrong(|route| route.last_mismatch_ms = Some(NOW - HOUR_MS), &["quiet"]);
    wrong(|route| route.sessions_continue = Some(false), &["sessions"]);
    wrong(|route| route.requires[0].1 = Stage::Shadow, &["requires"]);
}

#[test]
fn what_is_not_known_well_enough_makes_it_inconclusive() {
    let unknown = |change: fn(&mut Figures), checks: &[&str]| changed(change, Verdict::Inconclusive, checks);
    unknown(|route| (route.samples, route.matched) = (600, 600), &["match rate"]);
    unknown(|route| route.failed = 45, &["error rate"]);
    let one_status = |route: &mut Figures| route.statuses = [(200, 5_000)].into();
    unknown(one_status, &["statuses"]);
    let few = |route: &mut Figures| route.native_latency = Histogram::new([(30_000, 10)]);
    unknown(few, &["p50", "p99"]);
    unknown(|route| route.first_seen_ms = Some(NOW - HOUR_MS), &["quiet"]);
}

#[test]
fn a_failure_outweighs_what_is_unknown_and_waivers_in_force_are_named() {
    let figures = Figures {
        open_waivers: 2,
        expired_waivers: 1,
        sessions_continue: None,
        ..good()
    };
    let readiness = judged(&figures);
    assert_eq!(readiness.verdict, Verdict::NotReady);
    let waivers = readiness.checks.iter().find(|check| check.name == "waivers").unwrap();
    assert_eq!(waivers.words, "2 in force, 1 have run out");
    let json = serde_json::to_value(&readiness).unwrap();
    assert_eq!(json["verdict"], "not_ready");
    assert_eq!(json["checks"][0]["words"], "5000 comparisons, 500 are asked for");
}
