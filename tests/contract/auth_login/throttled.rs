//! How often a password may be guessed.

use std::time::Duration;

use futures_util::future::join_all;
use handlers::kit::DryRunLimits;
use http::{Request, StatusCode};
use serde_json::json;

use super::Gate;

const LIMIT: usize = 10;

async fn fail(gate: &Gate, times: usize) {
    for _ in 0..times {
        let answer = gate.log_in("ada@acme.example", "wrong").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn after_ten_failures_even_the_right_password_waits_a_quarter_of_an_hour() {
    let gate = Gate::new().await;
    fail(&gate, LIMIT).await;
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), Some("901"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let text = "Too many login attempts. Please try again later.";
    assert_eq!(answer.json(), json!({ "error": text }));
    let body = json!({ "email": "ADA@acme.example", "password": "correct horse" });
    let answer = gate.at_backend(&body).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            StatusCode::TOO_MANY_REQUESTS,
            json!({ "message": text, "error": "Too Many Requests", "statusCode": 429 })
        )
    );
    gate.app.clock().advance(Duration::from_secs(15 * 60));
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it_and_does_not_count() {
    let gate = Gate::new().await;
    fail(&gate, LIMIT - 1).await;
    for _ in 0..3 {
        let answer = gate.log_in("ada@acme.example", "correct horse").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    fail(&gate, LIMIT).await;
}

#[tokio::test]
async fn guesses_made_at_the_same_time_get_no_more_answers() {
    let gate = Gate::new().await;
    let guesses = (0..LIMIT + 6).map(|_| gate.log_in("ada@acme.example", "wrong"));
    let answers = join_all(guesses).await;
    let answered = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(answered(StatusCode::UNAUTHORIZED), LIMIT);
    assert_eq!(answered(StatusCode::TOO_MANY_REQUESTS), 6);
}

#[tokio::test]
async fn one_address_trying_many_names_is_held_back_too() {
    let gate = Gate::new().await;
    for number in 0..50 {
        let answer = gate.log_in(&format!("user{number}@acme.example"), "wrong").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = gate.log_in("ada@acme.example", "correct horse").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_table_names_nobody_and_is_tidied() {
    let gate = Gate::new().await;
    fail(&gate, 1).await;
    let keys: Vec<String> = sqlx::query_scalar("select key from ficus.throttle")
        .fetch_all(gate.app.pool())
        .await
        .unwrap();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.len() == 64 && !key.contains("ada")));
    gate.app.clock().advance(Duration::from_secs(15 * 60));
    let answer = gate.log_in("other@acme.example", "wrong").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let old: i64 = sqlx::query_scalar("select count(*) from ficus.throttle where key = any($1)")
        .bind(&keys)
        .fetch_one(gate.app.pool())
        .await
        .unwrap();
    assert_eq!(old, 1, "only the address, which is in use again");
}

#[tokio::test]
async fn a_dry_run_gives_the_answer_and_does_not_count() {
    let gate = Gate::new().await;
    let limits = DryRunLimits {
        budget: Duration::from_secs(5),
        lock_timeout: Duration::from_millis(100),
        max_answer_bytes: 100_000,
    };
    for password in ["correct horse", "wrong"] {
        let body = json!({ "email": "ada@acme.example", "password": password }).to_string();
        let request = Request::post("/api/auth/login").body(body.into()).unwrap();
        let run = gate.app.native().dry_run(request, limits).await.unwrap();
        let live = gate.log_in("ada@acme.example", password).await;
        assert_eq!(run.response.status(), live.status);
        assert_eq!(run.response.body(), &live.body);
    }
    let most: i32 = sqlx::query_scalar("select max(events) from ficus.throttle")
        .fetch_one(gate.app.pool())
        .await
        .unwrap();
    assert_eq!(most, 1, "the one live failure");
}
