//! The report of a small store, whole.

mod formats;
mod judging;

use std::sync::Arc;
use std::time::Duration;

use flags::{Inventory, RouteKey};
use tokio_util::sync::CancellationToken;

use super::{Filter, Places, Report, render_json, render_text};
use crate::store::{Comparison, FoundDifference, Judged, Outcome, Place, Record, Recorder, Sample, Store};

const NOW: i64 = 1_795_376_040_000;

fn compared(outcome: Outcome) -> Record {
    let mismatch = outcome == Outcome::Mismatch;
    let difference = FoundDifference {
        place: Place {
            kind: "body",
            path: "$.items[*].name".to_owned(),
        },
        detail: "missing",
        legacy: Some("\"a\u{1b}[31m\u{202e}b\"".to_owned()),
        native: None,
    };
    let sample = Sample {
        request: "{}".to_owned(),
        legacy: "{}".to_owned(),
        native: "{}".to_owned(),
        effects: "[]".to_owned(),
        reproducer: "curl x".to_owned(),
        judged: Judged::default(),
    };
    Record::Compared(Box::new(Comparison {
        route: Arc::from("GET /api/items"),
        outcome,
        status: if outcome == Outcome::LegacyFailed { 500 } else { 200 },
        flag_version: 1,
        at_ms: NOW,
        legacy_took: Duration::from_millis(12),
        native_took: Some(Duration::from_millis(3)),
        client: Arc::from("c1"),
        control: None,
        differences: if mismatch { vec![difference] } else { Vec::new() },
        sample: mismatch.then_some(sample),
    }))
}

async fn store() -> Store {
    let store = Store::open("sqlite::memory:").await.expect("store");
    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(3_600), || NOW);
    for outcome in [
        Outcome::Match,
        Outcome::Match,
        Outcome::Match,
        Outcome::Mismatch,
        Outcome::Transient,
        Outcome::LegacyFailed,
    ] {
        recorder.record(compared(outcome));
    }
    recorder.record(Record::NotCompared {
        route: Arc::from("POST /api/pay"),
        reason: "needs lyra".into(),
        at_ms: NOW,
    });
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    task.run(shutdown).await;
    store
}

fn places() -> Places {
    let keys: Vec<RouteKey> = ["GET /api/items", "POST /api/pay"]
        .iter()
        .map(|text| text.parse().expect("route"))
        .collect();
    let text = "version: 1\ngroups:\n  shop: { phase: 7, stage: shadow }\nroutes:\n  - route: GET /api/items\n    group: shop\n  - route: POST /api/pay\n    stage: shadow\n";
    Places::of(&flags::compile(text, &Inventory::new(keys)).expect("flags"))
}

#[tokio::test]
async fn the_text_says_everything_and_is_safe_to_print() {
    let report = Report::load(&store().await, &Filter::default(), &places())
        .await
        .expect("report");
    let expected = "\
Parity report

  all routes      3 of 4 matched, 75.00 % (95 %: 30.06 % – 95.44 %), 1 mismatched, 1 transient, 1 legacy failed, 1 not compared
  phase 7         3 of 4 matched, 75.00 % (95 %: 30.06 % – 95.44 %), 1 mismatched, 1 transient, 1 legacy failed
  phase none      no samples, 1 not compared
  group shop      3 of 4 matched, 75.00 % (95 %: 30.06 % – 95.44 %), 1 mismatched, 1 transient, 1 legacy failed

GET /api/items  (shadow, phase 7, group shop)
  3 of 4 matched, 75.00 % (95 %: 30.06 % – 95.44 %), 1 mismatched, 1 transient, 1 legacy failed
  legacy answered 200 × 5, 500 × 1
  latency         legacy p50 12.2 ms p99 12.2 ms; native p50 3.0 ms p99 3.0 ms
  ✗ body $.items[*].name missing  1 ×, 1 client (c1), 2026-11-22 19:34:00Z … 2026-11-22 19:34:00Z
      legacy  \"a\\u{1b}[31m\\u{202e}b\"
      native  (nothing)
      again   curl x

POST /api/pay  (shadow)
  no samples, 1 not compared
  latency         legacy p50 – p99 –; native p50 – p99 –
  not compared    1 × needs lyra
";
    assert_eq!(render_text(&report), expected);
}

#[tokio::test]
async fn the_filter_keeps_routes_phases_and_times() {
    let store = store().await;
    for (filter, expected) in [
        (Filter::default(), vec!["GET /api/items", "POST /api/pay"]),
        (
            Filter {
                route: Some("PAY".to_owned()),
                ..Filter::default()
            },
            vec!["POST /api/pay"],
        ),
        (
            Filter {
                phase: Some(7),
                ..Filter::default()
            },
            vec!["GET /api/items"],
        ),
        (
            Filter {
                since_ms: Some(NOW + 1_000),
                ..Filter::default()
            },
            vec!["GET /api/items", "POST /api/pay"],
        ),
        (
            Filter {
                since_ms: Some(NOW + 3_600_000),
                ..Filter::default()
            },
            vec![],
        ),
    ] {
        let report = Report::load(&store, &filter, &places()).await.expect("report");
        assert_eq!(
            report
                .routes
                .iter()
                .map(|route| route.route.as_str())
                .collect::<Vec<_>>(),
            expected,
            "{filter:?}"
        );
    }
}

#[tokio::test]
async fn the_json_has_rates_intervals_and_causes() {
    let report = Report::load(&store().await, &Filter::default(), &places())
        .await
        .expect("report");
    let tree: serde_json::Value = serde_json::from_str(&render_json(&report).expect("json")).expect("json");
    let route = &tree["routes"][0];
    assert_eq!(route["match_rate"], 0.75);
    assert_eq!(route["statuses"]["500"], 1);
    assert_eq!(route["differences"][0]["path_template"], "$.items[*].name");
    assert_eq!(route["differences"][0]["reproducer"], "curl x");
    assert_eq!(tree["routes"][1]["reasons"]["needs lyra"], 1);
    assert!(tree["totals"]["interval"]["low"].as_f64().expect("number") < 0.31);
}
