//! Ending: what is in flight is finished, what comes later is not begun.

use std::time::Duration;

use harness::{Client, FicusProcess};
use test_support::legacy::{Answer, FakeLegacy};

#[tokio::test]
async fn term_finishes_what_is_in_flight_and_exits_with_0() {
    let legacy = FakeLegacy::start().await;
    legacy.on(
        "GET",
        "/slow",
        Answer::After(Duration::from_millis(800), Box::new(Answer::text(200, "done"))),
    );
    let mut ficus = FicusProcess::start(&legacy.url(), None).await;
    let client = Client::of_origin(ficus.origin());
    let slow = tokio::spawn(async move { client.get("/slow").await });
    legacy.wait_for("/slow", 1).await;
    ficus.signal("TERM").await;
    let answer = slow.await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "done"));
    assert_eq!(ficus.exit_code().await, Some(0));
    let late = Client::of_origin(ficus.origin())
        .try_send(http::Method::GET, "/", "")
        .await;
    assert!(late.is_err());
}

#[tokio::test]
async fn a_second_term_does_not_wait() {
    let legacy = FakeLegacy::start().await;
    legacy.on("GET", "/never", Answer::Stall);
    let mut ficus = FicusProcess::start(&legacy.url(), None).await;
    let client = Client::of_origin(ficus.origin());
    let never = tokio::spawn(async move { client.try_send(http::Method::GET, "/never", "").await });
    legacy.wait_for("/never", 1).await;
    ficus.signal("TERM").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    ficus.signal("TERM").await;
    assert_ne!(ficus.exit_code().await, Some(0));
    assert!(never.await.unwrap().is_err());
}
