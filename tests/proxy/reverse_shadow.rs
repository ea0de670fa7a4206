//! While native answers, legacy is asked the same on a sample of safe requests, and the answers are compared.

use harness::TestProxy;
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing::{self, READ, WRITE};

const FLAGS: &str = "version: 1
defaults: { sample: 100% }
routes:
  - { route: GET /api/tests/reading, stage: native }
  - { route: POST /api/tests/writing, stage: native }
";
/// The header that Next.js adds to everything, and native too.
const VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";

async fn stage() -> (FakeLegacy, Database, TestProxy) {
    let legacy = FakeLegacy::start().await;
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(FLAGS)
        .spawn()
        .await;
    (legacy, database, proxy)
}

fn outcome(route: &str, outcome: &str) -> String {
    format!(r#"ficus_shadow_total{{route="{route}",outcome="{outcome}"}} 1"#)
}

#[tokio::test]
async fn an_equal_answer_is_a_match_and_another_one_is_a_mismatch() {
    for (by, expected) in [("native", "match"), ("legacy", "mismatch")] {
        let (legacy, _database, proxy) = stage().await;
        legacy.on(
            "GET",
            READ,
            Answer::json(200, &json!({ "by": by })).with_header("vary", VARY),
        );
        let client = proxy.client().with_header("x-middleware-subrequest", "1");
        let answer = client.with_header("x-ficus-stage", "native").get(READ).await;
        assert_eq!(
            (answer.json(), answer.header("x-ficus-served-by")),
            (json!({ "by": "native" }), Some("native"))
        );
        proxy.until_counted(&outcome("GET /api/tests/reading", expected)).await;
        let asked = legacy.wait_for(READ, 1).await;
        assert!(
            asked.header("x-middleware-subrequest").is_none(),
            "nothing forged reaches legacy this way"
        );
        assert!(asked.header("x-ficus-stage").is_none());
        assert!(asked.header("x-forwarded-for").is_some());
    }
}

#[tokio::test]
async fn a_write_never_goes_to_legacy_as_well() {
    let (legacy, database, proxy) = stage().await;
    let answer = proxy.client().post(WRITE, &json!({ "id": "once" })).await;
    assert_eq!(answer.json(), json!({ "by": "native" }));
    legacy.on(
        "GET",
        READ,
        Answer::json(200, &json!({ "by": "native" })).with_header("vary", VARY),
    );
    proxy.client().get(READ).await;
    proxy.until_counted(&outcome("GET /api/tests/reading", "match")).await;
    assert!(legacy.requests_to(WRITE).is_empty());
    assert_eq!(writing::rows(&database.pool, "once").await, 2);
}

#[tokio::test]
async fn a_legacy_that_is_slow_or_gone_delays_nobody() {
    let (legacy, _database, proxy) = stage().await;
    legacy.on("GET", READ, Answer::Stall);
    assert_eq!(proxy.client().get(READ).await.json(), json!({ "by": "native" }));
    legacy.wait_for(READ, 1).await;
    drop(legacy);
    assert_eq!(proxy.client().get(READ).await.json(), json!({ "by": "native" }));
    let line = r#"ficus_shadow_total{route="GET /api/tests/reading",outcome="not compared: legacy unreachable"} 2"#;
    proxy.until_counted(line).await;
}

#[tokio::test]
async fn a_native_failure_leaves_nothing_to_compare() {
    let (legacy, _database, proxy) = stage().await;
    legacy.on("GET", READ, Answer::text(200, "legacy"));
    let answer = proxy.client().get(&format!("{READ}?then=fault")).await;
    assert_eq!(answer.text(), "legacy");
    let line = outcome("GET /api/tests/reading", "not compared: native fell back");
    proxy.until_counted(&line).await;
    assert_eq!(legacy.requests_to(READ).len(), 1);
}
