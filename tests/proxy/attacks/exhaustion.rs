//! Clients that take their time, or too much of everything.

use std::time::Duration;

use harness::TestProxy;
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::time::timeout;

use super::wire::Connection;

/// Nothing here waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

async fn stage(config: &str) -> (FakeLegacy, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "ordinary"));
    let proxy = TestProxy::builder().legacy(&legacy).config(config).spawn().await;
    (legacy, proxy)
}

async fn refused(proxy: &TestProxy, reason: &str) -> bool {
    let line = format!("ficus_refused_total{{reason=\"{reason}\"}} 1");
    proxy.metrics().await.lines().any(|found| found == line)
}

#[tokio::test]
async fn a_head_that_does_not_end_is_408() {
    let (legacy, proxy) = stage("timeouts: { request_head: 200ms }").await;
    let mut connection = Connection::open(proxy.address()).await;
    connection.send(b"GET /a HTTP/1.1\r\nHost: a\r\n").await;
    assert_eq!(connection.answer(false).await.unwrap().status, 408);
    connection.end().await.unwrap();
    assert!(refused(&proxy, "slow_head").await && legacy.requests().is_empty());
}

#[tokio::test]
async fn a_head_that_drips_is_408_too() {
    let (_legacy, proxy) = stage("timeouts: { request_head: 300ms }").await;
    let mut connection = Connection::open(proxy.address()).await;
    let dripped = async {
        connection.send(b"GET /a HTTP/1.1\r\nHost: a\r\nX: ").await;
        loop {
            connection.send(b"x").await;
            if let Ok(answer) = timeout(Duration::from_millis(50), connection.answer(false)).await {
                return answer;
            }
        }
    };
    let answer = timeout(PATIENCE, dripped).await.expect("no drip resets the clock");
    assert_eq!(answer.unwrap().status, 408);
}

#[tokio::test]
async fn a_body_that_stops_is_408_and_legacy_sees_no_whole_request() {
    let (legacy, proxy) = stage("timeouts: { request_body: 200ms }").await;
    let mut connection = Connection::open(proxy.address()).await;
    connection
        .send(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        .await;
    assert_eq!(connection.answer(false).await.unwrap().status, 408);
    connection.end().await.unwrap();
    assert!(refused(&proxy, "slow_body").await);
    assert!(legacy.requests().iter().all(|request| !request.complete));
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let (_legacy, proxy) = stage("timeouts: { client_idle: 200ms }").await;
    let mut fresh = Connection::open(proxy.address()).await;
    fresh.end().await.unwrap();
    let mut used = Connection::open(proxy.address()).await;
    used.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(used.answer(false).await.unwrap().status, 200);
    used.end().await.unwrap();
}

#[tokio::test]
async fn a_connection_is_not_idle_while_its_answer_is_being_made() {
    let (legacy, proxy) = stage("timeouts: { client_idle: 100ms, request_head: 100ms }").await;
    let (answer, body) = Answer::chunked("text/event-stream");
    legacy.on("GET", "/events", answer);
    legacy.on(
        "GET",
        "/slow",
        Answer::After(Duration::from_millis(600), Box::new(Answer::text(200, "slow"))),
    );
    let mut connection = Connection::open(proxy.address()).await;
    connection
        .send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert_eq!(connection.answer(false).await.unwrap().status, 200);
    legacy.wait_for("/events", 1).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    body.send(b"data: 1\n\n".to_vec()).await.unwrap();
    drop(body);
    let events = connection.answer(false).await.unwrap();
    assert!(String::from_utf8_lossy(&events.body).contains("data: 1"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let (legacy, proxy) =
        stage("timeouts: { client_write: 200ms }\nlimits: { client_bytes_per_second: 1000000000 }").await;
    legacy.on("GET", "/large", Answer::Zeros(256 * 1024 * 1024));
    let mut connection = Connection::open(proxy.address()).await;
    connection.send(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    eventually("the reader that does not read is noticed", || async {
        refused(&proxy, "slow_reader").await.then_some(())
    })
    .await;
    drop(connection);
}

#[tokio::test]
async fn over_the_number_in_flight_the_answer_is_503_with_retry_after() {
    let (legacy, proxy) = stage("cores: 1\nlimits: { in_flight: 1 }").await;
    let (answer, body) = Answer::chunked("text/plain");
    legacy.on("GET", "/long", answer).on("GET", "/stall", Answer::Stall);
    let mut first = Connection::open(proxy.address()).await;
    first.send(b"GET /stall HTTP/1.1\r\nHost: a\r\n\r\n").await;
    legacy.wait_for("/stall", 1).await;
    let mut second = Connection::open(proxy.address()).await;
    second.send(b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = second.answer(false).await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert!(refused(&proxy, "overloaded").await && legacy.requests_to("/b").is_empty());
    drop((first, body));
    // The place is free again, and the connection that was turned away still good.
    eventually("the next is served", || async {
        let mut third = Connection::open(proxy.address()).await;
        third.send(b"GET /c HTTP/1.1\r\nHost: a\r\n\r\n").await;
        (third.answer(false).await.ok()?.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn behind_an_upgrade_bytes_wait_for_101_and_then_pass() {
    let (legacy, proxy) = stage("").await;
    let switched =
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello".to_vec();
    legacy.on("GET", "/ws", Answer::RawThenStall(switched));
    let mut connection = Connection::open(proxy.address()).await;
    connection
        .send(
            b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: \
              dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x00no HTTP\n",
        )
        .await;
    let answer = connection.answer(false).await.unwrap();
    assert_eq!((answer.status, answer.header("upgrade")), (101, Some("websocket")));
    connection.bytes(b"hello").await.unwrap();
    assert_eq!(legacy.requests().len(), 1);
}

#[tokio::test]
async fn a_whole_request_gets_its_answer_however_its_bytes_arrive() {
    let (legacy, proxy) = stage("").await;
    let request = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n";
    let mut connection = Connection::open(proxy.address()).await;
    for byte in request {
        connection.send(&[*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(connection.answer(false).await.unwrap().status, 200);
    assert_eq!(legacy.wait_for("/a", 1).await.text(), "abcde");
    connection.probe(&legacy).await.unwrap();
}

#[tokio::test]
async fn a_client_over_its_number_of_connections_is_turned_away_until_one_is_free() {
    let (_legacy, proxy) = stage("limits: { connections_per_client: 2 }").await;
    let mut first = Connection::open(proxy.address()).await;
    let mut second = Connection::open(proxy.address()).await;
    for connection in [&mut first, &mut second] {
        connection.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(connection.answer(false).await.unwrap().status, 200);
    }
    let mut third = Connection::open(proxy.address()).await;
    assert_eq!(third.answer(false).await.unwrap().status, 503);
    third.end().await.unwrap();
    assert!(refused(&proxy, "connections").await);
    drop(first);
    eventually("the place is free", || async {
        let mut next = Connection::open(proxy.address()).await;
        next.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        (next.answer(false).await.ok()?.status == 200).then_some(())
    })
    .await;
}
