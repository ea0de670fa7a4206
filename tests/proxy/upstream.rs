//! The way to the legacy app: what carries it, several addresses, limits, retries and patience.

use std::time::Instant;

use harness::{Client, TestProxy};
use http::Method;
use serde_json::json;
use test_support::carrier::{CarriedLegacy, Carrier, SERVER_NAME};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn in_front_of(legacy: &CarriedLegacy, options: &str) -> TestProxy {
    TestProxy::builder()
        .legacy_url(legacy.url())
        .legacy_options(options)
        .spawn()
        .await
}

fn trusted(legacy: &CarriedLegacy) -> String {
    format!(
        "tls: {{ ca: {}, server_name: {SERVER_NAME} }}",
        legacy.authority().display()
    )
}

async fn mirrored(proxy: &TestProxy, version: &str) {
    let client = proxy.client().with_header("host", "shop.example:8443");
    let got = client.get("/a?b=1").await;
    let expected = json!({
        "version": version, "method": "GET", "target": "/a?b=1", "host": "shop.example:8443", "bytes": 0
    });
    assert_eq!(got.json(), expected);
    let posted = client.send(Method::POST, "/up", vec![7; 1_000_000]).await;
    assert_eq!(posted.json()["bytes"], 1_000_000);
}

/// An upgraded connection to `/socket`.
pub(crate) async fn open_socket(proxy: &TestProxy) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let request = "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = String::new();
    while !received.ends_with("\r\n\r\n") {
        received.push(char::from(stream.read_u8().await.unwrap()));
    }
    assert!(received.starts_with("HTTP/1.1 101"), "{received}");
    stream
}

/// What is said on an upgraded connection comes back.
pub(crate) async fn echoes(stream: &mut TcpStream) {
    stream.write_all(b"hello").await.unwrap();
    let mut echoed = [0; 5];
    stream.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"hello");
}

#[tokio::test]
async fn the_app_may_be_behind_tls_http2_or_a_socket() {
    const BOTH: &[&str] = &["h2", "http/1.1"];
    const OLD: &[&str] = &["http/1.1"];
    for (carrier, protocol, version) in [
        (Carrier::Unix, "http1", "HTTP/1.1"),
        (Carrier::Unix, "http2", "HTTP/2.0"),
        (Carrier::Tcp, "http2", "HTTP/2.0"),
        (Carrier::Tls(BOTH), "http1", "HTTP/1.1"),
        (Carrier::Tls(BOTH), "http2", "HTTP/2.0"),
        (Carrier::Tls(OLD), "http2", "HTTP/1.1"),
    ] {
        let legacy = CarriedLegacy::start(carrier).await;
        let mut options = format!("protocol: {protocol}\n");
        if let Carrier::Tls(_) = carrier {
            options.push_str(&trusted(&legacy));
        }
        let proxy = in_front_of(&legacy, &options).await;
        mirrored(&proxy, version).await;
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_is_not_believed() {
    let legacy = CarriedLegacy::start(Carrier::Tls(&["http/1.1"])).await;
    let other = CarriedLegacy::start(Carrier::Tls(&["http/1.1"])).await;
    for options in [
        // The right authority, but the address is not in the certificate.
        format!("tls: {{ ca: {} }}", legacy.authority().display()),
        trusted(&other),
    ] {
        let proxy = in_front_of(&legacy, &options).await;
        assert_eq!(proxy.client().get("/a").await.status, 502, "{options}");
    }
}

#[tokio::test]
async fn http2_shares_one_connection_and_upgrades_get_their_own() {
    let legacy = CarriedLegacy::start(Carrier::Tls(&["h2", "http/1.1"])).await;
    let proxy = TestProxy::builder()
        .legacy_url(legacy.url())
        .legacy_options(&format!("protocol: http2\n{}", trusted(&legacy)))
        .config("cores: 1")
        .spawn()
        .await;
    let clients: Vec<Client> = (0..20).map(|_| proxy.client()).collect();
    let asked = clients.iter().map(|client| client.get("/a"));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.json()["version"], "HTTP/2.0");
    }
    assert_eq!(legacy.connections(), 1);
    let mut stream = open_socket(&proxy).await;
    echoes(&mut stream).await;
}

#[tokio::test]
async fn one_of_two_addresses_may_fail_and_nobody_notices() {
    let (gone, there) = (FakeLegacy::start().await, FakeLegacy::start().await);
    let dead = gone.url();
    drop(gone);
    there.otherwise(Answer::text(200, "there"));
    let proxy = TestProxy::builder()
        .legacy_url(&dead)
        .legacy_options(&format!(
            "replicas: [\"{}\"]\nhealth: {{ consecutive_failures: 2 }}",
            there.url()
        ))
        .config("cores: 1")
        .spawn()
        .await;
    let client = proxy.client();
    for number in 0..40 {
        let method = if number % 2 == 0 { Method::GET } else { Method::POST };
        assert_eq!(
            client.send(method, "/a", "body").await.text(),
            "there",
            "request {number}"
        );
    }
    let metrics = proxy.metrics().await;
    assert!(
        metrics.contains("ficus_upstream_events_total{event=\"ejected\"} 1"),
        "{metrics}"
    );
    assert_eq!(there.requests_to("/a").len(), 40);
}

#[tokio::test]
async fn an_address_that_lets_requests_hang_is_left_out() {
    let (hanging, there) = (FakeLegacy::start().await, FakeLegacy::start().await);
    hanging.otherwise(Answer::Stall);
    there.otherwise(Answer::text(200, "there"));
    let proxy = TestProxy::builder()
        .legacy(&hanging)
        .legacy_options(&format!(
            "replicas: [\"{}\"]\nhealth: {{ consecutive_failures: 1, out_for: 1h }}",
            there.url()
        ))
        .config("cores: 1\ntimeouts: { answer: 300ms }")
        .spawn()
        .await;
    let client = proxy.client();
    let mut late = 0;
    for _ in 0..10 {
        late += usize::from(client.get("/a").await.status == 504);
    }
    assert_eq!(late, 1, "the first that hangs is the last");
}

#[tokio::test]
async fn who_finds_no_turn_waits_and_who_finds_no_place_in_line_is_told_so() {
    let legacy = FakeLegacy::start().await;
    let (answer, body) = Answer::chunked("text/plain");
    legacy.on("GET", "/long", answer).otherwise(Answer::text(200, "short"));
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .legacy_options("max_connections: 1\nmax_pending: 1\npending_timeout: 1m")
        .config("cores: 1")
        .spawn()
        .await;
    let client = proxy.client();
    let long = tokio::spawn({
        let client = client.clone();
        async move { client.get("/long").await }
    });
    body.send(b"begun ".to_vec()).await.unwrap();
    eventually("legacy has the first", || async {
        (!legacy.requests_to("/long").is_empty()).then_some(())
    })
    .await;
    // One of two finds the place in line; which one is up to the system.
    let mut two = tokio::task::JoinSet::new();
    for path in ["/a", "/b"] {
        let client = client.clone();
        two.spawn(async move { client.get(path).await });
    }
    let refused = two.join_next().await.unwrap().unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after")),
        (503, Some("1"))
    );
    assert!(two.try_join_next().is_none(), "the other one waits");
    drop(body);
    assert_eq!(long.await.unwrap().text(), "begun ");
    assert_eq!(two.join_next().await.unwrap().unwrap().text(), "short");
    assert!(proxy.metrics().await.contains("event=\"pending_full\""));
}

#[tokio::test]
async fn retries_are_paid_for() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::Cut);
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .legacy_options("retry_percent: 10")
        .config("cores: 1")
        .spawn()
        .await;
    let (client, began) = (proxy.client(), Instant::now());
    for _ in 0..200 {
        assert_eq!(client.get("/a").await.status, 502);
    }
    // Ten for each second and a tenth of the requests; the saved-up rest is little.
    let allowed = 10 * (usize::try_from(began.elapsed().as_secs()).unwrap() + 2) + 20;
    let seen = legacy.requests_to("/a").len();
    assert!(
        (201..=200 + allowed).contains(&seen),
        "{seen} requests, {allowed} retries allowed"
    );
    assert!(proxy.metrics().await.contains("event=\"retry_budget_spent\""));
}
