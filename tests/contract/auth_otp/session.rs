//! `POST` and `DELETE /api/chat/otp/session`.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NO_ACCOUNT, PHONE, REFUSED, SESSION, Stage, TOKEN, assert_refused};

#[tokio::test]
async fn a_session_is_shown_with_its_user_and_lives_on() {
    let stage = Stage::session().await;
    let answer = stage.post(SESSION, &json!({ "token": TOKEN })).await;
    let expected = json!({
        "success": true,
        "session": { "token": TOKEN, "sessionId": "s1", "expiresAt": "2025-12-12T10:00:00.000Z" },
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
    let session = stage.row("chatbot_phone_sessions").await;
    for (column, value) in [
        ("expiresAt", "2025-12-12T10:00:00"),
        ("lastUsedAt", "2025-06-15T10:00:00"),
        ("createdAt", "2025-06-01T00:00:00"),
    ] {
        assert_eq!(session[column], json!(value), "{column}");
    }
    let phone_user = stage.row("chatbot_phone_users").await;
    assert_eq!(phone_user["lastActiveAt"], json!("2025-06-15T10:00:00"));
    assert_eq!(phone_user["updatedAt"], json!("2025-01-01T00:00:00"));
}

#[tokio::test]
async fn only_the_literal_false_leaves_its_end_as_it_is() {
    let stage = Stage::session().await;
    let end = |answer: harness::Answer| answer.json()["session"]["expiresAt"].clone();
    let kept = stage.post(SESSION, &json!({ "token": TOKEN, "extend": false })).await;
    assert_eq!(end(kept), json!("2025-12-01T00:00:00.000Z"));
    assert_eq!(
        stage.row("chatbot_phone_sessions").await["expiresAt"],
        json!("2025-12-01T00:00:00")
    );
    for extend in [json!(0), json!(null), json!("false"), json!(true)] {
        stage.app.clock().advance(Duration::from_secs(86_400));
        let before = stage.row("chatbot_phone_sessions").await["expiresAt"].clone();
        stage.post(SESSION, &json!({ "token": TOKEN, "extend": extend })).await;
        assert_ne!(
            stage.row("chatbot_phone_sessions").await["expiresAt"],
            before,
            "{extend}"
        );
    }
}

#[tokio::test]
async fn uses_at_one_time_are_written_together_and_each_session_keeps_its_own_end() {
    let stage = Stage::session().await;
    stage
        .run(
            r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", "createdAt", "updatedAt")
                 values ('p2', '+15550002', '+15550002', (select id from tenants limit 1), '2025-01-01', '2025-01-01')"#,
        )
        .await;
    stage.add_session("s2", "token-2", "p1").await;
    stage.add_session("s3", "token-3", "p2").await;
    let look = async |token: &str| {
        stage
            .post(SESSION, &json!({ "token": token, "extend": false }))
            .await
            .status
    };
    // Whose phone belongs to no app user is refused, and uses nothing.
    let statuses = tokio::join!(look(TOKEN), look(TOKEN), look("token-2"), look("token-3"));
    let (fine, refused) = (StatusCode::OK, StatusCode::FORBIDDEN);
    assert_eq!(statuses, (fine, fine, fine, refused));
    let column = |rows: &[Value], name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    let sessions = stage.rows("chatbot_phone_sessions").await;
    let (now, before) = (json!("2025-06-15T10:00:00"), json!("2025-06-01T00:00:00"));
    assert_eq!(column(&sessions, "lastUsedAt"), [now.clone(), now.clone(), before]);
    assert_eq!(column(&sessions, "expiresAt"), vec![json!("2025-12-01T00:00:00"); 3]);
    let phone_users = stage.rows("chatbot_phone_users").await;
    assert_eq!(column(&phone_users, "lastActiveAt"), [now, Value::Null]);
}

#[tokio::test]
async fn a_missing_token_is_named_even_when_the_header_has_one() {
    let stage = Stage::session().await;
    let client = stage
        .app
        .client()
        .with_header("authorization", &format!("Bearer {TOKEN}"));
    for body in [json!({}), json!({ "token": "" }), json!({ "token": 5 }), json!([TOKEN])] {
        let answer = client.post(SESSION, &body).await;
        assert_refused(
            &answer,
            StatusCode::UNAUTHORIZED,
            "Session token is required",
            "SESSION_INVALID",
        );
        let answer = client
            .send(Method::DELETE, "/api/chat/otp/session", body.to_string())
            .await;
        assert_refused(
            &answer,
            StatusCode::UNAUTHORIZED,
            "Session token is required",
            "SESSION_INVALID",
        );
    }
    for body in ["", "{", "null"] {
        for method in [Method::POST, Method::DELETE] {
            let answer = client.send(method, SESSION, body).await;
            assert_refused(
                &answer,
                StatusCode::UNAUTHORIZED,
                "Session token is required",
                "SESSION_INVALID",
            );
        }
    }
}

#[tokio::test]
async fn unknown_revoked_and_expired_sessions_are_refused_and_nothing_is_written() {
    let stage = Stage::session().await;
    let before = stage.row("chatbot_phone_sessions").await;
    for token in ["unknown", "nul\u{0}"] {
        let answer = stage.post(SESSION, &json!({ "token": token })).await;
        assert_refused(
            &answer,
            StatusCode::UNAUTHORIZED,
            "Session not found",
            "SESSION_INVALID",
        );
    }
    for (spoiled, text) in [
        (
            r#""revokedAt" = '2025-06-01', "expiresAt" = '2025-01-01'"#,
            "Session not found",
        ),
        (
            r#""revokedAt" = null, "expiresAt" = '2025-06-15 09:59:59.999'"#,
            "Session has expired",
        ),
    ] {
        stage.run(&format!("update chatbot_phone_sessions set {spoiled}")).await;
        let answer = stage.post(SESSION, &json!({ "token": TOKEN })).await;
        assert_refused(&answer, StatusCode::UNAUTHORIZED, text, "SESSION_INVALID");
    }
    assert_eq!(
        stage.row("chatbot_phone_sessions").await["lastUsedAt"],
        before["lastUsedAt"]
    );
}

#[tokio::test]
async fn who_lost_access_is_forbidden() {
    for (refused, text) in REFUSED {
        let stage = Stage::session().await;
        stage.run(&format!("update users set {refused}")).await;
        let answer = stage.post(SESSION, &json!({ "token": TOKEN })).await;
        assert_refused(&answer, StatusCode::FORBIDDEN, text, "ACCESS_DENIED");
        assert_eq!(
            stage.row("chatbot_phone_sessions").await["expiresAt"],
            json!("2025-12-01T00:00:00")
        );
    }
    let stage = Stage::session().await;
    stage
        .run(r#"update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null"#)
        .await;
    let answer = stage.post(SESSION, &json!({ "token": TOKEN })).await;
    assert_refused(&answer, StatusCode::FORBIDDEN, NO_ACCOUNT, "ACCESS_DENIED");
}

#[tokio::test]
async fn ending_a_session_sets_one_column_and_again_does_it_again() {
    let stage = Stage::session().await;
    stage
        .run(r#"update users set status = 'suspended'; update chatbot_phone_sessions set "expiresAt" = '2025-01-01'"#)
        .await;
    let mut expected = stage.row("chatbot_phone_sessions").await;
    let body = json!({ "token": TOKEN }).to_string();
    for at in ["2025-06-15T10:00:00", "2025-06-15T10:01:00"] {
        let answer = stage.app.client().send(Method::DELETE, SESSION, body.clone()).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::OK, json!({ "success": true }))
        );
        expected["revokedAt"] = json!(at);
        assert_eq!(stage.row("chatbot_phone_sessions").await, expected);
        stage.app.clock().advance(Duration::from_secs(60));
    }
    assert_eq!(stage.row("chatbot_phone_users").await["lastActiveAt"], Value::Null);
}

#[tokio::test]
async fn an_unknown_session_cannot_be_ended() {
    let stage = Stage::session().await;
    for token in ["unknown", "nul\u{0}"] {
        let body = json!({ "token": token }).to_string();
        let answer = stage.app.client().send(Method::DELETE, SESSION, body).await;
        assert_refused(
            &answer,
            StatusCode::UNAUTHORIZED,
            "Session not found",
            "SESSION_INVALID",
        );
    }
    assert_eq!(stage.row("chatbot_phone_sessions").await["revokedAt"], Value::Null);
}

#[tokio::test]
async fn preflights_and_other_methods() {
    let stage = Stage::new().await;
    let answer = stage
        .app
        .client()
        .send(Method::OPTIONS, "/api/chat/otp/session", "")
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (StatusCode::OK, Some("*"))
    );
    let answer = stage.app.client().get(SESSION).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
