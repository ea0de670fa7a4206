//! Who gets a token, and what is in it.

use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::{Gate, STAPLE};

const SECRET: &str = "only-for-tests";

fn claims(token: &str) -> Value {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    decode(token, &key, &rules).unwrap().claims
}

#[tokio::test]
async fn the_right_password_gives_a_token_of_one_hour_and_the_user() {
    let gate = Gate::new().await;
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let body = answer.json();
    let user = json!({ "id": gate.ada, "email": "Ada@Acme.example", "role": "admin", "tenantId": gate.acme });
    assert_eq!(body["user"], user);
    let now = gate.app.clock().now().unix_timestamp();
    let token = body["token"].as_str().unwrap();
    assert_eq!(
        claims(token).to_string(),
        json!({
            "sub": gate.ada, "email": "Ada@Acme.example", "tenantId": gate.acme, "role": "admin",
            "iat": now, "exp": now + 3_600,
        })
        .to_string()
    );
    assert_eq!(decode_header(token).unwrap().alg, Algorithm::HS256);
}

#[tokio::test]
async fn the_email_is_trimmed_and_its_case_does_not_matter_but_the_password_is_taken_as_it_is() {
    let gate = Gate::new().await;
    let answer = gate.log_in("  ADA@acme.EXAMPLE ", "correct horse").await;
    assert_eq!(answer.status, StatusCode::OK);
    for password in ["correct horse ", "Correct horse"] {
        let answer = gate.log_in("ada@acme.example", password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{password:?}");
    }
}

#[tokio::test]
async fn the_content_type_and_other_fields_do_not_matter() {
    let gate = Gate::new().await;
    let body = r#"{"email":"ada@acme.example","password":"correct horse","tenantId":"x","remember":true}"#;
    let answer = gate
        .app
        .client()
        .with_header("content-type", "text/plain")
        .send(Method::POST, "/api/auth/login", body)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn approval_and_chat_access_do_not_matter() {
    let gate = Gate::new().await;
    gate.set(&gate.ada, "approvalStatus", "rejected").await;
    gate.set(&gate.ada, "chatbotAccessStatus", "revoked").await;
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn the_password_decides_which_tenants_user_it_is() {
    let gate = Gate::new().await;
    let other = gate.app.tenant("other").insert().await;
    let twin = gate.app.agent(&other).insert().await;
    gate.set(&twin, "email", "ada@acme.example").await;
    gate.set(&twin, "password", STAPLE).await;
    for (password, id) in [("correct horse", &gate.ada), ("battery staple", &twin)] {
        let answer = gate.log_in("ada@acme.example", password).await;
        assert_eq!(answer.json()["user"]["id"], json!(id));
    }
}

#[tokio::test]
async fn the_backend_answers_201_in_its_own_form() {
    let gate = Gate::new().await;
    let body = json!({ "email": "ada@acme.example", "password": "correct horse" });
    let answer = gate.at_backend(&body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("vary"), Some("Origin"));
    assert!(answer.header("etag").unwrap().starts_with("W/\""));
    assert_eq!(answer.json()["user"]["id"], json!(gate.ada));
}

#[tokio::test]
async fn the_backend_reads_a_form_too() {
    let gate = Gate::new().await;
    let answer = gate
        .app
        .client()
        .with_header("content-type", "application/x-www-form-urlencoded")
        .send(
            Method::POST,
            "/api/v1/auth/admin/login",
            "email=ada%40acme.example&password=correct+horse",
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_token_is_good_for_who_am_i_until_it_runs_out() {
    let gate = Gate::with(&[("AUTH_TOKEN_EXPIRES_IN", "30s")]).await;
    let body = gate.log_in("ada@acme.example", "correct horse").await.json();
    let token = format!("Bearer {}", body["token"].as_str().unwrap());
    let client = gate.app.client().with_header("authorization", &token);
    let answer = client.get("/api/v1/auth/me").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, body["user"].clone()));
    gate.app.clock().advance(std::time::Duration::from_secs(30));
    let answer = client.get("/api/v1/auth/me").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
