//! Who answers.

use harness::TestProxy;
use test_support::database::Cluster;
use test_support::legacy::{Answer, FakeLegacy};

const HEALTH_NATIVE: &str = "version: 1\nroutes:\n  - route: GET /api/health\n    stage: native\n";

async fn legacy() -> FakeLegacy {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    legacy
}

#[tokio::test]
async fn without_flags_everything_goes_to_legacy() {
    let legacy = legacy().await;
    let proxy = TestProxy::builder().legacy(&legacy).spawn().await;
    for path in [
        "/",
        "/api/health",
        "/api/crm/tickets?tenantId=a&limit=1",
        "/_next/static/chunk.js",
    ] {
        let answer = proxy.client().get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "legacy"), "{path}");
    }
    assert_eq!(legacy.requests()[2].target, "/api/crm/tickets?tenantId=a&limit=1");
}

#[tokio::test]
async fn a_native_route_is_answered_here_and_its_neighbours_are_not() {
    let legacy = legacy().await;
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .flags(HEALTH_NATIVE)
        .spawn()
        .await;
    let answer = proxy.client().get("/api/health").await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.text(), "legacy");
    for path in ["/api/health/", "/api/healthz", "/api"] {
        proxy.client().get(path).await;
    }
    assert!(legacy.requests_to("/api/health").is_empty());
    assert_eq!(legacy.requests_to("/api/healthz").len(), 1);
}

#[tokio::test]
async fn head_follows_the_flag_of_get_and_other_methods_do_not() {
    let legacy = legacy().await;
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .flags(HEALTH_NATIVE)
        .spawn()
        .await;
    let head = proxy.client().send(http::Method::HEAD, "/api/health", "").await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert!(legacy.requests().is_empty());
    proxy.client().send(http::Method::POST, "/api/health", "").await;
    assert_eq!(legacy.wait_for("/api/health", 1).await.method, "POST");
}
