//! A dry run leaves nothing behind, however it ends.

use std::time::Duration;

use handlers::NotComparable;
use http::{Method, StatusCode};
use sqlx::Connection as _;
use tokio::time::Instant;

use super::bench::{Bench, LIMITS, Traces};

#[tokio::test]
async fn a_dry_run_answers_and_names_its_effects_and_leaves_no_trace() {
    let bench = Bench::new().await;
    let dry = bench.dry("").await.unwrap();
    assert_eq!(dry.response.status(), StatusCode::OK);
    assert!(dry.response.headers().contains_key("vary"));
    let kinds: Vec<_> = dry.effects.iter().map(|effect| effect.kind.as_str()).collect();
    assert_eq!(kinds, ["realtime"]);
    assert_eq!(dry.effects[0].payload["event"], "probe");
    let rows: Vec<_> = dry
        .rows
        .iter()
        .map(|row| (&row.payload["table"], &row.payload["op"]))
        .collect();
    assert_eq!(rows, [(&"probe".into(), &"insert".into())]);
    assert_eq!(bench.traces().await, Traces::default());
    bench.quiet().await;
}

#[tokio::test]
async fn a_run_that_is_given_up_while_it_begins_leaves_no_transaction_open() {
    let bench = Bench::new().await;
    // The connections are open, so that what is cut off is the beginning of the transaction.
    bench.dry("").await.unwrap();
    for step in 0..150_u64 {
        let cut = Duration::from_micros(100 + step * 10);
        // Whether it answered in time does not matter.
        let _ = tokio::time::timeout(cut, bench.dry("")).await;
    }
    bench.native.idle().await;
    bench.quiet().await;
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_handler_that_panics_leaves_no_trace() {
    let bench = Bench::new().await;
    let ended = bench.dry("panic").await.unwrap_err();
    assert!(matches!(ended, NotComparable::Panicked), "{ended}");
    assert_eq!(bench.traces().await, Traces::default());
    bench.quiet().await;
}

#[tokio::test]
async fn a_handler_that_hangs_spends_its_budget_and_leaves_no_trace() {
    let bench = Bench::new().await;
    let started = Instant::now();
    let ended = bench.dry("hang").await.unwrap_err();
    assert!(matches!(ended, NotComparable::BudgetSpent), "{ended}");
    assert!(started.elapsed() < LIMITS.budget * 4, "{:?}", started.elapsed());
    bench.quiet().await;
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_statement_that_hangs_is_cancelled_on_the_server() {
    let bench = Bench::new().await;
    let started = Instant::now();
    let ended = bench.dry("sleep").await.unwrap_err();
    assert!(matches!(ended, NotComparable::BudgetSpent), "{ended}");
    bench.quiet().await;
    // The statement would have slept for thirty seconds.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_caller_who_leaves_in_the_middle_of_a_statement_leaves_no_lock() {
    let bench = Bench::new().await;
    let request = http::Request::post("/probe?then=sleep")
        .body(bytes::Bytes::new())
        .unwrap();
    let patient = handlers::DryRunLimits {
        budget: Duration::from_secs(20),
        ..LIMITS
    };
    let left = tokio::select! {
        ended = bench.native.dry_run(request, patient) => Err(ended.map(drop)),
        () = bench.asleep() => Ok(Instant::now()),
    };
    let left = left.expect("the caller leaves first");
    bench.quiet().await;
    assert!(left.elapsed() < Duration::from_secs(5), "{:?}", left.elapsed());
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_deferred_constraint_shows_before_the_rollback() {
    let bench = Bench::new().await;
    let ended = bench.dry("orphan").await.unwrap_err();
    let NotComparable::Fault(fault) = &ended else {
        panic!("{ended}")
    };
    assert_eq!(fault.constraint(), Some("probe_parent_fkey"));
    bench.quiet().await;
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_row_that_somebody_else_holds_is_not_waited_for() {
    let bench = Bench::new().await;
    let mut other = sqlx::PgConnection::connect(&bench.database.url).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    sqlx::query("insert into probe (id) values ('row')")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let started = Instant::now();
    let ended = bench.dry("").await.unwrap_err();
    assert!(matches!(ended, NotComparable::Locked), "{ended}");
    assert!(started.elapsed() < LIMITS.budget, "{:?}", started.elapsed());
    transaction.rollback().await.unwrap();
    bench.dry("").await.unwrap();
}

#[tokio::test]
async fn more_dry_runs_than_allowed_are_turned_away_and_later_ones_are_not() {
    let bench = Bench::with(&[("FICUS_DRY_RUN_CONNECTIONS", "2")], handlers::kit::Ports::none()).await;
    let (one, two, three) = tokio::join!(bench.dry("wait"), bench.dry("wait"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.dry("").await
    });
    assert!(matches!(one.unwrap_err(), NotComparable::BudgetSpent));
    assert!(matches!(two.unwrap_err(), NotComparable::BudgetSpent));
    assert!(matches!(three.unwrap_err(), NotComparable::Saturated));
    bench.native.idle().await;
    bench.dry("").await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_compared_says_why() {
    let bench = Bench::new().await;
    let why = |ended: Result<handlers::DryRun, NotComparable>| ended.unwrap_err().to_string();
    assert_eq!(why(bench.dry("call").await), "needs lyra");
    assert_eq!(why(bench.dry("large").await), "body too large");
    assert_eq!(why(bench.dry_run(Method::GET, "/probe/stream").await), "streamed");
    assert_eq!(why(bench.dry_run(Method::GET, "/nowhere").await), "no handler");
    assert_eq!(why(bench.dry_run(Method::DELETE, "/probe").await), "no handler");
    assert_eq!(why(bench.dry("fault").await), "fault");
    // A read that writes is stopped by PostgreSQL itself.
    assert_eq!(why(bench.dry_run(Method::GET, "/probe").await), "fault");
    assert_eq!(bench.traces().await, Traces::default());
}

#[tokio::test]
async fn a_reply_that_undoes_its_writes_has_no_effects() {
    let bench = Bench::new().await;
    assert!(bench.dry("rollback").await.unwrap().effects.is_empty());
    assert_eq!(bench.dry("refuse").await.unwrap().effects.len(), 1);
}
