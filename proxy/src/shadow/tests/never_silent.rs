//! Every candidate request that is not compared says why, on its route, in the store and in the metrics.

use std::future::pending;

use super::*;
use crate::metrics::render_shadow;
use crate::shadow::NotCompared;

fn unknown(words: &'static str) -> Option<Arc<dyn Candidate>> {
    scripted(move |_| async move { Err(DryRunFailure::Unknown(words.into())) }.boxed())
}

/// The only reason that the bench recorded, if it compared nothing.
async fn reason(bench: Bench) -> String {
    let recorder = bench.shadow.shared.recorder.clone();
    let (outcomes, reasons, _) = bench.results().await;
    assert_eq!(outcomes, Vec::<String>::new());
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    let (reason, n) = reasons[0].rsplit_once(' ').expect("reason and count");
    let mut metrics = String::new();
    render_shadow(&mut metrics, &recorder);
    let line = metrics
        .lines()
        .find(|line| line.contains(&format!("outcome=\"not compared: {reason}\"")))
        .unwrap_or_else(|| panic!("{reason} is not in {metrics}"));
    assert!(
        line.contains("route=\"GET /api/things\"") && line.ends_with(n),
        "{line}"
    );
    reason.to_owned()
}

#[tokio::test]
async fn what_the_native_side_cannot_say_is_counted_in_its_own_words() {
    for words in ["needs lyra", "locked", "budget spent", "streamed"] {
        let bench = bench(unknown(words), None, Limits::default()).await;
        read_once(&bench, 200, "{}").await;
        assert_eq!(reason(bench).await, words);
    }
}

#[tokio::test]
async fn limits_of_the_answer_are_counted() {
    let cases: [(&str, Limits, Response<Full<Bytes>>); 3] = [
        (
            "byte budget spent",
            Limits {
                memory_bytes: 4,
                ..Limits::default()
            },
            legacy(200, r#"{"a":1}"#),
        ),
        ("unknown content encoding", Limits::default(), {
            let mut answer = legacy(200, "x");
            answer
                .headers_mut()
                .insert("content-encoding", "zstd".parse().expect("value"));
            answer
        }),
        ("streamed", Limits::default(), {
            let mut answer = legacy(200, "");
            *answer.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
            answer
        }),
    ];
    for (words, limits, answer) in cases {
        let bench = bench(native("{}"), None, limits).await;
        let pending = bench
            .shadow
            .begin_read(exchange("GET /api/things", ""))
            .expect("shadowed");
        pending.copy(answer).into_body().collect().await.expect("body");
        assert_eq!(reason(bench).await, words);
    }
}

#[tokio::test]
async fn a_route_over_its_rate_is_counted() {
    let bench = bench(native("{}"), None, Limits::default()).await;
    let mut limited = exchange("GET /api/things", "");
    let mut plan = flags::RoutePlan::clone(&limited.plan);
    plan.shadow.rate_per_second = Some(0);
    limited.plan = Arc::new(plan);
    assert!(bench.shadow.begin_read(limited).is_none());
    assert_eq!(reason(bench).await, "rate limit");
}

#[tokio::test]
async fn a_legacy_that_never_ends_is_counted_as_too_slow() {
    let limits = Limits {
        legacy_patience: Duration::from_millis(5),
        ..Limits::default()
    };
    let bench = bench(native("{}"), None, limits).await;
    let pending = bench
        .shadow
        .begin_read(exchange("GET /api/things", ""))
        .expect("shadowed");
    while bench.shadow.in_hand() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(pending);
    assert_eq!(reason(bench).await, "legacy too slow");
}

#[tokio::test]
async fn what_is_unfinished_at_the_end_is_counted_as_such() {
    let limits = Limits {
        drain: Duration::from_millis(20),
        ..Limits::default()
    };
    let bench = bench(native("{}"), None, limits).await;
    let waiting = bench
        .shadow
        .begin_read(exchange("GET /api/things", ""))
        .expect("shadowed");
    bench.shadow.drain().await;
    assert_eq!(reason(bench).await, "shutdown");
    drop(waiting);
}

/// A control that breaks in the middle of the comparison, where nothing of ours should.
struct Bug;

impl Control for Bug {
    fn ask(&self, _: Request<Bytes>, _: Duration) -> BoxFuture<'static, Asked> {
        panic!("a bug");
    }
}

#[tokio::test]
async fn a_bug_in_the_comparison_is_counted_too() {
    let bench = bench(native(r#"{"a":1}"#), Some(Arc::new(Bug)), Limits::default()).await;
    read_once(&bench, 200, r#"{"a":2}"#).await;
    assert_eq!(reason(bench).await, "comparison broke");
}

#[test]
fn no_two_reasons_share_their_words() {
    let all = [
        NotCompared::SampledOut,
        NotCompared::Rate,
        NotCompared::QueueFull,
        NotCompared::OutOfMemory,
        NotCompared::BodyTooLarge,
        NotCompared::Streamed,
        NotCompared::ClientGone,
        NotCompared::LegacyUnreachable,
        NotCompared::LegacySlow,
        NotCompared::Encoding,
        NotCompared::Shutdown,
        NotCompared::Broken,
        NotCompared::NoHandler,
    ];
    let words: std::collections::BTreeSet<_> = all.iter().map(|reason| reason.clone().words()).collect();
    assert_eq!(words.len(), all.len());
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/parity.md")).expect("page");
    let table = page.split("### Why something was not compared").nth(1).expect("table");
    for word in words {
        assert!(table.contains(&*word), "docs/parity.md does not explain `{word}`");
    }
}

#[tokio::test]
async fn a_native_side_that_hangs_is_given_up_with_its_budget() {
    let bench = bench(scripted(|_| pending().boxed()), None, Limits::default()).await;
    read_once(&bench, 200, "{}").await;
    assert_eq!(reason(bench).await, "budget spent");
}
