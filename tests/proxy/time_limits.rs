//! The time limits of a route: what they cut, and that they cut nothing else.

use std::time::Duration;

use harness::{Answer as Got, TestProxy};
use test_support::carrier::{CarriedLegacy, Carrier, SERVER_NAME};
use test_support::gate::Gate;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use crate::upstream::{echoes, open_socket};

/// Nothing here waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

async fn stage(flags: &str) -> (FakeLegacy, TestProxy) {
    let legacy = FakeLegacy::start().await;
    let proxy = TestProxy::builder().legacy(&legacy).flags(flags).spawn().await;
    (legacy, proxy)
}

/// A request whose answer is waited for elsewhere.
fn begun(proxy: &TestProxy, path: &'static str) -> JoinHandle<Got> {
    let client = proxy.client();
    tokio::spawn(async move { client.get(path).await })
}

/// All that comes on a connection before it is cut; fails when it stays open. The client does not ask for its end.
async fn until_cut(proxy: &TestProxy, path: &str) -> String {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut received)).await;
    // A reset is a cut as well.
    let _ = read.expect("the connection is cut");
    String::from_utf8_lossy(&received).into_owned()
}

/// Asserts that an answer began and was cut before its end.
fn was_cut(received: &str) {
    assert!(received.starts_with("HTTP/1.1 200"), "{received}");
    assert!(received.contains("one"), "{received}");
    assert!(!received.ends_with("0\r\n\r\n"), "{received}");
}

/// An answer whose first piece has been sent.
async fn begins(legacy: &FakeLegacy, path: &str, content_type: &'static str) -> mpsc::Sender<Vec<u8>> {
    let (answer, pieces) = Answer::chunked(content_type);
    legacy.on("GET", path, answer);
    pieces.send(b"one".to_vec()).await.unwrap();
    pieces
}

#[tokio::test]
async fn a_body_that_pauses_is_cut_where_the_route_says_so_and_events_may_pause() {
    let (legacy, proxy) = stage(
        "version: 1\ndefaults: { idle_timeout: 1s }\nroutes:\n  - { route: GET /cut }\n  - { route: GET /events }\n  \
         - { route: GET /patient, idle_timeout: 1h }\n",
    )
    .await;
    let _silent = begins(&legacy, "/cut", "text/plain").await;
    let mut others = Vec::new();
    for (path, content_type) in [
        ("/unnamed", "text/plain"),
        ("/patient", "text/plain"),
        ("/events", "text/event-stream"),
    ] {
        let pieces = begins(&legacy, path, content_type).await;
        others.push((begun(&proxy, path), pieces));
        legacy.wait_for(path, 1).await;
    }
    was_cut(&until_cut(&proxy, "/cut").await);
    for (answer, pieces) in others {
        pieces.send(b" two".to_vec()).await.unwrap();
        drop(pieces);
        assert_eq!(answer.await.unwrap().text(), "one two");
    }
}

#[tokio::test]
async fn an_exchange_is_cut_after_its_whole_time_though_it_never_pauses() {
    let (legacy, proxy) = stage(
        "version: 1\nroutes:\n  - { route: GET /cut, total_timeout: 2s }\n  \
         - { route: GET /events, total_timeout: 2s }\n  - { route: GET /free }\n",
    )
    .await;
    let mut drips = Vec::new();
    for (path, content_type) in [
        ("/free", "text/plain"),
        ("/cut", "text/plain"),
        ("/events", "text/event-stream"),
    ] {
        let pieces = begins(&legacy, path, content_type).await;
        drips.push(tokio::spawn(async move {
            let mut beat = interval(Duration::from_millis(50));
            while pieces.send(b".".to_vec()).await.is_ok() {
                beat.tick().await;
            }
        }));
    }
    let free = begun(&proxy, "/free");
    legacy.wait_for("/free", 1).await;
    was_cut(&until_cut(&proxy, "/cut").await);
    was_cut(&until_cut(&proxy, "/events").await);
    assert!(!free.is_finished());
    drips.iter().for_each(JoinHandle::abort);
    assert!(free.await.unwrap().text().starts_with("one."));
}

#[tokio::test]
async fn before_the_head_the_end_of_the_whole_time_is_504() {
    let (legacy, proxy) = stage(
        "version: 1\nroutes:\n  - { route: GET /late, total_timeout: 300ms }\n  \
         - { route: GET /first, timeout: 300ms, total_timeout: 1h }\n",
    )
    .await;
    let late = Answer::After(Duration::from_millis(900), Box::new(Answer::text(200, "late")));
    legacy.otherwise(late);
    let free = begun(&proxy, "/free");
    let client = proxy.client();
    assert_eq!(client.get("/late").await.status, 504);
    assert_eq!(client.get("/first").await.status, 504);
    assert_eq!(free.await.unwrap().text(), "late");
}

#[tokio::test]
async fn the_configuration_limits_what_no_flag_limits() {
    for (config, content_type) in [
        ("timeouts: { body_idle: 1s }", "text/plain"),
        ("timeouts: { total: 2s }", "text/event-stream"),
    ] {
        let legacy = FakeLegacy::start().await;
        let flags = "version: 1\nroutes:\n  - { route: GET /free, idle_timeout: 1h, total_timeout: 1h }\n";
        let proxy = TestProxy::builder()
            .legacy(&legacy)
            .flags(flags)
            .config(config)
            .spawn()
            .await;
        let pieces = begins(&legacy, "/free", content_type).await;
        let free = begun(&proxy, "/free");
        legacy.wait_for("/free", 1).await;
        let _silent = begins(&legacy, "/cut", content_type).await;
        was_cut(&until_cut(&proxy, "/cut").await);
        drop(pieces);
        assert_eq!(free.await.unwrap().text(), "one", "{config}");
    }
}

#[tokio::test]
async fn who_waits_less_for_a_connection_gives_up_alone() {
    let legacy = CarriedLegacy::start(Carrier::Tls(&["h2", "http/1.1"])).await;
    let port = legacy.url().rsplit(':').next().unwrap().parse().unwrap();
    for protocol in ["http1", "http2"] {
        let gate = Gate::before("127.0.0.1", port).await;
        gate.silence();
        let proxy = TestProxy::builder()
            .legacy_url(&format!("https://127.0.0.1:{}", gate.port()))
            .legacy_options(&format!(
                "protocol: {protocol}\nhealth: {{ consecutive_failures: 1, out_for: 1h }}\n\
                 tls: {{ ca: {}, server_name: {SERVER_NAME} }}",
                legacy.authority().display()
            ))
            .flags("version: 1\nroutes:\n  - { route: GET /hasty, connect_timeout: 200ms }\n")
            .config("cores: 1\ntimeouts: { connect: 1h }")
            .spawn()
            .await;
        let patient = begun(&proxy, "/patient");
        assert_eq!(proxy.client().get("/hasty").await.status, 504, "{protocol}");
        assert!(!patient.is_finished());
        let counted = proxy.metrics().await;
        assert!(counted.contains("event=\"connect_failed\"} 1"), "{counted}");
        assert!(!counted.contains("event=\"ejected\"} 1"), "{counted}");
        gate.open();
        assert_eq!(patient.await.unwrap().status, 200, "{protocol}");
    }
}

#[tokio::test]
async fn a_tunnel_outlives_the_limits_of_bodies() {
    let legacy = CarriedLegacy::start(Carrier::Tcp).await;
    let proxy = TestProxy::builder()
        .legacy_url(legacy.url())
        .flags("version: 1\nroutes:\n  - { route: GET /socket, idle_timeout: 100ms, total_timeout: 2s }\n")
        .spawn()
        .await;
    let mut stream = open_socket(&proxy).await;
    // Longer than both limits, for they must have had the time to ring.
    tokio::time::sleep(Duration::from_millis(2_300)).await;
    echoes(&mut stream).await;
}
