//! The same at the backend's door: `/api/v1/auth/phone/…`.

use harness::Answer;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PENDING, PHONE, Stage, TOKEN};

const ASK: &str = "/api/v1/auth/phone/request";

fn assert_dressed(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert!(answer.header("etag").unwrap().starts_with("W/\""));
    assert_eq!(answer.header("vary"), Some("Origin"));
}

fn assert_answer(answer: &Answer, status: StatusCode, body: &Value) {
    assert_eq!((answer.status, &answer.json()), (status, body));
    assert_dressed(answer);
}

#[tokio::test]
async fn a_phone_logs_in_with_201_on_the_way() {
    let stage = Stage::linked().await;
    let body = json!({ "phone": PHONE, "tenantId": stage.acme });
    let asked = stage.post(ASK, &body).await;
    assert_eq!(asked.status, StatusCode::CREATED);
    assert_dressed(&asked);
    let body = json!({ "verificationId": asked.json()["verificationId"], "code": stage.sent_code() });
    let verified = stage.post("/api/v1/auth/phone/verify", &body).await;
    assert_eq!(verified.status, StatusCode::CREATED);
    let token = verified.json()["session"]["token"].clone();
    let shown = stage
        .post("/api/v1/auth/phone/session", &json!({ "token": token }))
        .await;
    assert_eq!(
        (shown.status, &shown.json()["user"]),
        (StatusCode::CREATED, &verified.json()["user"])
    );
    let body = json!({ "phone": PHONE, "tenantId": stage.acme, "sessionToken": token });
    let synced = stage.post("/api/v1/auth/phone/sync", &body).await;
    assert_eq!(
        (synced.status, &synced.json()["success"]),
        (StatusCode::CREATED, &json!(true))
    );
    let body = json!({ "token": token });
    let ended = stage
        .app
        .client()
        .with_header("content-type", "application/json")
        .send(Method::DELETE, "/api/v1/auth/phone/session", body.to_string())
        .await;
    assert_answer(&ended, StatusCode::OK, &json!({ "success": true }));
}

#[tokio::test]
async fn a_profile_is_shown_and_saved_with_200() {
    let stage = Stage::session().await;
    let shown = stage
        .app
        .client()
        .get(&format!("/api/v1/auth/phone/profile?token={TOKEN}"))
        .await;
    assert_eq!(
        (shown.status, &shown.json()["profile"]["displayName"]),
        (StatusCode::OK, &json!("Ada L."))
    );
    let body = json!({ "token": TOKEN, "displayName": "Ada", "email": "a@b.co" });
    let saved = stage.app.client().put("/api/v1/auth/phone/profile", &body).await;
    assert_eq!(
        (saved.status, &saved.json()["profile"]["email"]),
        (StatusCode::OK, &json!("a@b.co"))
    );
    let none = stage.app.client().get("/api/v1/auth/phone/profile").await;
    assert_answer(
        &none,
        StatusCode::BAD_REQUEST,
        &json!({ "error": "Session token is required" }),
    );
}

#[tokio::test]
async fn refusals_have_the_same_bodies_and_the_backends_dress() {
    let stage = Stage::session().await;
    stage.run(r#"update users set "approvalStatus" = 'pending'"#).await;
    let denied = json!({ "error": PENDING, "code": "ACCESS_DENIED" });
    let asked = stage
        .post(ASK, &json!({ "phone": PHONE, "tenantId": stage.acme }))
        .await;
    assert_answer(&asked, StatusCode::BAD_REQUEST, &denied);
    let shown = stage
        .post("/api/v1/auth/phone/session", &json!({ "token": TOKEN }))
        .await;
    assert_answer(&shown, StatusCode::FORBIDDEN, &denied);
    let synced = stage
        .post(
            "/api/v1/auth/phone/sync",
            &json!({ "phone": PHONE, "tenantId": stage.acme }),
        )
        .await;
    assert_eq!(
        (synced.status, &synced.json()["reason"]),
        (StatusCode::CREATED, &json!("access_denied"))
    );
    let verified = stage
        .post(
            "/api/v1/auth/phone/verify",
            &json!({ "verificationId": "nope", "code": "1" }),
        )
        .await;
    let unknown = json!({ "error": "Verification request not found", "code": "NOT_FOUND" });
    assert_answer(&verified, StatusCode::BAD_REQUEST, &unknown);
}

#[tokio::test]
async fn a_body_is_read_as_the_backend_reads_it() {
    let stage = Stage::session().await;
    let send = async |kind: &str, body: &'static str| {
        let client = stage.app.client().with_header("content-type", kind);
        client.send(Method::POST, "/api/v1/auth/phone/session", body).await
    };
    let form = "token=b0b0000000000000000000000000000000000000000000000000000000000001";
    assert_eq!(
        send("application/x-www-form-urlencoded", form).await.status,
        StatusCode::CREATED
    );
    let required = json!({ "error": "Session token is required", "code": "SESSION_INVALID" });
    for (kind, body) in [
        ("application/json", ""),
        ("application/json", "[]"),
        ("text/plain", form),
    ] {
        assert_answer(&send(kind, body).await, StatusCode::UNAUTHORIZED, &required);
    }
    for (body, message) in [
        ("{", "The body is not valid JSON"),
        ("null", "Unexpected token 'n', \"null\" is not valid JSON"),
        ("token", "Unexpected token 't', \"token\" is not valid JSON"),
    ] {
        let refused = json!({ "message": message, "error": "Bad Request", "statusCode": 400 });
        assert_answer(&send("application/json", body).await, StatusCode::BAD_REQUEST, &refused);
    }
}

#[tokio::test]
async fn who_has_an_answer_already_gets_304() {
    let stage = Stage::session().await;
    let path = format!("/api/v1/auth/phone/profile?token={TOKEN}");
    let first = stage.app.client().get(&path).await;
    let tag = first.header("etag").unwrap();
    for known in [tag.to_owned(), format!("\"other\", {}", &tag[2..]), "*".to_owned()] {
        let again = stage.app.client().with_header("if-none-match", &known).get(&path).await;
        assert_eq!(
            (again.status, again.body.len()),
            (StatusCode::NOT_MODIFIED, 0),
            "{known}"
        );
        assert_eq!((again.header("etag"), again.header("content-type")), (Some(tag), None));
    }
    for unknown in ["W/\"other\"", ""] {
        let again = stage
            .app
            .client()
            .with_header("if-none-match", unknown)
            .get(&path)
            .await;
        assert_eq!(again.status, StatusCode::OK, "{unknown}");
    }
    let reload = stage.app.client().with_header("if-none-match", tag);
    let reload = reload.with_header("cache-control", "no-cache").get(&path).await;
    assert_eq!(reload.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unsupported_method_is_an_unknown_path() {
    let stage = Stage::new().await;
    let answer = stage.app.client().get("/api/v1/auth/phone/request?x=1").await;
    let text = "Cannot GET /api/v1/auth/phone/request?x=1";
    let body = json!({ "message": text, "error": "Not Found", "statusCode": 404 });
    assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, body));
}

#[tokio::test]
async fn preflights_are_the_backends() {
    let stage = Stage::new().await;
    let client = stage.app.client();
    for answer in [
        client.send(Method::OPTIONS, "/api/v1/auth/phone/request", "").await,
        client.send(Method::OPTIONS, "/api/v1/auth/phone/verify", "").await,
        client.send(Method::OPTIONS, "/api/v1/auth/phone/session", "").await,
        client.send(Method::OPTIONS, "/api/v1/auth/phone/sync", "").await,
        client.send(Method::OPTIONS, "/api/v1/auth/phone/profile", "").await,
    ] {
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header("access-control-max-age"), Some("86400"));
    }
}
