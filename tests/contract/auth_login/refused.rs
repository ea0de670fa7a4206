//! Every row of the contract's table of errors.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Gate;

const WRONG: &str = "Invalid credentials";

async fn browser(gate: &Gate, body: &str) -> (StatusCode, Value) {
    let client = gate.app.client();
    let answer = client.send(Method::POST, "/api/auth/login", body.to_owned()).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{body}");
    (answer.status, answer.json())
}

#[tokio::test]
async fn what_is_no_json_or_null_is_an_invalid_request() {
    let gate = Gate::new().await;
    for body in ["", "{", "null", "email=ada%40acme.example&password=x"] {
        let expected = (StatusCode::BAD_REQUEST, json!({ "error": "Invalid request" }));
        assert_eq!(browser(&gate, body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn both_must_be_truthy() {
    let gate = Gate::new().await;
    for body in [
        "{}",
        "[]",
        "5",
        "true",
        "\"x\"",
        r#"{"email":"ada@acme.example"}"#,
        r#"{"password":"correct horse"}"#,
        r#"{"email":"","password":"x"}"#,
        r#"{"email":0,"password":"x"}"#,
        r#"{"email":"a@b.example","password":false}"#,
        r#"{"email":"a@b.example","password":null}"#,
    ] {
        let text = json!({ "error": "Email and password are required" });
        assert_eq!(browser(&gate, body).await, (StatusCode::BAD_REQUEST, text), "{body}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_alike_whatever_is_wrong() {
    let gate = Gate::new().await;
    let bare = gate.app.agent(&gate.acme).named("bare").insert().await;
    gate.set(&bare, "email", "bare@acme.example").await;
    let empty = gate.app.agent(&gate.acme).named("empty").insert().await;
    gate.set(&empty, "email", "empty@acme.example").await;
    gate.set(&empty, "password", "").await;
    for body in [
        r#"{"email":"ada@acme.example","password":"wrong"}"#,
        r#"{"email":"nobody@acme.example","password":"correct horse"}"#,
        r#"{"email":"bare@acme.example","password":"correct horse"}"#,
        r#"{"email":"empty@acme.example","password":"correct horse"}"#,
        r#"{"email":"   ","password":"correct horse"}"#,
        r#"{"email":{"x":1},"password":"correct horse"}"#,
        r#"{"email":"ada@acme.example","password":5}"#,
        r#"{"email":"ada\u0000@acme.example","password":"correct horse"}"#,
        // Wildcards of SQL are letters like any other.
        r#"{"email":"ada%","password":"correct horse"}"#,
        r#"{"email":"ad_@acme.example","password":"correct horse"}"#,
    ] {
        let expected = (StatusCode::UNAUTHORIZED, json!({ "error": WRONG }));
        assert_eq!(browser(&gate, body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn suspended_and_inactive_users_are_refused_as_with_a_wrong_password() {
    let gate = Gate::new().await;
    for (status, expected) in [
        ("suspended", StatusCode::UNAUTHORIZED),
        ("inactive", StatusCode::UNAUTHORIZED),
        ("invited", StatusCode::OK),
        ("active", StatusCode::OK),
    ] {
        gate.set(&gate.ada, "status", status).await;
        let answer = gate.log_in("ada@acme.example", "correct horse").await;
        assert_eq!(answer.status, expected, "{status}");
        if expected == StatusCode::UNAUTHORIZED {
            assert_eq!(answer.json(), json!({ "error": WRONG }));
        }
    }
}

#[tokio::test]
async fn a_password_that_is_stored_as_anything_but_bcrypt_fits_nothing() {
    let gate = Gate::new().await;
    gate.set(&gate.ada, "password", "correct horse").await;
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_backend_refuses_with_its_envelope() {
    let gate = Gate::new().await;
    let envelope = json!({ "message": WRONG, "error": "Unauthorized", "statusCode": 401 });
    for body in [
        json!({ "email": "ada@acme.example", "password": "wrong" }),
        json!({ "email": " ", "password": "x" }),
        json!({ "email": "ada@acme.example" }),
        json!({ "email": 5, "password": "x" }),
        json!({}),
        json!([]),
    ] {
        let answer = gate.at_backend(&body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::UNAUTHORIZED, envelope.clone()),
            "{body}"
        );
    }
    let client = gate.app.client();
    let empty = client.send(Method::POST, "/api/v1/auth/admin/login", "").await;
    assert_eq!((empty.status, empty.json()), (StatusCode::UNAUTHORIZED, envelope));
}

#[tokio::test]
async fn the_backend_tells_malformed_json_from_wrong_credentials() {
    let gate = Gate::new().await;
    for body in ["{", "null", "5", "\"x\""] {
        let answer = gate
            .app
            .client()
            .with_header("content-type", "application/json")
            .send(Method::POST, "/api/v1/auth/admin/login", body)
            .await;
        let json = answer.json();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(
            (&json["error"], &json["statusCode"]),
            (&json!("Bad Request"), &json!(400))
        );
    }
}

#[tokio::test]
async fn options_admits_every_page_to_the_browser_route() {
    let gate = Gate::new().await;
    let client = gate.app.client();
    let answer = client.send(Method::OPTIONS, "/api/auth/login", "").await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST, OPTIONS"),
        ("access-control-allow-headers", "Content-Type"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    let refused = client.get("/api/auth/login").await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn when_its_database_fails_nobody_can_log_in_and_is_told_so() {
    let gate = Gate::new().await;
    sqlx::query("alter table users rename to away")
        .execute(gate.app.pool())
        .await
        .unwrap();
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    let text = "Unable to connect to authentication service. Please try again later.";
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::SERVICE_UNAVAILABLE, json!({ "error": text }))
    );
}
