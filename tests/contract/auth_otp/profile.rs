//! `GET` and `PUT /api/chat/otp/profile`.

use harness::Client;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NO_ACCOUNT, PHONE, PROFILE, REFUSED, Stage, TOKEN, assert_refused};

impl Stage {
    fn bearer(&self, token: &str) -> Client {
        self.app
            .client()
            .with_header("authorization", &format!("Bearer {token}"))
    }

    async fn save(&self, name: Value, email: Value) -> harness::Answer {
        let body = json!({ "token": TOKEN, "displayName": name, "email": email });
        self.app.client().put(PROFILE, &body).await
    }
}

#[tokio::test]
async fn a_profile_is_shown_and_its_session_was_used() {
    let stage = Stage::session().await;
    let expected = json!({
        "success": true,
        "profile": {
            "id": "p1",
            "displayName": "Ada L.",
            "email": "ada@acme.example",
            "tenantId": stage.acme,
            "phone": PHONE,
            "countryCode": "+51",
            "profileComplete": true,
        },
    });
    let by_query = stage
        .app
        .client()
        .get(&format!("/api/chat/otp/profile?token={TOKEN}"))
        .await;
    assert_eq!((by_query.status, by_query.json()), (StatusCode::OK, expected.clone()));
    assert_eq!(stage.bearer(TOKEN).get(PROFILE).await.json(), expected);
    let session = stage.row("chatbot_phone_sessions").await;
    assert_eq!(
        (&session["lastUsedAt"], &session["expiresAt"]),
        (&json!("2025-06-15T10:00:00"), &json!("2025-12-01T00:00:00"))
    );
    assert_eq!(
        stage.row("chatbot_phone_users").await["lastActiveAt"],
        json!("2025-06-15T10:00:00")
    );
}

#[tokio::test]
async fn the_query_wins_over_the_header_and_an_empty_one_is_none() {
    let stage = Stage::session().await;
    let answer = stage.bearer(TOKEN).get("/api/chat/otp/profile?token=unknown").await;
    assert_refused(
        &answer,
        StatusCode::UNAUTHORIZED,
        "Session not found",
        "SESSION_INVALID",
    );
    let answer = stage.bearer(TOKEN).get("/api/chat/otp/profile?token=").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_token_of_the_right_scheme_there_is_none() {
    let stage = Stage::session().await;
    let expected = (StatusCode::BAD_REQUEST, json!({ "error": "Session token is required" }));
    let answer = stage.app.client().get(PROFILE).await;
    assert_eq!((answer.status, answer.json()), expected);
    for header in [format!("bearer {TOKEN}"), format!("Basic {TOKEN}"), TOKEN.to_owned()] {
        let client = stage.app.client().with_header("authorization", &header);
        let answer = client.get(PROFILE).await;
        assert_eq!((answer.status, answer.json()), expected, "{header}");
    }
    let answer = stage.app.client().send(Method::HEAD, PROFILE, "").await;
    assert_eq!(
        (answer.status, answer.body.len(), answer.header("content-type")),
        (StatusCode::BAD_REQUEST, 0, Some("application/json"))
    );
}

#[tokio::test]
async fn a_session_that_does_not_hold_shows_nothing() {
    let stage = Stage::session().await;
    let answer = stage.bearer("a.b.c").get(PROFILE).await;
    assert_refused(
        &answer,
        StatusCode::UNAUTHORIZED,
        "Session not found",
        "SESSION_INVALID",
    );
    stage
        .run(r#"update chatbot_phone_sessions set "expiresAt" = '2025-06-15 09:59:59.999'"#)
        .await;
    let answer = stage.bearer(TOKEN).get(PROFILE).await;
    assert_refused(
        &answer,
        StatusCode::UNAUTHORIZED,
        "Session has expired",
        "SESSION_INVALID",
    );
    for (refused, text) in REFUSED {
        let stage = Stage::session().await;
        stage.run(&format!("update users set {refused}")).await;
        let answer = stage.bearer(TOKEN).get(PROFILE).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, text, "ACCESS_DENIED");
        assert_eq!(
            stage.row("chatbot_phone_sessions").await["lastUsedAt"],
            json!("2025-06-01T00:00:00")
        );
    }
    stage
        .run(
            r#"update chatbot_phone_sessions set "expiresAt" = '2025-12-01';
               update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null"#,
        )
        .await;
    let answer = stage.bearer(TOKEN).get(PROFILE).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, NO_ACCOUNT, "ACCESS_DENIED");
}

#[tokio::test]
async fn what_is_empty_is_null_and_what_a_read_fills_is_shown() {
    let stage = Stage::session().await;
    stage
        .run(r#"update chatbot_phone_users set "displayName" = '', email = null, "countryCode" = ''; update users set name = null"#)
        .await;
    let profile = stage.bearer(TOKEN).get(PROFILE).await.json()["profile"].clone();
    assert_eq!(
        (
            &profile["displayName"],
            &profile["countryCode"],
            &profile["profileComplete"]
        ),
        (&Value::Null, &Value::Null, &json!(false))
    );
    let email = json!(format!("{}@example.org", stage.ada));
    assert_eq!(profile["email"], email);
    assert_eq!(stage.row("chatbot_phone_users").await["email"], email);
}

#[tokio::test]
async fn a_profile_is_saved_trimmed_and_touches_nothing_else() {
    let stage = Stage::session().await;
    let mut expected = stage.row("chatbot_phone_users").await;
    let before = (stage.row("chatbot_phone_sessions").await, stage.row("users").await);
    let answer = stage.save(json!("  Ada King "), json!(" Ada.King@Acme.Example ")).await;
    assert_eq!(
        (
            answer.status,
            &answer.json()["profile"]["displayName"],
            &answer.json()["profile"]["email"]
        ),
        (StatusCode::OK, &json!("Ada King"), &json!("ada.king@acme.example"))
    );
    expected["displayName"] = json!("Ada King");
    expected["email"] = json!("ada.king@acme.example");
    assert_eq!(stage.row("chatbot_phone_users").await, expected);
    let after = (stage.row("chatbot_phone_sessions").await, stage.row("users").await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_suspended_user_may_save_and_blanks_of_the_app_user_are_filled() {
    let stage = Stage::session().await;
    stage.run("update users set status = 'suspended', name = null").await;
    assert_eq!(
        stage.save(json!("Ada King"), json!("a@b.co")).await.status,
        StatusCode::OK
    );
    assert_eq!(stage.row("users").await["name"], json!("Ada King"));
}

#[tokio::test]
async fn an_email_that_is_saved_links_nobody() {
    let stage = Stage::session().await;
    stage
        .run(r#"update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null, email = 'boss@acme.example'"#)
        .await;
    let answer = stage.save(json!("Ada"), json!("boss@acme.example")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(stage.row("users").await["chatbotPhoneUserId"], Value::Null);
}

#[tokio::test]
async fn what_is_missing_from_a_profile_is_named_in_order() {
    let stage = Stage::session().await;
    for (name, email, text) in [
        (json!(null), json!(null), "Full name is required"),
        (json!("  "), json!("a@b.co"), "Full name is required"),
        (json!(7), json!("a@b.co"), "Full name is required"),
        (json!("Ada"), json!(null), "Email is required"),
        (json!("Ada"), json!(" "), "Email is required"),
        (json!("Ada"), json!(7), "Email is required"),
        (json!("Ada"), json!("a@b"), "Email is invalid"),
        (json!("Ada"), json!("a b@c.d"), "Email is invalid"),
    ] {
        let answer = stage.save(name, email).await;
        assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, text, "PROFILE_INVALID");
    }
    assert_eq!(stage.row("chatbot_phone_users").await["displayName"], json!("Ada L."));
}

#[tokio::test]
async fn without_an_open_session_nothing_is_saved_whoever_is_logged_in() {
    let stage = Stage::session().await;
    let before = stage.row("chatbot_phone_users").await;
    for token in [
        json!(null),
        json!(""),
        json!({ "not": "x" }),
        json!(5),
        json!("unknown"),
        json!("nul\u{0}"),
    ] {
        let body = json!({ "token": token, "displayName": "Eve", "email": "eve@b.co" });
        let answer = stage.bearer(TOKEN).put(PROFILE, &body).await;
        assert_refused(
            &answer,
            StatusCode::UNAUTHORIZED,
            "Session not found",
            "SESSION_INVALID",
        );
    }
    for spoiled in [
        r#""revokedAt" = '2025-06-01'"#,
        r#""revokedAt" = null, "expiresAt" = '2025-06-15 10:00'"#,
    ] {
        stage.run(&format!("update chatbot_phone_sessions set {spoiled}")).await;
        let answer = stage.save(json!("Ada"), json!("a@b.co")).await;
        assert_refused(
            &answer,
            StatusCode::UNAUTHORIZED,
            "Session not found",
            "SESSION_INVALID",
        );
    }
    let answer = stage.app.client().send(Method::PUT, PROFILE, "{").await;
    assert_refused(
        &answer,
        StatusCode::UNAUTHORIZED,
        "Session not found",
        "SESSION_INVALID",
    );
    assert_eq!(stage.row("chatbot_phone_users").await, before);
}

#[tokio::test]
async fn preflights_and_other_methods() {
    let stage = Stage::new().await;
    let answer = stage
        .app
        .client()
        .send(Method::OPTIONS, "/api/chat/otp/profile", "")
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (StatusCode::OK, Some("*"))
    );
    let answer = stage.app.client().post(PROFILE, &json!({})).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
