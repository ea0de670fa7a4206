//! HTTP/2 with clients, by prior knowledge: settings, translation to HTTP/1.1, the end of a connection, and floods.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use harness::{FicusProcess, TestProxy};
use http::{Method, Request, Version};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

async fn stage(more: &str) -> (FakeLegacy, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let listener = format!("listeners:\n  - {{ address: 127.0.0.1:0, protocol: h2c }}\n{more}");
    let proxy = TestProxy::builder().legacy(&legacy).config(&listener).spawn().await;
    (legacy, proxy)
}

fn address(proxy: &TestProxy) -> &str {
    proxy.listeners()[0].trim_start_matches("http://")
}

/// A raw connection, and the task that drives it, which ends with the connection.
async fn connect(address: &str) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn get(path: &str) -> http::request::Builder {
    Request::builder()
        .method(Method::GET)
        .uri(format!("http://shop.test{path}"))
}

async fn text(mut body: h2::RecvStream) -> String {
    let mut all = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        all.extend_from_slice(&piece);
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_request_reaches_legacy_in_the_form_of_http1() {
    let (legacy, proxy) = stage("").await;
    let (mut sender, driver) = connect(address(&proxy)).await;
    let request = get("/a?b=1")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("te", "trailers")
        .header("x-own", "kept");
    let (answer, _) = sender.send_request(request.body(()).unwrap(), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert_eq!(answer.headers().get("connection"), None);
    assert_eq!(text(answer.into_body()).await, "legacy");
    let request = legacy.wait_for("/a", 1).await;
    assert_eq!(request.target, "/a?b=1");
    assert_eq!(request.header("host"), Some("shop.test"));
    assert_eq!(request.all("cookie").collect::<Vec<_>>(), ["a=1; b=2"]);
    assert_eq!(request.header("te"), Some("trailers"));
    assert_eq!(request.header("x-own"), Some("kept"));
    drop(sender);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn http1_is_spoken_on_the_same_port() {
    let (_legacy, proxy) = stage("").await;
    let http1 = harness::Client::of_origin(&proxy.listeners()[0]);
    assert_eq!(http1.post("/p", &serde_json::json!({})).await.text(), "legacy");
    let http2 = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let answer = http2.get(format!("{}/q", proxy.listeners()[0])).send().await.unwrap();
    assert_eq!(
        (answer.version(), answer.text().await.unwrap().as_str()),
        (Version::HTTP_2, "legacy")
    );
    // The plain listener knows no HTTP/2.
    assert!(http2.get(proxy.origin()).send().await.is_err());
}

#[tokio::test]
async fn bodies_stream_both_ways_over_many_streams_at_once() {
    let (legacy, proxy) = stage("").await;
    legacy
        .on(
            "POST",
            "/mirror",
            Answer::by(|request| Answer::text(200, request.text())),
        )
        .on("GET", "/zeros", Answer::Zeros(3_000_000));
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let origin = proxy.listeners()[0].clone();
    let many = (0..20).map(|index| {
        let (client, origin) = (client.clone(), origin.clone());
        async move {
            let body = vec![b'a' + index; 300_000];
            let answer = client
                .post(format!("{origin}/mirror"))
                .body(body.clone())
                .send()
                .await
                .unwrap();
            assert!(answer.bytes().await.unwrap() == body);
            let zeros = client.get(format!("{origin}/zeros")).send().await.unwrap();
            assert_eq!(zeros.bytes().await.unwrap().len(), 3_000_000);
        }
    });
    futures_util::future::join_all(many).await;
}

#[tokio::test]
async fn the_settings_are_ours_and_not_those_of_a_library() {
    let (_legacy, proxy) = stage("http2: { max_concurrent_streams: 7, header_list_bytes: 4096 }").await;
    let (mut sender, driver) = connect(address(&proxy)).await;
    let (answer, _) = sender.send_request(get("/").body(()).unwrap(), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    assert_eq!(sender.current_max_send_streams(), 7);
    // RFC 8441 is off.
    assert!(!sender.is_extended_connect_protocol_enabled());
    let large = get("/large").header("x-large", "x".repeat(5000)).body(()).unwrap();
    let (answer, _) = sender.send_request(large, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 431);
    drop(sender);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_refused() {
    let (legacy, proxy) = stage("").await;
    let (mut sender, driver) = connect(address(&proxy)).await;
    for request in [
        get("/host").header("host", "other.test"),
        get("/many").header("host", "shop.test").header("host", "shop.test"),
        Request::builder().method(Method::CONNECT).uri("shop.test:443"),
    ] {
        let (answer, _) = sender.send_request(request.body(()).unwrap(), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 400);
    }
    assert_eq!(legacy.requests().len(), 0);
    let metrics = proxy.metrics().await;
    assert!(metrics.contains(r#"reason="http2_request"} 3"#), "{metrics}");
    drop(sender);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection_and_is_counted() {
    let (legacy, proxy) = stage("").await;
    legacy.otherwise(Answer::Stall);
    let (sender, driver) = connect(address(&proxy)).await;
    let mut ready = sender;
    for _ in 0..2_000 {
        ready = match ready.ready().await {
            Ok(ready) => ready,
            Err(_) => break,
        };
        let Ok((_, mut stream)) = ready.send_request(get("/").body(()).unwrap(), false) else {
            break;
        };
        stream.send_reset(h2::Reason::CANCEL);
    }
    let ended = tokio::time::timeout(Duration::from_secs(30), driver)
        .await
        .unwrap()
        .unwrap();
    assert!(ended.is_err(), "the connection is ended by us");
    eventually("the flood is counted", || async {
        proxy
            .metrics()
            .await
            .contains(r#"reason="http2_flood"} 1"#)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let (legacy, proxy) = stage("http2: { stall_timeout: 200ms }").await;
    legacy.on("GET", "/zeros", Answer::Zeros(10_000_000));
    let (mut sender, driver) = connect(address(&proxy)).await;
    let (answer, _) = sender.send_request(get("/zeros").body(()).unwrap(), true).unwrap();
    let _body = answer.await.unwrap().into_body();
    let ended = tokio::time::timeout(Duration::from_secs(30), driver).await;
    assert!(ended.is_ok(), "the connection is closed although the client holds it");
    eventually("the stall is counted", || async {
        proxy
            .metrics()
            .await
            .contains(r#"reason="http2_stalled"} 1"#)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_in_agreement() {
    let (_legacy, proxy) = stage("http2: { idle_timeout: 100ms }").await;
    let (mut sender, driver) = connect(address(&proxy)).await;
    let (answer, _) = sender.send_request(get("/").body(()).unwrap(), true).unwrap();
    assert_eq!(text(answer.await.unwrap().into_body()).await, "legacy");
    let ended = tokio::time::timeout(Duration::from_secs(30), driver)
        .await
        .unwrap()
        .unwrap();
    ended.unwrap();
}

#[tokio::test]
async fn a_drain_says_goaway_and_finishes_what_is_under_way() {
    let legacy = FakeLegacy::start().await;
    let slow = Answer::After(Duration::from_millis(500), Box::new(Answer::text(200, "done")));
    legacy.on("GET", "/slow", slow);
    let mut ficus = FicusProcess::configured(&legacy.url(), "listeners: [{ address: LISTEN, protocol: h2c }]\n").await;
    let (mut sender, driver) = connect(ficus.origin().trim_start_matches("http://")).await;
    let (answer, _) = sender.send_request(get("/slow").body(()).unwrap(), true).unwrap();
    legacy.wait_for("/slow", 1).await;
    ficus.signal("TERM").await;
    let answer = answer.await.unwrap();
    assert_eq!(text(answer.into_body()).await, "done");
    driver.await.unwrap().unwrap();
    assert_eq!(ficus.exit_code().await, Some(0));
}
