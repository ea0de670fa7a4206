//! `POST /api/chat/otp/sync`.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NO_ACCOUNT, PHONE, REFUSED, SYNC, Stage, TOKEN, assert_refused};

impl Stage {
    async fn sync(&self, token: Value) -> harness::Answer {
        let body = json!({ "phone": PHONE, "tenantId": self.acme, "sessionToken": token });
        self.post(SYNC, &body).await
    }
}

fn needs_code() -> Value {
    json!({
        "success": false,
        "reason": "no_active_session",
        "message": "Please verify your phone number to continue",
        "requiresOtp": true,
    })
}

fn assert_answer(answer: &harness::Answer, body: &Value) {
    assert_eq!((answer.status, &answer.json()), (StatusCode::OK, body));
}

#[tokio::test]
async fn without_a_phone_there_is_nothing_to_ask() {
    let stage = Stage::linked().await;
    let expected = (StatusCode::BAD_REQUEST, json!({ "error": "Phone number is required" }));
    for body in [
        json!({}),
        json!({ "phone": "" }),
        json!({ "phone": 0 }),
        json!({ "phone": false }),
    ] {
        let answer = stage.post(SYNC, &body).await;
        assert_eq!((answer.status, answer.json()), expected, "{body}");
    }
    for body in ["", "{", "null"] {
        let answer = stage.app.client().send(Method::POST, SYNC, body).await;
        assert_eq!((answer.status, answer.json()), expected, "{body}");
    }
}

#[tokio::test]
async fn what_is_no_phone_is_the_callers_mistake() {
    let stage = Stage::linked().await;
    for (phone, text) in [
        (json!("  "), "Phone number is required"),
        (json!(5), "Phone number is required"),
        (json!("+123"), "Phone number must contain 8-25 digits"),
    ] {
        let answer = stage.post(SYNC, &json!({ "phone": phone })).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, text, "INVALID_PHONE");
    }
}

#[tokio::test]
async fn an_unknown_phone_is_to_register_and_is_not_made() {
    let stage = Stage::new().await;
    let expected = json!({
        "success": false,
        "reason": "user_not_found",
        "message": "User not found. Please register first.",
    });
    assert_answer(&stage.sync(json!(null)).await, &expected);
    assert!(stage.rows("chatbot_phone_users").await.is_empty());
    let stage = Stage::linked().await;
    stage.app.tenant("other").insert().await;
    let elsewhere = stage
        .post(SYNC, &json!({ "phone": PHONE, "tenantId": "tenant-other" }))
        .await;
    assert_answer(&elsewhere, &expected);
}

#[tokio::test]
async fn who_has_no_access_is_told_why() {
    let expected = |text: &str| {
        json!({
            "success": false, "reason": "access_denied", "message": text, "requiresOtp": false,
        })
    };
    for (refused, text) in REFUSED {
        let stage = Stage::session().await;
        stage.run(&format!("update users set {refused}")).await;
        assert_answer(&stage.sync(json!(TOKEN)).await, &expected(text));
        assert_eq!(stage.row("chatbot_phone_sessions").await["revokedAt"], Value::Null);
    }
    let stage = Stage::linked().await;
    stage
        .run(r#"update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null"#)
        .await;
    assert_answer(&stage.sync(json!(null)).await, &expected(NO_ACCOUNT));
}

#[tokio::test]
async fn without_a_session_of_its_own_a_phone_needs_a_code_and_nothing_is_written() {
    let stage = Stage::session().await;
    stage
        .run(&format!(
            r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", "createdAt", "updatedAt")
                 values ('p2', '+51999000222', '+51999000222', '{acme}', '2025-01-01', '2025-01-01')"#,
            acme = stage.acme
        ))
        .await;
    stage.add_session("s2", "of-another-phone", "p2").await;
    stage.add_session("s3", "revoked", "p1").await;
    stage.add_session("s4", "expired", "p1").await;
    stage
        .run(
            r#"update chatbot_phone_sessions set "revokedAt" = '2025-06-01' where id = 's3';
               update chatbot_phone_sessions set "expiresAt" = '2025-06-01' where id = 's4'"#,
        )
        .await;
    let before = (
        stage.rows("chatbot_phone_sessions").await,
        stage.rows("chatbot_phone_users").await,
    );
    for token in [
        json!(null),
        json!(""),
        json!(5),
        json!("unknown"),
        json!("of-another-phone"),
        json!("revoked"),
        json!("expired"),
        json!("nul\u{0}"),
    ] {
        assert_answer(&stage.sync(token).await, &needs_code());
    }
    let after = (
        stage.rows("chatbot_phone_sessions").await,
        stage.rows("chatbot_phone_users").await,
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_session_of_this_phone_is_restored_and_lives_on() {
    let stage = Stage::session().await;
    let answer = stage.sync(json!(TOKEN)).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["success"]), (StatusCode::OK, &json!(true)));
    assert_eq!(body["message"], json!("Existing session restored"));
    assert_eq!(
        body["session"],
        json!({ "token": TOKEN, "sessionId": "s1", "expiresAt": "2025-12-12T10:00:00.000Z" })
    );
    assert_eq!(
        (&body["user"]["id"], &body["user"]["linkedUserId"]),
        (&json!("p1"), &json!(stage.ada))
    );
    let session = stage.row("chatbot_phone_sessions").await;
    assert_eq!(
        (&session["expiresAt"], &session["lastUsedAt"]),
        (&json!("2025-12-12T10:00:00"), &json!("2025-06-15T10:00:00"))
    );
    assert_eq!(
        stage.row("chatbot_phone_users").await["lastActiveAt"],
        json!("2025-06-15T10:00:00")
    );
}

#[tokio::test]
async fn blanks_of_the_two_rows_are_filled_from_each_other() {
    let stage = Stage::linked().await;
    stage
        .run(
            r#"update users set "chatbotPhoneUserId" = null, phone = '', name = '  ';
               update chatbot_phone_users set email = '', "tenantId" = "tenantId""#,
        )
        .await;
    let updated = stage.row("users").await["updatedAt"].clone();
    assert_answer(&stage.sync(json!(null)).await, &needs_code());
    let user = stage.row("users").await;
    for (column, value) in [
        ("chatbotPhoneUserId", json!("p1")),
        ("phone", json!(PHONE)),
        ("name", json!("Ada L.")),
        ("updatedAt", updated),
    ] {
        assert_eq!(user[column], value, "{column}");
    }
    let phone_user = stage.row("chatbot_phone_users").await;
    assert_eq!(phone_user["email"], user["email"]);
    assert_eq!(phone_user["updatedAt"], json!("2025-01-01T00:00:00"));
}

#[tokio::test]
async fn preflights_and_other_methods() {
    let stage = Stage::new().await;
    let answer = stage.app.client().send(Method::OPTIONS, "/api/chat/otp/sync", "").await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (StatusCode::OK, Some("*"))
    );
    let answer = stage.app.client().delete(SYNC).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
