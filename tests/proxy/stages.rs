//! Who answers at which stage, by method, by group, with defaults.

use harness::TestProxy;
use http::Method;
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing::{self, WRITE, rows};

async fn stage(flags: &str) -> (FakeLegacy, Database, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "by": "legacy" })));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(flags)
        .spawn()
        .await;
    (legacy, database, proxy)
}

#[tokio::test]
async fn each_stage_has_its_side_for_reads_and_for_writes() {
    let (legacy, database, proxy) = stage("version: 1\n").await;
    for (number, (stage, by)) in [
        ("legacy", "legacy"),
        ("shadow", "legacy"),
        ("canary", "native"),
        ("native", "native"),
        ("retired", "native"),
    ]
    .into_iter()
    .enumerate()
    {
        let canary = if stage == "canary" {
            ", canary: { share: 100%, subject: [ip] }"
        } else {
            ""
        };
        let flags = format!(
            "version: 1
defaults: {{ stage: {stage}{canary}, shadow: {{ budget: 5s }} }}
routes:
  - route: GET /api/tests/reading
  - route: POST /api/tests/writing
"
        );
        proxy.set_flags(&flags);
        let version = flags::compile(&flags, &writing_inventory())
            .unwrap()
            .version()
            .to_owned();
        let in_force = |answer: &harness::Answer| answer.header("x-ficus-flags") == Some(&version);
        proxy.until(stage, writing::READ, in_force).await;
        let read = proxy.client().get(writing::READ).await;
        assert_eq!(
            (read.json(), read.header("x-ficus-served-by")),
            (json!({ "by": by }), Some(by)),
            "{stage}"
        );
        let id = format!("s{number}");
        let before = legacy.requests_to(WRITE).len();
        let write = proxy.client().post(WRITE, &json!({ "id": id })).await;
        assert_eq!(write.json(), json!({ "by": by }), "{stage}");
        let asked = legacy.requests_to(WRITE).len() - before;
        let expected = if by == "native" { (2, 0) } else { (0, 1) };
        assert_eq!((rows(&database.pool, &id).await, asked), expected, "{stage}");
    }
}

fn writing_inventory() -> flags::Inventory {
    let keys = ["GET /api/tests/reading", "POST /api/tests/writing"];
    keys.into_iter().map(|key| key.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_read_only_cut_over_is_one_line() {
    let flags = "version: 1
groups:
  tests: { stage: legacy, reads: native }
routes:
  - { route: GET /api/tests/reading, group: tests }
  - { route: POST /api/tests/writing, group: tests }
";
    let (_legacy, database, proxy) = stage(flags).await;
    assert_eq!(
        proxy.client().get(writing::READ).await.json(),
        json!({ "by": "native" })
    );
    let head = proxy.client().send(Method::HEAD, writing::READ, "").await;
    assert_eq!(head.header("x-ficus-served-by"), Some("native"));
    let write = proxy.client().post(WRITE, &json!({ "id": "one" })).await;
    assert_eq!(write.json(), json!({ "by": "legacy" }));
    assert_eq!(rows(&database.pool, "one").await, 0);
}
