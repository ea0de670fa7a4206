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

#[test]
fn each_figure_has_its_say() {
    use Verdict::{Inconclusive, NotReady};
    let good = good();
    let slow = Histogram::new([(2_000, 1), (30_000, 4_999)]);
    let few_slow = Histogram::new([(30_000, 10)]);
    let required = |stage| vec![("POST /api/x".parse().unwrap(), stage)];
    let wider = Figures {
        samples: 600,
        matched: 600,
        ..good.clone()
    };
    for (figures, verdict, name) in [
        (wider, Inconclusive, &["match rate"][..]),
        (
            Figures {
                matched: 4_900,
                ..good.clone()
            },
            NotReady,
            &["match rate"],
        ),
        (
            Figures {
                failed: 200,
                ..good.clone()
            },
            NotReady,
            &["error rate"],
        ),
        (
            Figures {
                failed: 45,
                ..good.clone()
            },
            Inconclusive,
            &["error rate"],
        ),
        (
            Figures {
                statuses: [(200, 5_000)].into(),
                ..good.clone()
            },
            Inconclusive,
            &["statuses"],
        ),
        (
            Figures {
                native_latency: slow,
                ..good.clone()
            },
            NotReady,
            &["p50", "p99"],
        ),
        (
            Figures {
                native_latency: few_slow,
                ..good.clone()
            },
            Inconclusive,
            &["p50", "p99"],
        ),
        (
            Figures {
                expired_waivers: 1,
                ..good.clone()
            },
            NotReady,
            &["waivers"],
        ),
        (
            Figures {
                last_mismatch_ms: Some(NOW - HOUR_MS),
                ..good.clone()
            },
            NotReady,
            &["quiet"],
        ),
        (
            Figures {
                first_seen_ms: Some(NOW - HOUR_MS),
                ..good.clone()
            },
            Inconclusive,
            &["quiet"],
        ),
        (
            Figures {
                sessions_continue: Some(false),
                ..good.clone()
            },
            NotReady,
            &["sessions"],
        ),
        (
            Figures {
                requires: required(Stage::Shadow),
                ..good.clone()
            },
            NotReady,
            &["requires"],
        ),
    ] {
        assert_eq!(
            unmet(&figures),
            (verdict, name.to_vec()),
            "{:?}",
            judged(&figures).checks
        );
    }
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
