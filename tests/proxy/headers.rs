//! What is passed on, what is added and what is taken away.

use harness::TestProxy;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn exchange(proxy: &TestProxy, bytes: &str) -> String {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    // A peer that resets after its answer has still answered.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

async fn stage() -> (FakeLegacy, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let proxy = TestProxy::builder().legacy(&legacy).spawn().await;
    (legacy, proxy)
}

#[tokio::test]
async fn hop_by_hop_fields_end_here_and_all_others_go_on() {
    let (legacy, proxy) = stage().await;
    let head = "GET /a HTTP/1.1\r\nHost: app.example\r\nConnection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\n\
                Proxy-Authorization: x\r\nTE: trailers\r\nCookie: a=1\r\nCookie: b=2\r\nX-Own: kept\r\nX-Own: twice\r\n\r\n";
    assert!(exchange(&proxy, head).await.starts_with("HTTP/1.1 200 "));
    let request = legacy.wait_for("/a", 1).await;
    for gone in ["x-private", "keep-alive", "proxy-authorization"] {
        assert_eq!(request.header(gone), None, "{gone}");
    }
    assert_eq!(request.header("host"), Some("app.example"));
    assert_eq!(request.all("x-own").collect::<Vec<_>>(), ["kept", "twice"]);
    let cookies: Vec<&str> = request.all("cookie").flat_map(|line| line.split("; ")).collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
}

#[tokio::test]
async fn legacy_learns_who_called_and_how() {
    let (legacy, proxy) = stage().await;
    exchange(
        &proxy,
        "GET /a HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n",
    )
    .await;
    let request = legacy.wait_for("/a", 1).await;
    let forwarded = request.header("x-forwarded-for").unwrap();
    // Nobody said that the caller may speak for others.
    assert_eq!(forwarded.rsplit(", ").next(), Some("127.0.0.1"), "{forwarded}");
    assert_eq!(request.header("x-forwarded-proto"), Some("http"));
    assert_eq!(request.header("x-forwarded-host"), Some("app.example"));
    assert!(request.header("x-request-id").is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn the_internal_fields_of_nextjs_do_not_come_from_outside() {
    let (legacy, proxy) = stage().await;
    let head = "GET /a HTTP/1.1\r\nHost: a\r\nX-Middleware-Subrequest: middleware\r\nX-Middleware-Rewrite: /b\r\nx-nextjs-data: 1\r\n\
                Connection: close\r\n\r\n";
    exchange(&proxy, head).await;
    let request = legacy.wait_for("/a", 1).await;
    for gone in ["x-middleware-subrequest", "x-middleware-rewrite"] {
        assert_eq!(request.header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn every_cookie_of_an_answer_arrives() {
    let (legacy, proxy) = stage().await;
    let answer = Answer::text(302, "")
        .with_header("Set-Cookie", "a=1; Path=/")
        .with_header("Set-Cookie", "b=2; HttpOnly");
    legacy.on("GET", "/login", answer.with_header("Location", "/next?x=%20y"));
    let answer = proxy.client().get("/login").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2; HttpOnly"]);
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (302, Some("/next?x=%20y"))
    );
}

#[tokio::test]
async fn a_message_that_two_parsers_could_read_differently_is_refused() {
    let (legacy, proxy) = stage().await;
    for head in [
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n",
    ] {
        let answer = exchange(&proxy, head).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 "),
            "{head:?} was answered with {answer:?}"
        );
    }
    assert!(legacy.requests().is_empty());
}
