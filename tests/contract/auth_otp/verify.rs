//! `POST /api/chat/otp/verify`.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PHONE, REFUSED, REQUEST, Stage, VERIFICATION, VERIFY, assert_refused};

const WRONG: &str = "Invalid verification code";

impl Stage {
    async fn verify(&self, code: &str) -> harness::Answer {
        let body = json!({ "verificationId": VERIFICATION, "code": code });
        self.post(VERIFY, &body).await
    }
}

#[tokio::test]
async fn the_code_of_the_message_opens_a_session() {
    let stage = Stage::linked().await;
    let asked = stage.ask().await.json();
    let body = json!({ "verificationId": asked["verificationId"], "code": format!(" {} ", stage.sent_code()) });
    let answer = stage.post(VERIFY, &body).await;
    let session = stage.row("chatbot_phone_sessions").await;
    let expected = json!({
        "success": true,
        "session": {
            "token": session["sessionToken"],
            "sessionId": session["id"],
            "expiresAt": "2025-12-12T10:00:00.000Z",
        },
        "user": {
            "id": "p1",
            "phone": PHONE,
            "normalizedPhone": PHONE,
            "countryCode": "+51",
            "tenantId": stage.acme,
            "displayName": "Ada L.",
            "email": "ada@acme.example",
            "profileComplete": true,
            "linkedUserId": stage.ada,
        },
    });
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected));
    let token = session["sessionToken"].as_str().unwrap();
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for (column, value) in [
        ("userId", json!("p1")),
        ("expiresAt", json!("2025-12-12T10:00:00")),
        ("createdAt", json!("2025-06-15T10:00:00")),
        ("lastUsedAt", json!("2025-06-15T10:00:00")),
        ("revokedAt", Value::Null),
    ] {
        assert_eq!(session[column], value, "{column}");
    }
    assert!(stage.rows("chatbot_phone_otps").await.is_empty());
    let answer = stage.post(VERIFY, &body).await;
    assert_refused(
        &answer,
        StatusCode::BAD_REQUEST,
        "Verification request not found",
        "NOT_FOUND",
    );
}

#[tokio::test]
async fn a_used_code_lifts_the_wait_for_the_next() {
    let stage = Stage::linked().await;
    let asked = stage.ask().await.json();
    let body = json!({ "verificationId": asked["verificationId"], "code": stage.sent_code() });
    assert_eq!(stage.post(VERIFY, &body).await.status, StatusCode::OK);
    let answer = stage
        .post(REQUEST, &json!({ "phone": PHONE, "tenantId": stage.acme }))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_missing_is_named_in_order() {
    let stage = Stage::code().await;
    let refused = |answer, text, code| assert_refused(&answer, StatusCode::BAD_REQUEST, text, code);
    for body in [
        json!({}),
        json!({ "code": "482913" }),
        json!({ "verificationId": "" }),
        json!({ "verificationId": 5, "code": "482913" }),
    ] {
        let answer = stage.post(VERIFY, &body).await;
        refused(answer, "Verification identifier is required", "MISSING_VERIFICATION");
    }
    for code in [json!(null), json!(""), json!("  "), json!(482_913)] {
        let answer = stage
            .post(VERIFY, &json!({ "verificationId": "unknown", "code": code }))
            .await;
        refused(answer, "Verification code is required", "INVALID_CODE");
    }
    for unknown in ["  ", "unknown", "nul\u{0}"] {
        let answer = stage
            .post(VERIFY, &json!({ "verificationId": unknown, "code": "1" }))
            .await;
        refused(answer, "Verification request not found", "NOT_FOUND");
    }
    let answer = stage.app.client().send(Method::POST, VERIFY, "{").await;
    refused(answer, "Verification identifier is required", "MISSING_VERIFICATION");
}

#[tokio::test]
async fn a_wrong_code_costs_an_attempt_and_no_other_column() {
    let stage = Stage::code().await;
    let before = stage.row("chatbot_phone_otps").await;
    for attempts in 1..=5 {
        assert_refused(
            &stage.verify("000000").await,
            StatusCode::BAD_REQUEST,
            WRONG,
            "INVALID_CODE",
        );
        let mut expected = before.clone();
        expected["attemptCount"] = json!(attempts);
        assert_eq!(stage.row("chatbot_phone_otps").await, expected);
    }
    let answer = stage.verify("482913").await;
    assert_refused(
        &answer,
        StatusCode::BAD_REQUEST,
        "Too many invalid attempts",
        "INVALID_CODE",
    );
    assert_eq!(stage.row("chatbot_phone_users").await["lastActiveAt"], Value::Null);
    assert_eq!(stage.row("chatbot_phone_otps").await["attemptCount"], json!(5));
}

#[tokio::test]
async fn the_fifth_attempt_still_counts() {
    let stage = Stage::code().await;
    stage.run(r#"update chatbot_phone_otps set "attemptCount" = 4"#).await;
    assert_eq!(stage.verify("482913").await.status, StatusCode::OK);
    assert_eq!(
        stage.row("chatbot_phone_users").await["lastActiveAt"],
        json!("2025-06-15T10:00:00")
    );
}

#[tokio::test]
async fn a_code_runs_out_after_its_last_millisecond() {
    let stage = Stage::code().await;
    stage.app.clock().advance(Duration::from_secs(4 * 60));
    assert_refused(
        &stage.verify("000000").await,
        StatusCode::BAD_REQUEST,
        WRONG,
        "INVALID_CODE",
    );
    stage.app.clock().advance(Duration::from_millis(1));
    let answer = stage.verify("482913").await;
    assert_refused(
        &answer,
        StatusCode::BAD_REQUEST,
        "The verification code has expired",
        "EXPIRED",
    );
}

#[tokio::test]
async fn access_is_asked_for_before_the_code_is_looked_at() {
    for (refused, text) in REFUSED {
        let stage = Stage::code().await;
        stage.run(&format!("update users set {refused}")).await;
        assert_refused(
            &stage.verify("482913").await,
            StatusCode::BAD_REQUEST,
            text,
            "ACCESS_DENIED",
        );
        assert_eq!(stage.row("chatbot_phone_otps").await["attemptCount"], json!(0));
    }
}

#[tokio::test]
async fn the_five_newest_sessions_stay_and_other_codes_too() {
    let stage = Stage::code().await;
    stage.add_code("o2", "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a02").await;
    for number in 1..=7 {
        stage
            .add_session(&format!("s{number}"), &format!("token-{number}"), "p1")
            .await;
        stage
            .run(&format!(
                r#"update chatbot_phone_sessions set "createdAt" = '2025-06-0{number}' where id = 's{number}'"#
            ))
            .await;
    }
    stage
        .run(r#"update chatbot_phone_sessions set "revokedAt" = '2025-06-07' where id = 's7'"#)
        .await;
    let opened = stage.verify("482913").await.json();
    let kept = stage.rows("chatbot_phone_sessions").await;
    let mut kept: Vec<&str> = kept.iter().map(|row| row["id"].as_str().unwrap()).collect();
    kept.sort_unstable();
    let new = opened["session"]["sessionId"].as_str().unwrap();
    assert_eq!(kept, [new, "s4", "s5", "s6", "s7"]);
    assert_eq!(stage.row("chatbot_phone_otps").await["id"], json!("o2"));
}

#[tokio::test]
async fn a_profile_without_a_name_is_not_complete() {
    let stage = Stage::code().await;
    stage
        .run(r#"update chatbot_phone_users set "displayName" = null, email = ''; update users set name = ' '"#)
        .await;
    let user = stage.verify("482913").await.json()["user"].clone();
    assert_eq!(
        (&user["profileComplete"], &user["displayName"]),
        (&json!(false), &json!(" "))
    );
    assert_eq!(user["email"], json!(format!("{}@example.org", stage.ada)));
}

#[tokio::test]
async fn preflights_and_other_methods() {
    let stage = Stage::new().await;
    let answer = stage
        .app
        .client()
        .send(Method::OPTIONS, "/api/chat/otp/verify", "")
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (StatusCode::OK, Some("*"))
    );
    let answer = stage.app.client().put(VERIFY, &json!({})).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
