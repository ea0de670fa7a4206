//! The store keeps what it is told, adds up, caps samples and forgets.

use std::sync::Arc;
use std::time::Duration;

use flags::Waiver;
use tokio_util::sync::CancellationToken;

use super::batch::{group_key, latency_bucket};
use super::{
    Comparison, DifferenceGroup, FoundDifference, Judged, NewWaiver, Outcome, Place, Record, Recorder, Sample, Store,
};
use crate::provision::Progress;
use crate::provision::postgres::{Cluster, Origin};

const NOW: i64 = 1_795_376_040_000;

fn place(kind: &'static str, path: &str) -> Place {
    Place {
        kind,
        path: path.to_owned(),
    }
}

fn mismatch(client: u64) -> Record {
    let difference = FoundDifference {
        place: place("body", "$.items[*].total"),
        detail: "missing",
        legacy: Some("1".to_owned()),
        native: None,
    };
    let sample = Sample {
        request: "{}".to_owned(),
        legacy: "{}".to_owned(),
        native: "{}".to_owned(),
        effects: "[]".to_owned(),
        reproducer: "curl".to_owned(),
        judged: Judged::default(),
    };
    Record::Compared(Box::new(Comparison {
        route: Arc::from("GET /api/items"),
        outcome: Outcome::Mismatch,
        status: 200,
        flag_version: 7,
        at_ms: NOW,
        legacy_took: Duration::from_millis(12),
        native_took: Some(Duration::from_millis(3)),
        client: Arc::from(format!("c{client}")),
        control: None,
        differences: vec![difference],
        sample: Some(sample),
    }))
}

async fn recorded(store: &Store, records: impl IntoIterator<Item = Record>) {
    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(3_600), || NOW);
    records.into_iter().for_each(|record| recorder.record(record));
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    task.run(shutdown).await;
    assert_eq!((recorder.dropped(), recorder.failed_writes()), (0, 0));
}

#[tokio::test]
async fn counters_add_up_over_batches_and_samples_are_capped() {
    let store = Store::open("sqlite::memory:").await.expect("store");
    for _ in 0..2 {
        recorded(&store, (0..4).map(mismatch)).await;
    }
    let counts = store.counts(0).await.expect("counts");
    assert_eq!(
        counts
            .iter()
            .map(|row| (row.outcome.as_str(), row.status, row.n))
            .collect::<Vec<_>>(),
        [("mismatch", 200, 8)]
    );
    let groups = store.groups(0).await.expect("groups");
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (groups[0].n, groups[0].clients, groups[0].native_sample.as_deref()),
        (8, 4, None)
    );
    assert_eq!(store.samples(&groups[0].group_key).await.expect("samples").len(), 5);
    assert_eq!(
        store
            .latencies(0)
            .await
            .expect("latencies")
            .iter()
            .map(|row| row.n)
            .sum::<i64>(),
        16
    );
}

/// A mismatch at these places, learned from when `control` says where legacy differs from itself.
fn at_places(places: &[&str], control: Option<&[&str]>) -> Record {
    let Record::Compared(mut comparison) = mismatch(1) else {
        unreachable!("a mismatch is a comparison");
    };
    let difference = comparison.differences.remove(0);
    comparison.differences = places
        .iter()
        .map(|path| FoundDifference {
            place: place("body", path),
            ..difference.clone()
        })
        .collect();
    if places.is_empty() {
        (comparison.outcome, comparison.sample) = (Outcome::Match, None);
    }
    comparison.control = control.map(|paths| paths.iter().map(|path| place("body", path)).collect());
    Record::Compared(comparison)
}

#[tokio::test]
async fn clients_add_up_over_batches_and_have_no_address() {
    let store = Store::open("sqlite::memory:").await.expect("store");
    for round in 0..3 {
        recorded(&store, [mismatch(round), mismatch(9)]).await;
    }
    assert_eq!(store.groups(0).await.expect("groups")[0].clients, 4);
    let clients = store.group_clients().await.expect("clients");
    assert_eq!(
        (clients[0].client.as_str(), clients[0].n),
        ("c9", 3),
        "the busiest first"
    );
    let marks = store.client_marks();
    let mark = marks.of("192.0.2.1".parse().ok());
    assert_eq!(mark.len(), 12);
    assert_eq!(mark, marks.of("::ffff:192.0.2.1".parse().ok()));
    assert_ne!(mark, marks.of("192.0.2.2".parse().ok()));
    let other = Store::open("sqlite::memory:").await.expect("store");
    assert_ne!(
        mark,
        other.client_marks().of("192.0.2.1".parse().ok()),
        "each store has its salt"
    );
}

#[tokio::test]
async fn causes_that_came_together_and_what_legacy_does_to_itself_are_counted() {
    let store = Store::open("sqlite::memory:").await.expect("store");
    recorded(
        &store,
        [
            at_places(&["$.a", "$.b"], Some(&["$.b"])),
            at_places(&["$.b", "$.a"], None),
            at_places(&["$.a"], None),
            at_places(&[], Some(&["$.b", "$.c"])),
        ],
    )
    .await;
    let sets = store.mismatch_sets(0).await.expect("sets");
    let mut shapes: Vec<_> = sets.iter().map(|set| (set.causes.split(',').count(), set.n)).collect();
    shapes.sort_unstable();
    assert_eq!(shapes, [(1, 1), (2, 2)]);
    let noise = store.noise(0).await.expect("noise");
    let figures: Vec<_> = noise
        .iter()
        .map(|place| (place.path_template.as_str(), place.raw, place.noise, place.exchanges))
        .collect();
    assert_eq!(figures[0], ("$.b", 1, 2, 2));
    assert!(
        figures.contains(&("$.a", 1, 0, 2)) && figures.contains(&("$.c", 0, 1, 2)),
        "{figures:?}"
    );
    assert!(store.noise(NOW + 3_600_000).await.expect("noise").is_empty());
}

#[tokio::test]
async fn made_up_places_are_folded_and_lost_records_say_on_which_route() {
    let store = Store::open("sqlite::memory:").await.expect("store");
    recorded(
        &store,
        (0..600).map(|number| at_places(&[&format!("$.made_up_{number}")], None)),
    )
    .await;
    let groups = store.groups(0).await.expect("groups");
    assert_eq!(groups.len(), 501);
    assert_eq!((groups[0].path_template.as_str(), groups[0].n), ("(other places)", 100));

    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(3_600), || NOW);
    (0..5_000).for_each(|client| recorder.record(mismatch(client % 4)));
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    task.run(shutdown).await;
    let lost = store.not_compared(0).await.expect("reasons");
    assert_eq!(
        (lost[0].route.as_str(), lost[0].reason.as_str()),
        ("GET /api/items", "not recorded")
    );
    assert_eq!(u64::try_from(lost[0].n).expect("count"), recorder.dropped());
}

#[tokio::test]
async fn waivers_are_kept_and_taken_back() {
    let store = Store::open("sqlite::memory:").await.expect("store");
    let new = NewWaiver {
        waiver: Waiver {
            route: "GET /api/*".to_owned(),
            kind: "body".to_owned(),
            path: "$.a".to_owned(),
            owner: "ana".to_owned(),
            reason: "known".to_owned(),
            expires_ms: NOW,
        },
        created_at: NOW - 1,
    };
    let id = store.add_waiver(&new).await.expect("added");
    let kept = store.waivers().await.expect("waivers");
    assert_eq!(
        (kept.len(), kept[0].id.as_str(), kept[0].created_at),
        (1, id.as_str(), NOW - 1)
    );
    assert_eq!(Waiver::from(kept[0].clone()), new.waiver);
    assert!(store.remove_waiver(&id).await.expect("removed"));
    assert!(!store.remove_waiver(&id).await.expect("nothing to remove"));
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_reasons_are_kept() {
    let directory = tempfile::tempdir().expect("directory");
    let store = Store::open(&Store::url_beside(&directory.path().join("flags.yaml")))
        .await
        .expect("store");
    let skipped = Record::NotCompared {
        route: Arc::from("GET /api/items"),
        reason: "queue full".into(),
        at_ms: NOW,
    };
    recorded(&store, [mismatch(1), skipped]).await;
    assert_eq!(store.not_compared(0).await.expect("reasons")[0].reason, "queue full");
    store.forget_before(NOW + 1).await.expect("forget");
    assert!(store.counts(0).await.expect("counts").is_empty());
    assert!(store.groups(0).await.expect("groups").is_empty());
    assert!(store.not_compared(0).await.expect("reasons").is_empty());
    assert!(store.mismatch_sets(0).await.expect("sets").is_empty());
    assert!(store.group_clients().await.expect("clients").is_empty());
}

#[tokio::test]
async fn a_url_of_another_database_is_refused_in_words() {
    let error = Store::open("mysql://localhost/x").await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the store's URL must begin with sqlite: or postgres:, not \"mysql\""
    );
}

#[test]
fn buckets_are_upper_bounds_close_to_the_value() {
    for micros in [1_u64, 3, 7, 100, 999, 1_000, 12_345, 9_999_999] {
        let bound = u64::try_from(latency_bucket(Duration::from_micros(micros))).expect("positive");
        assert!(
            bound > micros && bound <= micros + micros / 4 + 1,
            "{micros} in {bound}"
        );
    }
}

#[test]
fn a_place_is_named_once() {
    let group = |kind: &str, path: &str| DifferenceGroup {
        group_key: String::new(),
        route: String::new(),
        kind: kind.to_owned(),
        path_template: path.to_owned(),
        detail: String::new(),
        legacy_sample: None,
        native_sample: None,
        first_seen: 0,
        last_seen: 0,
        n: 1,
        clients: 1,
    };
    for (kind, path, expected) in [
        ("status", "status", "status"),
        ("header", "header:content-type", "header:content-type"),
        ("body", "$.items[*].total", "body $.items[*].total"),
        ("failure", "native", "failure native"),
        ("rows", "rows[*].changed", "rows[*].changed"),
    ] {
        assert_eq!(group(kind, path).place(), expected);
    }
}

#[test]
fn a_group_is_route_kind_and_path() {
    let key = group_key("GET /a", &place("body", "$.a"));
    assert_eq!(key.len(), 24);
    for (route, kind, path) in [
        ("GET /a", "header", "$.a"),
        ("GET /a", "body", "$.b"),
        ("GET /b", "body", "$.a"),
    ] {
        assert_ne!(key, group_key(route, &place(kind, path)));
    }
}

/// The same on PostgreSQL, which several replicas share.
#[tokio::test]
async fn postgresql_keeps_the_same_in_its_own_schema() {
    let cluster = Cluster::start(Origin::Anywhere, &Progress::silent())
        .await
        .expect("PostgreSQL");
    let url = cluster.url();
    let (one, other) = (
        Store::open(&url).await.expect("store"),
        Store::open(&url).await.expect("second replica"),
    );
    one.forget_before(i64::MAX).await.expect("forget");
    recorded(&one, (0..4).map(mismatch)).await;
    let skipped = Record::NotCompared {
        route: Arc::from("GET /api/items"),
        reason: "queue full".into(),
        at_ms: NOW,
    };
    recorded(&other, (0..4).map(mismatch).chain([skipped])).await;
    assert_eq!(one.counts(0).await.expect("counts")[0].n, 8);
    assert_eq!(one.not_compared(0).await.expect("reasons")[0].n, 1);
    assert_eq!(one.latencies(0).await.expect("latencies").len(), 2);
    let groups = other.groups(0).await.expect("groups");
    assert_eq!((groups[0].n, groups[0].clients), (8, 4));
    assert_eq!(one.samples(&groups[0].group_key).await.expect("samples").len(), 5);
    recorded(&one, [at_places(&["$.a"], Some(&["$.a"]))]).await;
    let noise = one.noise(0).await.expect("noise");
    assert_eq!((noise[0].raw, noise[0].noise, noise[0].exchanges), (1, 1, 1));
    assert_eq!(one.mismatch_sets(0).await.expect("sets").len(), 2);
    let address = "192.0.2.1".parse().ok();
    assert_eq!(one.client_marks().of(address), other.client_marks().of(address));
    let schema: String = sqlx::query_scalar(
        "select table_schema::text from information_schema.tables where table_name = 'difference_groups'",
    )
    .fetch_one(one.pool())
    .await
    .expect("schema");
    assert_eq!(schema, "ficus");
    one.close().await;
    other.close().await;
    cluster.stop().await;
}
