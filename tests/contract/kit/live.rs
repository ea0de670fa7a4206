//! What a live run commits, and when a failed one may be handed to another side.

use std::time::Duration;

use async_trait::async_trait;
use handlers::kit::{CallAnswer, CallError, CallPort, CallRequest, Ports};
use handlers::{CommitState, FailureKind};
use http::{Method, StatusCode};
use serde_json::json;
use test_support::cutting_proxy;
use test_support::database::Cluster;
use test_support::eventually::eventually;

use super::bench::{Bench, Traces, ports, shared};

const BOTH: Traces = Traces { rows: 1, effects: 1 };

#[tokio::test]
async fn a_reply_commits_its_rows_and_its_effects_together() {
    let bench = Bench::new().await;
    assert_eq!(bench.probe("").await.unwrap().status(), StatusCode::OK);
    assert_eq!(bench.traces().await, BOTH);
}

#[tokio::test]
async fn a_refusal_is_a_reply_and_a_rollback_is_asked_for() {
    let bench = Bench::new().await;
    assert_eq!(bench.probe("rollback").await.unwrap().status(), StatusCode::OK);
    assert_eq!(bench.traces().await, Traces::default());
    assert_eq!(bench.probe("refuse").await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(bench.traces().await, BOTH);
}

#[tokio::test]
async fn whatever_fails_before_the_commit_may_fall_back() {
    let bench = Bench::new().await;
    for (then, kind) in [
        ("fault", FailureKind::Fault),
        ("panic", FailureKind::Panic),
        ("hang", FailureKind::Timeout),
        ("sleep", FailureKind::Timeout),
        ("orphan", FailureKind::Fault),
        ("ignore", FailureKind::Fault),
    ] {
        let failure = bench.probe(then).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.commit),
            (kind, CommitState::RolledBack),
            "{then}"
        );
        assert!(failure.may_fall_back(), "{then}");
        assert_eq!(bench.traces().await, Traces::default(), "{then}");
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    let bench = Bench::new().await;
    let failure = bench.serve(Method::GET, "/probe").await.unwrap_err();
    assert_eq!(failure.commit, CommitState::RolledBack);
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_commit_without_an_answer_never_falls_back() {
    let database = Cluster::shared().await.database().await;
    sqlx::raw_sql(
        "create table probe (id text primary key, parent text references probe deferrable initially deferred)",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    let direct: sqlx::postgres::PgConnectOptions = database.url.parse().unwrap();
    let port = cutting_proxy::start(direct.get_host(), direct.get_port()).await;
    let cut = database
        .url
        .replace(&format!(":{}/", direct.get_port()), &format!(":{port}/"));
    assert_ne!(cut, database.url);
    let bench = Bench::on(database, &cut, &[], Ports::none()).await;
    let failure = bench.probe("").await.unwrap_err();
    assert_eq!(failure.commit, CommitState::Unknown);
    assert!(!failure.may_fall_back());
    // And indeed it was committed.
    assert_eq!(bench.traces().await, BOTH);
}

#[tokio::test]
async fn a_full_pool_is_saturated_soon_and_nothing_was_begun() {
    let bench = Bench::with(
        &[("FICUS_DATABASE_CONNECTIONS", "1"), ("FICUS_DATABASE_WAIT_MS", "100")],
        Ports::none(),
    )
    .await;
    let (first, second) = tokio::join!(bench.probe("hang"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        bench.probe("").await
    });
    assert_eq!(first.unwrap_err().kind, FailureKind::Timeout);
    let failure = second.unwrap_err();
    assert_eq!(
        (failure.kind, failure.commit),
        (FailureKind::Saturated, CommitState::NotBegun)
    );
    assert!(failure.may_fall_back());
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_write_goes_on_when_its_caller_leaves() {
    let bench = Bench::new().await;
    let serve = bench.serve(Method::POST, "/probe");
    tokio::select! {
        biased;
        _ = serve => panic!("it cannot be answered at once"),
        () = tokio::task::yield_now() => {}
    }
    eventually("the write is committed", || async {
        (bench.traces().await == BOTH).then_some(())
    })
    .await;
}

struct Lyra;

#[async_trait]
impl CallPort for Lyra {
    async fn call(&self, request: &CallRequest) -> Result<CallAnswer, CallError> {
        assert_eq!((request.service, request.operation), ("lyra", "form token"));
        Ok(CallAnswer {
            status: 200,
            body: json!({}),
        })
    }
}

#[tokio::test]
async fn after_a_call_that_cannot_be_repeated_nobody_else_may_answer() {
    let bench = Bench::with(&[], ports(|ports| ports.calls = shared(Lyra))).await;
    let harmless = bench.probe("call").await.unwrap_err();
    assert!(harmless.may_fall_back());
    let paid = bench.probe("pay").await.unwrap_err();
    assert_eq!((paid.commit, paid.called), (CommitState::RolledBack, Some("lyra")));
    assert!(!paid.may_fall_back());
}

#[tokio::test]
async fn a_database_that_is_down_is_a_fault_before_anything_began() {
    let database = Cluster::shared().await.database().await;
    let direct: sqlx::postgres::PgConnectOptions = database.url.parse().unwrap();
    let nowhere = database.url.replace(&format!(":{}/", direct.get_port()), ":1/");
    let bench = Bench::on(database, &nowhere, &[], Ports::none()).await;
    let failure = bench.probe("").await.unwrap_err();
    assert_eq!(failure.commit, CommitState::NotBegun);
    assert!(failure.may_fall_back());
    assert!(bench.native.ready().await.is_err());
    let health = bench.serve(Method::GET, "/api/health").await.unwrap();
    assert_eq!(health.status(), StatusCode::SERVICE_UNAVAILABLE);
}
