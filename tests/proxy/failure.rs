//! Legacy misbehaves: what clients see is an honest answer, or an honest break.

use std::time::{Duration, Instant};

use harness::TestProxy;
use test_support::legacy::{Answer, FakeLegacy};

async fn stage(answer: Answer, config: &str) -> (FakeLegacy, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.on("GET", "/a", answer).otherwise(Answer::text(200, "legacy"));
    let proxy = TestProxy::builder().legacy(&legacy).config(config).spawn().await;
    (legacy, proxy)
}

#[tokio::test]
async fn a_legacy_that_is_not_there_is_a_502_and_the_next_request_finds_it_again() {
    let legacy = FakeLegacy::start().await;
    let address = legacy.address();
    drop(legacy);
    let proxy = TestProxy::builder()
        .legacy_url(&format!("http://{address}"))
        .spawn()
        .await;
    let answer = proxy.client().get("/a").await;
    assert_eq!(answer.status, 502);
    assert!(
        !answer.text().contains(&address.port().to_string()),
        "the answer tells where legacy is: {}",
        answer.text()
    );
}

#[tokio::test]
async fn no_answer_and_no_http_are_502() {
    for answer in [Answer::Cut, Answer::Raw(b"\x16\x03garble\r\n\r\n".to_vec())] {
        let (_legacy, proxy) = stage(answer.clone(), "").await;
        assert_eq!(proxy.client().get("/a").await.status, 502, "{answer:?}");
        // The connection to the proxy has survived it.
        assert_eq!(proxy.client().get("/b").await.text(), "legacy");
    }
}

#[tokio::test]
async fn a_legacy_that_never_answers_is_a_504_in_time() {
    let (_legacy, proxy) = stage(Answer::Stall, "timeouts:\n  answer: 500ms").await;
    let started = Instant::now();
    assert_eq!(proxy.client().get("/a").await.status, 504);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_made_whole() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_vec();
    for bytes in [cut, chunked] {
        let (_legacy, proxy) = stage(Answer::Raw(bytes), "").await;
        let answer = proxy.client().try_send(http::Method::GET, "/a", "").await;
        assert!(answer.is_err(), "a client could take this for the whole: {answer:?}");
    }
}

#[tokio::test]
async fn a_write_is_never_sent_twice() {
    let (legacy, proxy) = stage(Answer::text(200, ""), "").await;
    legacy.on("POST", "/a", Answer::Cut);
    let answer = proxy.client().send(http::Method::POST, "/a", "body").await;
    assert_eq!(answer.status, 502);
    assert_eq!(legacy.requests_to("/a").len(), 1);
}
