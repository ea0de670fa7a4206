//! The text message service itself: its wire format, its errors and its silence.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use test_support::legacy::Answer as Scripted;

use super::{Stage, assert_refused};

const NOT_SENT: &str = "The verification code could not be sent. Please try again later.";

#[tokio::test]
async fn the_account_of_the_console_comes_before_that_of_the_environment() {
    let stage = Stage::new().await;
    let elsewhere = harness::LabsMobile::start().await;
    stage
        .run(&format!(
            r#"insert into system_config (id, key, value, updated_at) values
                 ('a', 'labs_mobile', '{{"username": "user", "token": "wrong"}}', now()),
                 ('b', 'labsmobile_api_key',
                  '{{"username": " user ", "apiKey": "secret", "senderId": "ACME", "endpoint": "{}"}}', now())"#,
            elsewhere.url()
        ))
        .await;
    assert_eq!(stage.ask().await.status, StatusCode::OK);
    assert!(stage.sms.messages().is_empty());
    assert_eq!(elsewhere.messages()[0].sender, "ACME");
}

#[tokio::test]
async fn a_wrong_account_is_a_failure() {
    let stage = Stage::new().await;
    stage
        .run(&format!(
            r#"insert into system_config (id, key, value, updated_at)
               values ('a', 'labs_mobile', '{{"username": "user", "token": "wrong", "baseUrl": "{}"}}', now())"#,
            stage.sms.url()
        ))
        .await;
    let answer = stage.ask().await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "Unauthorized", "SMS_DELIVERY_FAILED");
}

#[tokio::test]
async fn whatever_the_service_does_wrong_the_answer_is_one() {
    let stage = Stage::new().await;
    for wrong in [
        Scripted::Cut,
        Scripted::Raw(b"nonsense\r\n\r\n".to_vec()),
        Scripted::text(404, "<html>"),
        Scripted::text(503, ""),
        Scripted::json(302, &json!({})).with_header("location", "http://127.0.0.1:1/"),
        Scripted::json(400, &json!({ "message": ["x"] })),
    ] {
        stage.sms.answers(wrong.clone());
        let answer = stage.ask().await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, NOT_SENT, "SMS_DELIVERY_FAILED");
        assert!(stage.rows("chatbot_phone_otps").await.is_empty(), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_silent_is_given_up_before_the_request_is() {
    let sms = harness::LabsMobile::start().await;
    let app = harness::TestApp::with_services(&[
        ("LABSMOBILE_ENDPOINT", &sms.url()),
        ("LABSMOBILE_USERNAME", "user"),
        ("LABSMOBILE_TOKEN", "secret"),
        ("FICUS_CALL_TIMEOUT_MS", "50"),
    ])
    .await;
    let acme = app.tenant("acme").insert().await;
    let ada = app.agent(&acme).insert().await;
    let stage = Stage { app, sms, acme, ada };
    stage
        .run(r#"update users set phone = '+51999000111', "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved'"#)
        .await;
    stage.sms.answers(Scripted::Stall);
    let answer = stage.ask().await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, NOT_SENT, "SMS_DELIVERY_FAILED");
    stage.sms.answers(Scripted::After(
        Duration::from_millis(1),
        Box::new(Scripted::text(204, "")),
    ));
    assert_eq!(stage.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_row_of_the_phone_is_locked_while_the_service_is_waited_for() {
    let stage = Stage::linked().await;
    stage.sms.answers(Scripted::Stall);
    let (client, body) = (
        stage.app.client(),
        json!({ "phone": super::PHONE, "tenantId": stage.acme }),
    );
    let waiting = tokio::spawn(async move { client.post(super::REQUEST, &body).await });
    test_support::eventually::eventually("the message is sent", || async {
        (!stage.sms.messages().is_empty()).then_some(())
    })
    .await;
    let answer = stage.ask().await;
    let waits = "OTP recently sent. Please wait before requesting again.";
    assert_refused(&answer, StatusCode::BAD_REQUEST, waits, "RATE_LIMITED");
    waiting.abort();
}
