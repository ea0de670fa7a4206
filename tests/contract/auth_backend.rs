//! `GET /api/v1/auth/me`, `GET /api/v1`, `GET /api/v1/health`, and the endpoint that is refused (auth contract).

use harness::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn bearer(app: &TestApp, token: &str) -> Client {
    app.client().with_header("authorization", &format!("Bearer {token}"))
}

fn assert_unauthorized(answer: &Answer, text: &str) {
    assert_eq!(
        (answer.status, answer.json()),
        (
            StatusCode::UNAUTHORIZED,
            json!({ "message": text, "error": "Unauthorized", "statusCode": 401 })
        )
    );
}

#[tokio::test]
async fn who_am_i_repeats_the_claims() {
    let app = TestApp::new().await;
    let claims = json!({ "sub": "u1", "email": "Ada@acme.example", "tenantId": "t1", "role": "user" });
    let expected = json!({ "id": "u1", "email": "Ada@acme.example", "role": "user", "tenantId": "t1" });
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let answer = bearer(&app, &token(algorithm, "only-for-tests", &claims))
            .get("/api/v1/auth/me")
            .await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected.clone()));
    }
    let answer = bearer(
        &app,
        &token(Algorithm::HS256, "only-for-tests", &json!({ "userId": "u2" })),
    )
    .get("/api/v1/auth/me")
    .await;
    assert_eq!(answer.json(), json!({ "id": "u2" }));
}

#[tokio::test]
async fn without_a_bearer_token_there_is_none() {
    let app = TestApp::new().await;
    assert_unauthorized(&app.client().get("/api/v1/auth/me").await, "No token provided");
    for header in ["Basic abc", "bearer abc", "Bearer"] {
        let client = app.client().with_header("authorization", header);
        assert_unauthorized(&client.get("/api/v1/auth/me").await, "No token provided");
    }
}

#[tokio::test]
async fn other_tokens_are_invalid() {
    let app = TestApp::new().await;
    let now = app.clock().now().unix_timestamp();
    for wrong in [
        token(Algorithm::HS256, "only-for-tests", &json!({ "sub": "u1", "exp": now })),
        token(
            Algorithm::HS256,
            "only-for-tests",
            &json!({ "sub": "u1", "nbf": now + 1 }),
        ),
        token(Algorithm::HS256, "ipnuo-secret", &json!({ "sub": "u1" })),
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1In0.".to_owned(),
        "a".repeat(64),
    ] {
        let answer = bearer(&app, &wrong).get("/api/v1/auth/me").await;
        assert_unauthorized(&answer, "Invalid token");
    }
}

#[tokio::test]
async fn the_backend_is_alive() {
    let app = TestApp::new().await;
    for answer in [
        app.client().get("/api/v1").await,
        app.client().get("/api/v1/health").await,
    ] {
        assert_eq!(
            (answer.status, answer.json()),
            (
                StatusCode::OK,
                json!({ "status": "ok", "timestamp": "2025-06-15T10:00:00.000Z" })
            )
        );
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn nobody_sets_up_an_administrator() {
    let app = TestApp::new().await;
    let answer = app.client().post("/api/v1/setup-admin", &json!({})).await;
    let body = json!({ "message": "Cannot POST /api/v1/setup-admin", "error": "Not Found", "statusCode": 404 });
    assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, body));
    let users: i64 = sqlx::query_scalar("select count(*) from users")
        .fetch_one(app.pool())
        .await
        .unwrap();
    assert_eq!(users, 0);
}

#[tokio::test]
async fn only_configured_origins_share_the_backend() {
    let app = TestApp::with(&[("ALLOWED_ORIGINS", "https://panel.example, https://two.example")]).await;
    let from = |origin: &str| app.client().with_header("origin", origin);
    let answer = from("https://panel.example").get("/api/v1/health").await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://panel.example")
    );
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let answer = from("https://evil.vercel.app").get("/api/v1/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn preflights_are_answered_for_configured_origins() {
    let app = TestApp::with(&[("ALLOWED_ORIGINS", "https://panel.example")]).await;
    let from = |origin: &str| app.client().with_header("origin", origin);
    let (good, evil) = (from("https://panel.example"), from("https://evil.example"));
    for answer in [
        good.send(Method::OPTIONS, "/api/v1/auth/me", "").await,
        good.send(Method::OPTIONS, "/api/v1/auth/admin/login", "").await,
    ] {
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
        assert_eq!(answer.header("access-control-max-age"), Some("86400"));
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("https://panel.example")
        );
    }
    let answer = evil.send(Method::OPTIONS, "/api/v1/auth/me", "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["message"], json!("Cannot OPTIONS /api/v1/auth/me"));
}
