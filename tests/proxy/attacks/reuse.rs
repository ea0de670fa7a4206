//! An upstream that says more than its answer: its connection is not used again, so nothing that it said is taken for the answer to
//! somebody else.

use harness::TestProxy;
use http::Method;
use test_support::legacy::{Answer, FakeLegacy};

#[tokio::test]
async fn what_follows_an_answer_is_nobodys_answer() {
    let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    for (method, answer) in [
        (Method::GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"),
        (
            Method::GET,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        ),
        (Method::GET, "HTTP/1.1 204 No Content\r\n\r\n"),
        (Method::GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 41\r\n\r\n"),
        (Method::HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 41\r\n\r\n"),
    ] {
        let legacy = FakeLegacy::start().await;
        legacy.otherwise(Answer::text(200, "ordinary"));
        // The connection stays open: whether it is used again is for the proxy to say.
        legacy.on(
            method.as_str(),
            "/a",
            Answer::RawThenStall(format!("{answer}{evil}").into_bytes()),
        );
        let proxy = TestProxy::builder().legacy(&legacy).config("cores: 1").spawn().await;
        let first = proxy.client().send(method.clone(), "/a", "").await;
        assert!(!first.text().contains("evil"), "{method} {answer:?}: {first:?}");
        for path in ["/b", "/c"] {
            let next = proxy.client().get(path).await;
            assert_eq!(
                (next.status.as_u16(), next.text()),
                (200, "ordinary"),
                "after {method} {answer:?}"
            );
        }
        assert_eq!(legacy.connections(), 2, "{method} {answer:?}");
    }
}
