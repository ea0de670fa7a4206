//! Several listeners: TCP and Unix sockets side by side, each served by every core.

use std::os::unix::fs::PermissionsExt as _;

use harness::{Client, TestProxy};
use tempfile::TempDir;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

#[tokio::test]
async fn every_listener_serves_and_counts_for_itself() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let sockets = TempDir::new().unwrap();
    let path = sockets.path().join("ficus.sock");
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .config(&format!(
            "listeners:\n  - address: 127.0.0.1:0\n  - {{ address: \"unix:{}\", mode: \"0600\" }}",
            path.display()
        ))
        .spawn()
        .await;
    let second = Client::of_origin(&proxy.listeners()[0]);
    assert_eq!(proxy.client().get("/a").await.text(), "legacy");
    assert_eq!(second.get("/b").await.text(), "legacy");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let head = b"GET /c HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let forwarded = legacy.requests_to("/c");
    assert_eq!(forwarded[0].header("x-forwarded-for"), Some("127.0.0.1"));
    let metrics = proxy.metrics().await;
    let counted = format!(
        "ficus_listener_connections_total{{listener=\"unix:{}\",protocol=\"http/1.1\"}} 1",
        path.display()
    );
    assert!(metrics.contains(&counted), "{metrics}");
}

#[tokio::test]
async fn the_socket_of_a_process_that_is_gone_is_replaced_and_a_living_one_is_not() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let sockets = TempDir::new().unwrap();
    let path = sockets.path().join("ficus.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let listener = format!("listeners:\n  - address: \"unix:{}\"", path.display());
    let proxy = TestProxy::builder().legacy(&legacy).config(&listener).spawn().await;
    assert!(UnixStream::connect(&path).await.is_ok());
    let config = format!("legacy: {{ url: \"{}\" }}\n{listener}\n", legacy.url());
    let config = proxy::config::Config::parse(&config, &sockets.path().join("ficus.yaml")).unwrap();
    let error = proxy::app::App::bind(config).await.unwrap_err();
    assert!(error.to_string().contains("ficus.sock"), "{error}");
    drop(proxy);
}

/// Sends `bytes` and reads until the other side closes.
async fn exchange(origin: &str, bytes: &[u8]) -> String {
    let address = origin.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer, or instead of one, ends it as well.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_proxy_header_names_the_client_for_http1_and_http2() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .config(
            "listeners:\n  - { address: 127.0.0.1:0, protocol: h2c, proxy_protocol: true, proxy_protocol_from: [127.0.0.1] }\n  \
             - { address: 127.0.0.1:0, proxy_protocol: true, proxy_protocol_from: [192.0.2.0/24] }",
        )
        .spawn()
        .await;
    let [trusting, strict] = proxy.listeners() else {
        panic!("two listeners");
    };
    let request = b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let line = b"PROXY TCP4 203.0.113.9 192.0.2.1 5000 80\r\n";
    assert!(
        exchange(trusting, &[&line[..], request].concat())
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    assert_eq!(
        legacy.requests_to("/one")[0].header("x-forwarded-for"),
        Some("203.0.113.9")
    );
    let mut stream = tokio::net::TcpStream::connect(trusting.trim_start_matches("http://"))
        .await
        .unwrap();
    let mut binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    binary.extend([203, 0, 113, 10, 192, 0, 2, 1, 0x13, 0x88, 0, 80]);
    stream.write_all(&binary).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    let driver = tokio::spawn(connection);
    let http2 = http::Request::get("http://a.test/two").body(()).unwrap();
    let (answer, _) = sender.send_request(http2, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    assert_eq!(
        legacy.requests_to("/two")[0].header("x-forwarded-for"),
        Some("203.0.113.10")
    );
    drop(sender);
    driver.await.unwrap().unwrap();
    // Without the header, and from a peer that may not send one.
    assert_eq!(exchange(trusting, request).await, "");
    assert_eq!(exchange(strict, &[&line[..], request].concat()).await, "");
    let metrics = proxy.metrics().await;
    for reason in ["proxy_header", "proxy_stranger"] {
        assert!(
            metrics.contains(&format!("reason=\"{reason}\"}} 1")),
            "{reason}: {metrics}"
        );
    }
}

#[tokio::test]
async fn everybody_is_sent_to_https_and_legacy_hears_nothing() {
    let legacy = FakeLegacy::start().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .config("listeners:\n  - { address: 127.0.0.1:0, redirect_to_https: true, redirect_hosts: [shop.test] }")
        .spawn()
        .await;
    let origin = &proxy.listeners()[0];
    let sent = exchange(
        origin,
        b"POST /a%20b?c=1 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi",
    )
    .await;
    assert!(sent.starts_with("HTTP/1.1 308 "), "{sent}");
    assert!(sent.contains("\r\nlocation: https://shop.test/a%20b?c=1\r\n"), "{sent}");
    let refused = exchange(origin, b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n").await;
    assert!(
        refused.starts_with("HTTP/1.1 421 ") && !refused.contains("location"),
        "{refused}"
    );
    assert_eq!(legacy.requests().len(), 0);
}
