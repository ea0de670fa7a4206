//! Live reads: on sessions that PostgreSQL keeps read-only, without transactions, handed from one read to the next.

use std::time::Duration;

use handlers::kit::{Ports, Timeout};
use handlers::{CommitState, FailureKind};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::bench::{Bench, Traces, request};

const READ: &str = "/probe/read";

async fn json(answer: Response<axum::body::Body>) -> Value {
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn reader(bench: &Bench) -> Value {
    json(bench.serve(Method::GET, READ).await.unwrap()).await["pid"].clone()
}

/// Sessions of live runs that write.
async fn writers(bench: &Bench) -> i64 {
    let sessions =
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'ficus'";
    sqlx::query_scalar(sessions)
        .fetch_one(&bench.database.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_connection_goes_from_one_read_to_the_next() {
    let bench = Bench::new().await;
    let first = reader(&bench).await;
    assert_eq!(reader(&bench).await, first);
    assert_eq!(writers(&bench).await, 0);
}

#[tokio::test]
async fn a_connection_that_broke_fails_one_read_and_is_replaced() {
    let bench = Bench::new().await;
    let first = reader(&bench).await;
    sqlx::query("select pg_terminate_backend($1, 5000)")
        .bind(i32::try_from(first.as_i64().unwrap()).unwrap())
        .execute(&bench.database.pool)
        .await
        .unwrap();
    let failure = bench.serve(Method::GET, READ).await.unwrap_err();
    assert!(failure.may_fall_back());
    assert_ne!(reader(&bench).await, first);
}

#[tokio::test]
async fn more_reads_than_connections_are_saturated_soon() {
    let few = [("FICUS_READ_CONNECTIONS", "1"), ("FICUS_DATABASE_WAIT_MS", "100")];
    let bench = Bench::with(&few, Ports::none()).await;
    let slow = async {
        let mut request = request(Method::GET, "/probe/read?then=sleep");
        request.extensions_mut().insert(Timeout(Duration::from_millis(600)));
        bench.native.serve(request).await.unwrap_err().kind
    };
    let (slow, next) = tokio::join!(slow, async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        bench.serve(Method::GET, READ).await.unwrap_err()
    });
    assert_eq!(slow, FailureKind::Timeout);
    assert_eq!(
        (next.kind, next.commit),
        (FailureKind::Saturated, CommitState::NotBegun)
    );
}

#[tokio::test]
async fn a_unit_that_only_looks_begins_no_transaction_and_one_that_wrote_sees_its_rows() {
    let bench = Bench::new().await;
    let looked = bench.serve(Method::POST, "/probe/lookup").await.unwrap();
    assert_eq!(json(looked).await["rows"], 0);
    assert_eq!(writers(&bench).await, 0);
    let wrote = bench.serve(Method::POST, "/probe/lookup?then=write").await.unwrap();
    assert_eq!(json(wrote).await["rows"], 1);
}

#[tokio::test]
async fn who_only_looks_cannot_write() {
    let bench = Bench::new().await;
    let failure = bench.serve(Method::POST, "/probe/lookup?then=cheat").await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.commit),
        (FailureKind::Fault, CommitState::NotBegun)
    );
    assert_eq!(bench.traces().await, Traces::default());
}

#[test]
fn connections_at_rest_may_be_dropped_outside_of_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Bench { native, database, .. } = runtime.block_on(async {
        let bench = Bench::new().await;
        reader(&bench).await;
        bench
    });
    std::thread::spawn(move || drop(native)).join().unwrap();
    runtime.block_on(async { drop(database) });
}
