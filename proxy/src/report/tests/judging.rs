//! What counts: waivers, learned noise, clients, and stored samples under other rules.

use std::sync::Arc;
use std::time::Duration;

use flags::{Inventory, RouteKey, Waiver, end_of_day_ms};
use tokio_util::sync::CancellationToken;

use super::super::{Class, Filter, Places, Report, render_text};
use super::NOW;
use crate::store::{
    Comparison, FoundDifference, Hidden, Judged, NewWaiver, Outcome, Place, Record, Recorder, Sample, Store,
};

const ROUTE: &str = "GET /api/items";

fn place(path: &str) -> Place {
    Place {
        kind: "body",
        path: path.to_owned(),
    }
}

pub(super) fn comparison(paths: &[&str]) -> Comparison {
    let difference = |path: &&str| FoundDifference {
        place: place(path),
        detail: "changed",
        legacy: Some("1".to_owned()),
        native: Some("2".to_owned()),
    };
    Comparison {
        route: Arc::from(ROUTE),
        outcome: if paths.is_empty() {
            Outcome::Match
        } else {
            Outcome::Mismatch
        },
        status: 200,
        flag_version: 1,
        at_ms: NOW,
        legacy_took: Duration::from_millis(12),
        native_took: Some(Duration::from_millis(3)),
        client: Arc::from("c1"),
        differences: paths.iter().map(difference).collect(),
        control: None,
        sample: None,
    }
}

pub(super) async fn store(comparisons: impl IntoIterator<Item = Comparison>) -> Store {
    let store = Store::open("sqlite::memory:").await.expect("store");
    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(3_600), || NOW);
    for comparison in comparisons {
        recorder.record(Record::Compared(Box::new(comparison)));
    }
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    task.run(shutdown).await;
    store
}

pub(super) fn places(more: &str) -> Places {
    let key: RouteKey = ROUTE.parse().expect("route");
    let text = format!("version: 1\nroutes:\n  - route: {ROUTE}\n    stage: shadow\n{more}");
    Places::of(&flags::compile(&text, &Inventory::new([key])).expect("flags"))
}

fn classes(report: &Report) -> Vec<(&str, i64, Class)> {
    let differences = report.routes[0].differences.iter();
    let mut classes: Vec<_> = differences
        .map(|one| (one.group.path_template.as_str(), one.group.n, one.class))
        .collect();
    classes.sort_by_key(|(path, ..)| *path);
    classes
}

#[tokio::test]
async fn an_exchange_is_waived_when_every_cause_is_and_counts_again_afterwards() {
    let store = store([comparison(&["$.a"]), comparison(&["$.a", "$.b"]), comparison(&[])]).await;
    let flags =
        places("waivers:\n  - { route: GET /api/*, path: $.a, owner: ana, reason: agreed, expires: 2026-11-22 }\n");
    let filter = |now| Filter {
        now_ms: Some(now),
        ..Filter::default()
    };
    let report = Report::load(&store, &filter(NOW), &flags).await.expect("report");
    assert_eq!(classes(&report), [("$.a", 2, Class::Waived), ("$.b", 1, Class::Counts)]);
    let totals = &report.routes[0].totals;
    assert_eq!(
        (totals.matched, totals.mismatched, totals.waived, totals.samples),
        (1, 1, 1, 2)
    );
    assert_eq!((report.waivers[0].causes, report.waivers[0].expired), (1, false));

    let after = Report::load(&store, &filter(NOW + 86_400_000), &flags)
        .await
        .expect("report");
    assert_eq!(classes(&after), [("$.a", 2, Class::Counts), ("$.b", 1, Class::Counts)]);
    assert_eq!((after.totals.mismatched, after.totals.waived), (2, 0));
    assert!(
        render_text(&after)
            .contains("Waivers\n  GET /api/* * $.a, expired on 2026-11-22 by ana: agreed (flag file; 1 cause)\n"),
        "{}",
        render_text(&after)
    );

    let waiver = Waiver {
        route: ROUTE.to_owned(),
        kind: "body".to_owned(),
        path: "*".to_owned(),
        owner: "luis".to_owned(),
        reason: "all of it".to_owned(),
        expires_ms: end_of_day_ms("2026-12-31").expect("day"),
    };
    let new = NewWaiver {
        waiver,
        created_at: NOW,
    };
    store.add_waiver(&new).await.expect("waiver");
    let again = Report::load(&store, &filter(NOW + 86_400_000), &flags)
        .await
        .expect("report");
    assert_eq!((again.totals.mismatched, again.totals.waived), (0, 2));
    assert!(
        again
            .waivers
            .iter()
            .any(|waiver| waiver.id.is_some() && waiver.causes == 2)
    );
}

#[tokio::test]
async fn a_field_in_which_legacy_differs_from_itself_is_noise_and_others_count() {
    let asked_twice = |paths: &[&str], noisy: &[&str]| Comparison {
        control: Some(noisy.iter().map(|path| place(path)).collect()),
        ..comparison(paths)
    };
    let mut all = vec![comparison(&["$.clock"]), comparison(&["$.clock", "$.total"])];
    all.extend((0..5).map(|_| asked_twice(&["$.clock"], &["$.clock"])));
    all.extend((0..5).map(|_| asked_twice(&[], &["$.clock"])));
    all.push(asked_twice(&["$.total"], &[]));
    let report = Report::load(&store(all).await, &Filter::default(), &places(""))
        .await
        .expect("report");
    assert_eq!(
        classes(&report),
        [("$.clock", 7, Class::Noise), ("$.total", 2, Class::Counts)]
    );
    let totals = &report.routes[0].totals;
    assert_eq!((totals.matched, totals.mismatched, totals.noise), (5, 2, 6));
    let text = render_text(&report);
    for line in [
        "  learned         body $.clock: native differs 5 ×, legacy from itself 10 ×, of 11 asked twice: noise",
        "  learned         body $.total: native differs 1 ×, legacy from itself 0 ×, of 11 asked twice: counts",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn what_one_client_plays_with_is_seen_as_one_client() {
    let from = |client: &str, path: &str| Comparison {
        client: Arc::from(client),
        ..comparison(&[path])
    };
    let mut all: Vec<_> = (0..30).map(|_| from("odd", "$.played")).collect();
    all.extend((0..4).map(|number| from(&format!("c{number}"), "$.real")));
    all.extend((0..40).map(|_| from("odd", "$.mostly")));
    all.push(from("c1", "$.mostly"));
    let store = store(all).await;
    let text = render_text(
        &Report::load(&store, &Filter::default(), &places(""))
            .await
            .expect("report"),
    );
    for words in [
        "body $.played  30 ×, 1 client (odd), ",
        "body $.real  4 ×, 4 clients, ",
        "body $.mostly  41 ×, 2 clients, nearly all from odd, ",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let filter = Filter {
        client: Some("c1".to_owned()),
        ..Filter::default()
    };
    let report = Report::load(&store, &filter, &places("")).await.expect("report");
    assert_eq!(
        classes(&report),
        [("$.mostly", 1, Class::Counts), ("$.real", 1, Class::Counts)]
    );
}

fn sampled(paths: &[&str], legacy: &str, native: &str, hidden: &[&str]) -> Comparison {
    let answer = |body: &str| {
        format!(r#"{{"status":200,"headers":{{"content-type":"application/json"}},"body":{body},"whole":true}}"#)
    };
    let hidden = hidden.iter().map(|path| Hidden {
        kind: "body".to_owned(),
        path: (*path).to_owned(),
    });
    Comparison {
        sample: Some(Sample {
            request: "{}".to_owned(),
            legacy: answer(legacy),
            native: answer(native),
            effects: "[]".to_owned(),
            reproducer: "curl x".to_owned(),
            judged: Judged {
                started_ms: NOW,
                ended_ms: NOW,
                hidden: hidden.collect(),
                ..Judged::default()
            },
        }),
        ..comparison(paths)
    }
}

#[tokio::test]
async fn samples_are_judged_again_with_new_rules() {
    let store = store([
        sampled(
            &["$.views"],
            r#"{"views":1,"a":[1,2]}"#,
            r#"{"views":2,"a":[1,2]}"#,
            &[],
        ),
        sampled(
            &["$.views", "$.total"],
            r#"{"views":1,"total":1}"#,
            r#"{"views":2,"total":2}"#,
            &[],
        ),
        sampled(
            &["$.user.phone"],
            r#"{"user":{"phone":"[secret]"}}"#,
            r#"{"user":{"phone":"[secret]"}}"#,
            &["$.user.phone"],
        ),
        comparison(&["$.unsampled"]),
    ])
    .await;
    let rejudged = async |rules: &str| {
        Report::rejudge(&store, &Filter::default(), &places(rules))
            .await
            .expect("report")
    };
    let same = rejudged("").await;
    assert!(
        classes(&same).iter().all(|(.., class)| *class == Class::Counts),
        "{:?}",
        classes(&same)
    );
    assert_eq!((same.totals.mismatched, same.totals.explained), (4, 0));

    let ignoring = rejudged("    compare: { ignore: [$.views, $.user] }\n").await;
    assert_eq!(
        classes(&ignoring),
        [
            ("$.total", 1, Class::Counts),
            ("$.unsampled", 1, Class::Counts),
            ("$.user.phone", 1, Class::Explained),
            ("$.views", 2, Class::Explained),
        ]
    );
    assert_eq!((ignoring.totals.mismatched, ignoring.totals.explained), (2, 2));
    let text = render_text(&ignoring);
    assert!(text.contains("– explained: body $.views  2 ×"), "{text}");
    assert!(
        text.contains("gone from all 2 samples") && text.contains("still in 1 of 1 samples"),
        "{text}"
    );
    assert!(text.contains("Parity report, samples judged again"), "{text}");
}
