//! `GET /api/health` (auth contract).

use harness::TestApp;
use http::{Method, StatusCode};
use serde_json::json;

const VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";

#[tokio::test]
async fn it_is_connected_and_tells_the_time_and_no_address() {
    let app = TestApp::new().await;
    let answer = app.client().get("/api/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("vary"), Some(VARY));
    assert_eq!(answer.header("cache-control"), None);
    assert_eq!(
        answer.json(),
        json!({"status": "connected", "backend": "ficus", "health": {"status": "ok", "timestamp": "2025-06-15T10:00:00.000Z"}})
    );
}

#[tokio::test]
async fn a_token_and_a_query_change_nothing() {
    let app = TestApp::new().await;
    let answer = app
        .client()
        .with_header("authorization", "Bearer nonsense")
        .get("/api/health?x=1")
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = TestApp::new().await;
    let answer = app.client().send(Method::HEAD, "/api/health", "").await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn other_methods_are_not_allowed_and_options_lists_what_is() {
    let app = TestApp::new().await;
    let refused = app.client().send(Method::PATCH, "/api/health", "").await;
    assert_eq!(
        (refused.status, refused.body.len()),
        (StatusCode::METHOD_NOT_ALLOWED, 0)
    );
    assert_eq!((refused.header("allow"), refused.header("content-type")), (None, None));
    assert_eq!(refused.header("vary"), Some(VARY));
    let options = app.client().send(Method::OPTIONS, "/api/health", "").await;
    assert_eq!(
        (options.status, options.header("allow")),
        (StatusCode::NO_CONTENT, Some("GET, HEAD, OPTIONS"))
    );
}
