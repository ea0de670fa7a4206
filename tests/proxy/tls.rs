//! TLS with clients: versions, names, resumption, new certificates under load, and refusals that are counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use harness::{Authority, Client, TestProxy};
use reqwest::tls::Version;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

async fn stage(authority: &Authority, stems: &[&str], more: &str) -> (FakeLegacy, TestProxy, SocketAddr) {
    staged("", authority, stems, more).await
}

/// The same, with more of the configuration than the listener.
async fn staged(
    config: &str,
    authority: &Authority,
    stems: &[&str],
    more: &str,
) -> (FakeLegacy, TestProxy, SocketAddr) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let tls = authority.tls(stems);
    let tls = tls.trim_end_matches(" }");
    let listener = format!("{config}listeners:\n  - {{ address: 127.0.0.1:0, protocol: https, tls: {tls}{more} }} }}");
    let proxy = TestProxy::builder().legacy(&legacy).config(&listener).spawn().await;
    let address = proxy.listeners()[0].trim_start_matches("https://").parse().unwrap();
    (legacy, proxy, address)
}

/// The names of the certificate that a client which asks for `name` gets.
async fn presented(address: SocketAddr, name: &str, authority: &Authority) -> Result<String, String> {
    let client = authority.client().resolve(name, address).build().unwrap();
    let url = format!("https://{name}:{}/", address.port());
    let answer = client.get(url).send().await.map_err(|error| format!("{error:?}"))?;
    Ok(answer.text().await.unwrap())
}

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_spoken_and_legacy_hears_of_https() {
    let authority = Authority::new();
    authority.certify("a", &["a.test"]);
    let (legacy, proxy, address) = stage(&authority, &["a"], "").await;
    let url = format!("https://a.test:{}/x", address.port());
    for (version, http1) in [
        (Version::TLS_1_2, false),
        (Version::TLS_1_3, false),
        (Version::TLS_1_3, true),
    ] {
        let builder = authority
            .client()
            .resolve("a.test", address)
            .tls_version_min(version)
            .tls_version_max(version);
        let builder = if http1 { builder.http1_only() } else { builder };
        let answer = builder.build().unwrap().get(&url).send().await.unwrap();
        let spoken = if http1 {
            http::Version::HTTP_11
        } else {
            http::Version::HTTP_2
        };
        assert_eq!((answer.status().as_u16(), answer.version()), (200, spoken));
    }
    let host = format!("a.test:{}", address.port());
    for request in legacy.requests_to("/x") {
        assert_eq!(request.header("x-forwarded-proto"), Some("https"));
        assert_eq!(request.header("host"), Some(host.as_str()));
    }
    let metrics = proxy.metrics().await;
    for count in [r#"version="1.2"} 1"#, r#"version="1.3"} 2"#, r#"protocol="h2"} 2"#] {
        assert!(metrics.contains(count), "{count}: {metrics}");
    }
}

#[tokio::test]
async fn the_name_that_is_asked_for_chooses_the_certificate() {
    let authority = Authority::new();
    authority.certify("first", &["first.test"]);
    authority.certify("second", &["second.test", "*.wild.test"]);
    let (_legacy, _proxy, address) = stage(&authority, &["first", "second"], "").await;
    for name in ["first.test", "second.test", "any.wild.test"] {
        assert_eq!(
            presented(address, name, &authority).await.as_deref(),
            Ok("legacy"),
            "{name}"
        );
    }
    // An unknown name gets the first certificate, which is not for it.
    let refused = presented(address, "unknown.test", &authority).await.unwrap_err();
    assert!(refused.contains("NotValidForName"), "{refused}");
}

/// A request for `host` on a connection of its own, made for `name` with this version of HTTP; the status of its answer.
async fn asked(address: SocketAddr, tls: &ClientConfig, name: &str, request: (http::Version, &str)) -> u16 {
    let (version, host) = request;
    let mut tls = tls.clone();
    let http2 = version == http::Version::HTTP_2;
    tls.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(tls)).connect(name, stream).await.unwrap();
    if http2 {
        let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
        let driver = tokio::spawn(connection);
        let request = http::Request::get(format!("https://{host}/x")).body(()).unwrap();
        let (answer, _) = sender.send_request(request, true).unwrap();
        let status = answer.await.unwrap().status();
        driver.abort();
        status.as_u16()
    } else {
        let mut stream = stream;
        let head = format!("GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer["HTTP/1.1 ".len()..][..3].parse().unwrap()
    }
}

#[tokio::test]
async fn a_request_for_a_host_with_another_certificate_is_misdirected() {
    let authority = Authority::new();
    authority.certify("shop", &["shop.test", "*.shop.test"]);
    authority.certify("admin", &["admin.test", "deep.shop.test"]);
    let (legacy, proxy, address) = stage(&authority, &["shop", "admin"], "").await;
    let tls = authority.client_tls(&[]);
    let mut refused = 0;
    for (name, host, status) in [
        ("shop.test", "shop.test", 200),
        // What a browser does: the certificate of the connection is for this host too.
        ("shop.test", "img.shop.test", 200),
        ("shop.test", "deep.shop.test:443", 200),
        ("admin.test", "deep.shop.test", 200),
        // Hosts that no certificate is for are left to `hosts`.
        ("shop.test", "internal", 200),
        ("shop.test", "127.0.0.1:8443", 200),
        ("shop.test", "admin.test", 421),
        ("shop.test", "ADMIN.test.:8443", 421),
        ("admin.test", "shop.test", 421),
        ("admin.test", "img.shop.test", 421),
    ] {
        for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
            let came = asked(address, &tls, name, (version, host)).await;
            assert_eq!(came, status, "{version:?}: {host} on a connection for {name}");
            refused += u32::from(came == 421);
        }
    }
    let seen = legacy.requests_to("/x");
    assert_eq!(seen.len(), 12, "{seen:?}");
    assert!(seen.iter().all(|request| request.header("host") != Some("admin.test")));
    let metrics = proxy.metrics().await;
    let counted = format!("ficus_refused_total{{reason=\"misdirected\"}} {refused}\n");
    assert!(metrics.contains(&counted), "{counted}{metrics}");
}

#[tokio::test]
async fn who_names_nobody_in_the_handshake_may_ask_for_every_host() {
    let authority = Authority::new();
    authority.certify("shop", &["shop.test"]);
    authority.certify("admin", &["admin.test"]);
    let mut nameless = authority.client_tls(&[]);
    nameless.enable_sni = false;
    let (_legacy, _proxy, address) = stage(&authority, &["shop", "admin"], "").await;
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        for host in ["shop.test", "admin.test", "127.0.0.1"] {
            let came = asked(address, &nameless, "shop.test", (version, host)).await;
            assert_eq!(came, 200, "{version:?}: {host} on a connection for nobody");
        }
    }
    // A load balancer names one host in its handshakes and brings requests for all of them.
    let hop = "trusted_hops: [127.0.0.1]\n";
    let (_legacy, _proxy, address) = staged(hop, &authority, &["shop", "admin"], "").await;
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        let came = asked(
            address,
            &authority.client_tls(&[]),
            "shop.test",
            (version, "admin.test"),
        )
        .await;
        assert_eq!(came, 200, "{version:?}: by a trusted hop");
    }
}

#[tokio::test]
async fn a_misdirected_request_leaves_its_connection_to_those_that_are_not() {
    let authority = Authority::new();
    authority.certify("shop", &["shop.test"]);
    authority.certify("admin", &["admin.test"]);
    let (legacy, _proxy, address) = stage(&authority, &["shop", "admin"], "").await;
    let name = ServerName::try_from("shop.test").unwrap();
    let connector = authority.connector(&["h2"]);
    let stream = connector.connect(name, TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = h2::client::handshake(stream.await.unwrap()).await.unwrap();
    let driver = tokio::spawn(connection);
    for (host, status) in [("shop.test", 200), ("admin.test", 421), ("shop.test", 200)] {
        let request = http::Request::get(format!("https://{host}/x")).body(()).unwrap();
        let (answer, _) = sender.send_request(request, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), status, "{host}");
    }
    assert_eq!(legacy.requests().len(), 2);
    // New certificates do not change what a connection was made for.
    authority.certify("shop", &["other.test"]);
    eventually("the new certificate is in force", || async {
        presented(address, "other.test", &authority).await.ok()
    })
    .await;
    let request = http::Request::get("https://shop.test/x").body(()).unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    driver.abort();
}

#[tokio::test]
async fn new_certificates_come_into_force_and_open_connections_go_on() {
    let authority = Authority::new();
    authority.certify("a", &["old.test"]);
    let (_legacy, proxy, address) = stage(&authority, &["a"], "").await;
    let before = authority.client().resolve("old.test", address).build().unwrap();
    let url = format!("https://old.test:{}/", address.port());
    assert_eq!(before.get(&url).send().await.unwrap().status(), 200);
    authority.certify("a", &["new.test"]);
    eventually("the new certificate is in force", || async {
        presented(address, "new.test", &authority).await.ok()
    })
    .await;
    // The pool of this client still has its connection, and a new one would be refused.
    assert_eq!(before.get(&url).send().await.unwrap().status(), 200);
    assert!(presented(address, "old.test", &authority).await.is_err());
    std::fs::write(authority.file("a.crt"), "broken").unwrap();
    eventually("the broken file is counted", || async {
        let metrics = proxy.metrics().await;
        (metrics.contains(r#"outcome="refused"} 1"#) && metrics.contains("ficus_tls_stale{")).then_some(())
    })
    .await;
    assert_eq!(
        presented(address, "new.test", &authority).await.as_deref(),
        Ok("legacy")
    );
    let page = Client::of_origin(proxy.admin()).get("/").await;
    assert!(page.text().contains("New certificates were refused"));
}

#[tokio::test]
async fn a_session_is_resumed_on_whatever_core_it_lands() {
    let authority = Authority::new();
    authority.certify("a", &["a.test"]);
    let (_legacy, proxy, address) = stage(&authority, &["a"], "").await;
    let connector = authority.connector(&[]);
    for round in 0..6 {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("a.test").unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        let head = b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let resumed = stream.get_ref().1.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
        assert_eq!(resumed, round > 0, "round {round}");
    }
    let metrics = proxy.metrics().await;
    let resumed = metrics
        .lines()
        .find(|line| line.starts_with("ficus_tls_resumptions_total{"));
    assert!(resumed.is_some_and(|line| line.ends_with(" 5")), "{resumed:?}");
}

#[tokio::test]
async fn what_is_no_handshake_or_takes_too_long_is_given_up_and_counted() {
    let authority = Authority::new();
    authority.certify("a", &["a.test"]);
    let (_legacy, proxy, address) = stage(&authority, &["a"], ", handshake_timeout: 100ms").await;
    for bytes in [&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], b""] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "the connection is closed");
    }
    eventually("both are counted", || async {
        let metrics = proxy.metrics().await;
        let both = metrics.contains(r#"reason="tls_not_tls"} 1"#) && metrics.contains(r#"reason="tls_slow"} 1"#);
        both.then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_agreed_on_in_the_handshake_is_what_is_spoken() {
    let authority = Authority::new();
    authority.certify("a", &["a.test"]);
    let (legacy, proxy, address) = stage(&authority, &["a"], "").await;
    let open = async |protocols: &[&str]| {
        let connector = TlsConnector::from(Arc::new(authority.client_tls(protocols)));
        let stream = TcpStream::connect(address).await.unwrap();
        connector.connect(ServerName::try_from("a.test").unwrap(), stream).await
    };
    let heard = async |protocols: &[&str], said: &[u8]| {
        let mut stream = open(protocols).await.unwrap();
        stream.write_all(said).await.unwrap();
        let mut answer = Vec::new();
        // How it ends is not the question: some say goodbye, others have something unread.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    for protocols in [&["http/1.1"][..], &[]] {
        let answer = heard(protocols, preface).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{protocols:?}: {answer}");
    }
    let answer = heard(&["h2"], b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").await;
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
    assert!(open(&["spdy/3"]).await.is_err());
    assert!(legacy.requests().is_empty());
    eventually("the handshake without a common protocol is counted", || async {
        let metrics = proxy.metrics().await;
        metrics.contains(r#"reason="tls_no_protocol"} 1"#).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_admin_listener_lets_in_only_who_has_a_certificate_of_its_own() {
    let authority = Authority::new();
    authority.certify("admin", &["admin.test"]);
    authority.certify("person", &["person.test"]);
    let legacy = FakeLegacy::start().await;
    let tls = authority.tls(&["admin"]);
    let tls = tls.trim_end_matches(" }");
    let ca = authority.file("ca.crt");
    let config = format!(
        "admin: {{ listen: 127.0.0.1:0, tls: {tls}, client_ca: {} }} }}",
        ca.display()
    );
    let proxy = TestProxy::builder().legacy(&legacy).config(&config).spawn().await;
    let address: SocketAddr = proxy.admin().trim_start_matches("http://").parse().unwrap();
    let url = format!("https://admin.test:{}/health", address.port());
    let stranger = authority.client().resolve("admin.test", address).build().unwrap();
    assert!(stranger.get(&url).send().await.is_err());
    let known = authority
        .client()
        .resolve("admin.test", address)
        .identity(authority.identity("person"));
    let answer = known.build().unwrap().get(&url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "ok\n");
}
