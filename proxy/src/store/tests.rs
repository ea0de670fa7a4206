//! The store keeps what it is told, adds up, caps samples and forgets.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::batch::{group_key, latency_bucket};
use super::{Comparison, DifferenceGroup, FoundDifference, Outcome, Record, Recorder, Sample, Store};
use crate::provision::Progress;
use crate::provision::postgres::{Cluster, Origin};

const NOW: i64 = 1_795_376_040_000;

fn mismatch(client: u64) -> Record {
    let difference = FoundDifference {
        kind: "body",
        path: "$.items[*].total".to_owned(),
        legacy: Some("1".to_owned()),
        native: None,
    };
    let sample = Sample {
        request: "{}".to_owned(),
        legacy: "{}".to_owned(),
        native: "{}".to_owned(),
        effects: "[]".to_owned(),
        reproducer: "curl".to_owned(),
    };
    Record::Compared(Box::new(Comparison {
        route: Arc::from("GET /api/items"),
        outcome: Outcome::Mismatch,
        status: 200,
        flag_version: 7,
        at_ms: NOW,
        legacy_took: Duration::from_millis(12),
        native_took: Duration::from_millis(3),
        client,
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
    let difference = |kind, path: &str| FoundDifference {
        kind,
        path: path.to_owned(),
        legacy: None,
        native: None,
    };
    let key = group_key("GET /a", &difference("body", "$.a"));
    assert_eq!(key.len(), 24);
    assert_eq!(
        key,
        group_key(
            "GET /a",
            &FoundDifference {
                legacy: Some("1".to_owned()),
                ..difference("body", "$.a")
            }
        )
    );
    assert_ne!(key, group_key("GET /a", &difference("header", "$.a")));
    assert_ne!(key, group_key("GET /a", &difference("body", "$.b")));
    assert_ne!(key, group_key("GET /b", &difference("body", "$.a")));
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
