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

#[tokio::test]
async fn an_alias_is_the_route_for_both_sides_and_for_its_flag() {
    let legacy = legacy().await;
    let database = Cluster::shared().await.database().await;
    let flags = |stage: &str| {
        format!(
            "version: 1
routes:
  - {{ route: GET /api/health, aliases: [/api/v2/health, /alive], stage: {stage} }}
  - {{ route: 'GET /api/files/[...rest]', aliases: ['/api/v2/files/[...rest]'], stage: legacy }}
"
        )
    };
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .flags(&flags("legacy"))
        .spawn()
        .await;
    let client = proxy.client();
    for (asked, told) in [
        ("/api/v2/health?x=1", "/api/health?x=1"),
        ("/alive", "/api/health"),
        ("/api/v2/files/a%20b/c?d", "/api/files/a%20b/c?d"),
        ("/api/v2/other", "/api/v2/other"),
        ("/api/v2/files", "/api/v2/files"),
    ] {
        client.get(asked).await;
        assert_eq!(legacy.requests().last().unwrap().target, told, "{asked}");
    }
    client.send(http::Method::POST, "/alive", "").await;
    assert_eq!(
        legacy.requests().last().unwrap().target,
        "/alive",
        "the method is part of the route"
    );
    proxy.set_flags(&flags("native"));
    proxy
        .until("native answers the alias", "/api/v2/health", |answer| {
            answer.text() != "legacy"
        })
        .await;
    let asked = legacy.requests().len();
    let (route, alias) = (client.get("/api/health").await, client.get("/alive").await);
    assert_eq!(
        (route.status, alias.header("x-ficus-served-by")),
        (alias.status, Some("native"))
    );
    assert_eq!(legacy.requests().len(), asked);
}
