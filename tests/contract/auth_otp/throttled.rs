//! Codes asked for and guessed at the same time, on two replicas.

use std::time::Duration;

use futures_util::future::join_all;
use handlers::kit::DryRunLimits;
use harness::Answer;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{PHONE, REQUEST, SYNC, Stage, VERIFICATION, VERIFY, assert_refused};

const PARALLEL: usize = 200;
const TOO_MANY: &str = "Too many requests. Please try again later.";

/// The same request very often at the same time, by turns on two replicas.
async fn all_at_once(stage: &Stage, path: &str, body: &Value) -> Vec<Answer> {
    let clients = [stage.app.client(), stage.app.replica().await.client()];
    let requests = (0..PARALLEL).map(|number| clients[number % 2].post(path, body));
    join_all(requests).await
}

fn count(answers: &[Answer], status: StatusCode, error: &str) -> usize {
    let is = |answer: &&Answer| answer.status == status && answer.json()["error"] == json!(error);
    answers.iter().filter(is).count()
}

#[tokio::test]
async fn of_many_requests_for_one_phone_one_gets_a_code() {
    for stage in [Stage::new().await, Stage::linked().await] {
        let body = json!({ "phone": PHONE, "tenantId": stage.acme });
        let answers = all_at_once(&stage, REQUEST, &body).await;
        let waiting = "OTP recently sent. Please wait before requesting again.";
        let sent = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(
            (sent, count(&answers, StatusCode::BAD_REQUEST, waiting)),
            (1, PARALLEL - 1)
        );
        assert_eq!(stage.sms.messages().len(), 1);
        assert_eq!(stage.rows("chatbot_phone_otps").await.len(), 1);
        assert_eq!(stage.rows("chatbot_phone_users").await.len(), 1);
    }
}

#[tokio::test]
async fn of_many_wrong_codes_five_are_compared() {
    let stage = Stage::code().await;
    let body = json!({ "verificationId": VERIFICATION, "code": "000000" });
    let answers = all_at_once(&stage, VERIFY, &body).await;
    let wrong = count(&answers, StatusCode::BAD_REQUEST, "Invalid verification code");
    let late = count(&answers, StatusCode::BAD_REQUEST, "Too many invalid attempts");
    assert_eq!((wrong, late), (5, PARALLEL - 5));
    assert_eq!(stage.row("chatbot_phone_otps").await["attemptCount"], json!(5));
}

#[tokio::test]
async fn of_many_right_codes_one_opens_a_session() {
    let stage = Stage::code().await;
    let body = json!({ "verificationId": VERIFICATION, "code": "482913" });
    let answers = all_at_once(&stage, VERIFY, &body).await;
    let opened = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let refused = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::BAD_REQUEST)
        .count();
    assert_eq!((opened, refused), (1, PARALLEL - 1));
    assert_eq!(stage.rows("chatbot_phone_sessions").await.len(), 1);
}

#[tokio::test]
async fn a_phone_gets_ten_messages_an_hour() {
    let stage = Stage::new().await;
    for _ in 0..10 {
        assert_eq!(stage.ask().await.status, StatusCode::OK);
        stage.app.clock().advance(Duration::from_secs(60));
    }
    let before = stage.row("chatbot_phone_users").await;
    let answer = stage.ask().await;
    assert_refused(&answer, StatusCode::TOO_MANY_REQUESTS, TOO_MANY, "RATE_LIMITED");
    assert_eq!(answer.header("retry-after"), Some("3001"));
    assert_eq!(stage.row("chatbot_phone_users").await, before);
    stage.app.clock().advance(Duration::from_secs(50 * 60));
    assert_eq!(stage.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn messages_that_were_not_sent_do_not_count() {
    let stage = Stage::new().await;
    stage.sms.answers(test_support::legacy::Answer::text(503, ""));
    for _ in 0..12 {
        assert_eq!(stage.ask().await.json()["code"], json!("SMS_DELIVERY_FAILED"));
    }
}

#[tokio::test]
async fn an_address_asks_about_three_hundred_phones_in_a_quarter_of_an_hour() {
    let stage = Stage::new().await;
    let body = json!({ "phone": "+51999000333", "tenantId": stage.acme });
    for _ in 0..150 {
        assert_eq!(stage.post(SYNC, &body).await.status, StatusCode::OK);
        assert_eq!(stage.post(REQUEST, &body).await.status, StatusCode::BAD_REQUEST);
    }
    for path in [SYNC, REQUEST] {
        let answer = stage.post(path, &body).await;
        assert_refused(&answer, StatusCode::TOO_MANY_REQUESTS, TOO_MANY, "RATE_LIMITED");
    }
    stage.app.clock().advance(Duration::from_secs(15 * 60));
    assert_eq!(stage.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_dry_run_sends_nothing_and_counts_nothing() {
    let stage = Stage::code().await;
    let run = async |path: &str, body: Value| {
        let request = Request::post(path).body(body.to_string().into()).unwrap();
        let limits = DryRunLimits {
            budget: Duration::from_secs(5),
            ..DryRunLimits::default()
        };
        stage.app.native().dry_run(request, limits).await
    };
    let asked = run(REQUEST, json!({ "phone": "+51999000111", "tenantId": stage.acme })).await;
    assert!(asked.unwrap_err().to_string().contains("labsmobile"));
    let wrong = run(VERIFY, json!({ "verificationId": VERIFICATION, "code": "000000" })).await;
    assert_eq!(wrong.unwrap().response.status(), StatusCode::BAD_REQUEST);
    let right = run(VERIFY, json!({ "verificationId": VERIFICATION, "code": "482913" })).await;
    assert_eq!(right.unwrap().response.status(), StatusCode::OK);
    assert!(stage.sms.messages().is_empty());
    assert_eq!(stage.row("chatbot_phone_otps").await["attemptCount"], json!(0));
    assert!(stage.rows("chatbot_phone_sessions").await.is_empty());
    let counted: i64 = sqlx::query_scalar("select count(*) from ficus.throttle")
        .fetch_one(stage.app.pool())
        .await
        .unwrap();
    assert_eq!(counted, 0);
}
