//! A unit of work that commits on its way: what is there for good, and what may still fall back.

use handlers::{CommitState, FailureKind};
use http::{Method, StatusCode};

use super::bench::{Bench, Traces};

const FIRST: Traces = Traces { rows: 1, effects: 1 };

async fn serve(bench: &Bench, then: &str) -> Result<StatusCode, handlers::Failure> {
    let target = format!("/probe?checkpoint={then}");
    let answer = bench.serve(Method::POST, &target).await;
    answer.map(|answer| answer.status())
}

#[tokio::test]
async fn what_came_before_it_stays_whatever_comes_after_and_never_falls_back() {
    for (then, kind) in [
        ("fault", FailureKind::Fault),
        ("panic", FailureKind::Panic),
        ("hang", FailureKind::Timeout),
    ] {
        let bench = Bench::with(&[("FICUS_REQUEST_TIMEOUT_MS", "700")], handlers::kit::Ports::none()).await;
        let failure = serve(&bench, then).await.unwrap_err();
        assert_eq!((failure.kind, failure.commit), (kind, CommitState::Committed), "{then}");
        assert!(!failure.may_fall_back(), "{then}");
        assert_eq!(bench.traces().await, FIRST, "{then}");
    }
}

#[tokio::test]
async fn each_part_is_a_transaction_of_its_own() {
    let bench = Bench::new().await;
    assert_eq!(serve(&bench, "more").await.unwrap(), StatusCode::OK);
    assert_eq!(bench.traces().await, Traces { rows: 2, effects: 2 });
    let bench = Bench::new().await;
    assert_eq!(serve(&bench, "rollback").await.unwrap(), StatusCode::OK);
    assert_eq!(bench.traces().await, FIRST, "only what came after it is undone");
}

#[tokio::test]
async fn who_only_looked_may_fall_back() {
    let bench = Bench::new().await;
    let failure = bench.serve(Method::POST, "/probe/look").await.unwrap_err();
    assert_eq!(failure.commit, CommitState::NotBegun);
    assert!(failure.may_fall_back());
}

#[tokio::test]
async fn a_dry_run_stays_in_one_transaction_and_leaves_nothing() {
    let bench = Bench::new().await;
    let run = bench.dry_run(Method::POST, "/probe?checkpoint=more").await.unwrap();
    assert_eq!((run.response.status(), run.effects.len()), (StatusCode::OK, 2));
    assert_eq!(bench.traces().await, Traces::default());
}
