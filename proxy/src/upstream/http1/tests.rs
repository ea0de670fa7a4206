#![expect(
    clippy::disallowed_methods,
    reason = "the other side of a test is awaited where it is started"
)]

use http::HeaderValue;
use http_body_util::StreamBody;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::*;

/// A connection and the upstream's end of it.
fn connection() -> (Http1, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Http1::new(Stream::Unix(ours)), theirs)
}

/// Where interim answers go that no test looks at.
fn nowhere(_: StatusCode, _: HeaderMap) {}

fn get() -> Request<Body> {
    Request::get("/a?b")
        .header("host", "app.test")
        .body(Body::Empty)
        .unwrap()
}

async fn asked(upstream: &mut UnixStream) -> String {
    let mut buffer = [0; 4096];
    let count = upstream.read(&mut buffer).await.unwrap();
    String::from_utf8(buffer[..count].to_vec()).unwrap()
}

/// Everything that the body gives: its bytes, and its trailers by name.
async fn body(connection: &mut Http1) -> Result<(String, Vec<String>), Broken> {
    let (mut bytes, mut trailers) = (Vec::new(), Vec::new());
    while let Some(frame) = std::future::poll_fn(|context| connection.poll_body(context)).await {
        match frame?.into_data() {
            Ok(data) => bytes.extend_from_slice(&data),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap().keys().map(ToString::to_string)),
        }
    }
    Ok((String::from_utf8(bytes).unwrap(), trailers))
}

/// What one answer comes to, written in pieces of `size` bytes; the upstream closes afterwards if it says so.
async fn answered(answer: &str, size: usize, closes: bool) -> Result<(u16, String, Vec<String>, bool), Broken> {
    let (mut connection, mut upstream) = connection();
    let pieces: Vec<Vec<u8>> = answer.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
    let writer = tokio::spawn(async move {
        // A socket that is closed with bytes unread is reset.
        asked(&mut upstream).await;
        for piece in pieces {
            upstream.write_all(&piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        (!closes).then_some(upstream)
    });
    let (response, _) = connection.send(&mut get(), None, &nowhere).await?;
    let (text, trailers) = body(&mut connection).await?;
    let reusable = connection.is_reusable();
    drop(writer.await.unwrap());
    Ok((response.status().as_u16(), text, trailers, reusable))
}

#[tokio::test]
async fn an_answer_that_is_there_at_once_takes_one_read_and_leaves_a_connection_for_the_next() {
    let (mut connection, mut upstream) = connection();
    for _ in 0..2 {
        let mut request = get();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 2\r\n\r\nok";
        upstream.write_all(answer).await.unwrap();
        let (response, _) = connection.send(&mut request, None, &nowhere).await.unwrap();
        assert_eq!(
            asked(&mut upstream).await,
            "GET /a?b HTTP/1.1\r\nhost: app.test\r\n\r\n"
        );
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(connection.size_hint().exact(), Some(2));
        assert_eq!(connection.whole_body().unwrap(), "ok");
        assert!(connection.is_reusable() && connection.is_quiet());
    }
}

#[tokio::test]
async fn every_framing_is_read_however_it_arrives() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                   5;name=value\r\nhello\r\n00a \r\n and again\r\n0\r\nchecksum: 1\r\ndigest: 2\r\n\r\n";
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\nhello and again";
    let until_closed = "HTTP/1.1 200 OK\r\n\r\nhello and again";
    let provisional =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    for size in [1, 2, 7, 40, 4096] {
        let (_, text, trailers, reusable) = answered(chunked, size, false).await.unwrap();
        assert_eq!((text.as_str(), reusable), ("hello and again", true), "{size}");
        assert_eq!(trailers, ["checksum", "digest"]);
        let (_, text, _, reusable) = answered(length, size, false).await.unwrap();
        assert_eq!((text.as_str(), reusable), ("hello and again", true), "{size}");
        let (_, text, _, reusable) = answered(until_closed, size, true).await.unwrap();
        assert_eq!((text.as_str(), reusable), ("hello and again", false), "{size}");
        let (status, text, _, reusable) = answered(provisional, size, false).await.unwrap();
        assert_eq!((status, text.as_str(), reusable), (204, "", true), "{size}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_told_from_no_answer() {
    for nonsense in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        assert!(
            answered(nonsense, 4096, true).await.unwrap_err().is_parse(),
            "{nonsense}"
        );
    }
    for silence in ["", "HTTP/1.1 200 OK\r\ncontent-le"] {
        let error = answered(silence, 4096, true).await.unwrap_err();
        assert!(matches!(error, Broken::NoAnswer | Broken::Connection(_)), "{error}");
    }
    let short = answered("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello", 4096, true).await;
    assert!(matches!(short, Err(Broken::Short)));
    for chunks in [
        "x\r\n",
        "5\r\nhelloX",
        "5\nhello\r\n",
        "1111111111111111\r\n",
        "0\r\nx y: 1\r\n\r\n",
        "\r\n",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
        assert!(
            answered(&answer, 4096, false).await.unwrap_err().is_parse(),
            "{chunks:?}"
        );
    }
}

#[tokio::test]
async fn a_head_without_an_end_is_given_up() {
    let answer = format!("HTTP/1.1 200 OK\r\nx: {}", "a".repeat(2 * MOST_HEAD));
    assert!(matches!(
        answered(&answer, 65_536, false).await,
        Err(Broken::HeadTooLarge)
    ));
}

#[tokio::test]
async fn the_answer_to_head_has_no_body_whatever_it_says() {
    let (mut connection, mut upstream) = connection();
    let mut request = get();
    *request.method_mut() = Method::HEAD;
    upstream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
        .await
        .unwrap();
    let (response, _) = connection.send(&mut request, None, &nowhere).await.unwrap();
    assert_eq!(response.headers()["content-length"], "9");
    assert!(connection.is_end_stream() && connection.is_reusable());
}

#[tokio::test]
async fn a_connection_that_was_closed_or_speaks_unasked_takes_no_request() {
    let (mut connection, upstream) = connection();
    assert!(connection.is_quiet());
    drop(upstream);
    tokio::task::yield_now().await;
    assert!(!connection.is_quiet());
    let (mut connection, mut upstream) = self::connection();
    upstream
        .write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        .await
        .unwrap();
    tokio::task::yield_now().await;
    assert!(!connection.is_quiet());
}

#[tokio::test]
async fn a_connection_is_not_used_again_when_the_upstream_says_so_or_says_too_much() {
    for answer in [
        "HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\nsurplus",
    ] {
        let (_, _, _, reusable) = answered(answer, 4096, false).await.unwrap();
        assert!(!reusable, "{answer}");
    }
}

#[tokio::test]
async fn a_body_in_hand_leaves_its_request_whole_until_it_is_answered() {
    let (mut connection, mut upstream) = connection();
    let mut request = Request::put("/a")
        .header("content-length", "99")
        .body(Body::full("hello"))
        .unwrap();
    let failed = tokio::join!(connection.send(&mut request, None, &nowhere), async {
        let text = asked(&mut upstream).await;
        assert_eq!(text, "PUT /a HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello");
        drop(upstream);
    });
    assert!(failed.0.is_err());
    assert_eq!(request.headers()["content-length"], "99");
    assert!(matches!(request.body(), Body::Full(bytes) if bytes == "hello"));
}

#[tokio::test]
async fn trailers_follow_a_body_in_chunks_where_the_head_has_announced_them() {
    let (mut connection, mut upstream) = connection();
    let trailers = HeaderMap::from_iter([
        ("x-sum".parse().unwrap(), "abc".parse().unwrap()),
        ("x-other".parse::<http::HeaderName>().unwrap(), "no".parse().unwrap()),
    ]);
    let frames: Vec<Result<_, BoxError>> = vec![
        Ok(Frame::data(Bytes::from_static(b"hello"))),
        Ok(Frame::trailers(trailers)),
    ];
    let mut request = Request::put("/a")
        .header("trailer", "X-Sum, X-Missing")
        .body(Body::wrapped(StreamBody::new(futures_util::stream::iter(frames))))
        .unwrap();
    let written = async {
        let mut text = String::new();
        while !text.ends_with("0\r\nx-sum: abc\r\n\r\n") {
            text.push_str(&asked(&mut upstream).await);
        }
        upstream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        text
    };
    let patience = std::time::Duration::from_secs(10);
    let both = async { tokio::join!(connection.send(&mut request, None, &nowhere), written) };
    let (answer, text) = tokio::time::timeout(patience, both)
        .await
        .expect("all of it is written");
    assert!(answer.is_ok() && !text.contains("x-other"), "{text}");
}

#[tokio::test]
async fn unusual_words_of_a_status_are_kept() {
    for (line, expected) in [
        ("HTTP/1.1 418 I'm a Teapot", Some("I'm a Teapot")),
        ("HTTP/1.1 200 OK", None),
        ("HTTP/1.1 299 Mine", Some("Mine")),
    ] {
        let (mut connection, mut upstream) = connection();
        let answer = format!("{line}\r\ncontent-length: 0\r\n\r\n");
        upstream.write_all(answer.as_bytes()).await.unwrap();
        let (response, _) = connection.send(&mut get(), None, &nowhere).await.unwrap();
        let words = response.extensions().get::<hyper::ext::ReasonPhrase>();
        assert_eq!(
            words.map(hyper::ext::ReasonPhrase::as_bytes),
            expected.map(str::as_bytes),
            "{line}"
        );
    }
}

/// A body that gives these pieces.
fn pieces(pieces: &[&'static str]) -> Body {
    let frames: Vec<Result<_, BoxError>> = pieces
        .iter()
        .map(|piece| Ok(Frame::data(Bytes::from(*piece))))
        .collect();
    Body::wrapped(StreamBody::new(futures_util::stream::iter(frames)))
}

#[tokio::test]
async fn a_body_is_sent_by_its_length_or_in_chunks() {
    for (length, expected) in [
        (Some("6"), "POST /a HTTP/1.1\r\ncontent-length: 6\r\n\r\nabcdef"),
        (
            None,
            "POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n4\r\ncdef\r\n0\r\n\r\n",
        ),
    ] {
        let (mut connection, mut upstream) = connection();
        let mut request = Request::post("/a").body(pieces(&["ab", "", "cdef"])).unwrap();
        if let Some(length) = length {
            request
                .headers_mut()
                .insert("content-length", HeaderValue::from_static(length));
        }
        upstream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        connection.send(&mut request, None, &nowhere).await.unwrap();
        assert_eq!(asked(&mut upstream).await, expected);
        assert!(connection.is_reusable());
    }
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_the_clients_fault() {
    for wrong in [&["abc"][..], &["abcdefg"]] {
        let (mut connection, _upstream) = connection();
        let mut request = Request::post("/a")
            .header("content-length", "6")
            .body(pieces(wrong))
            .unwrap();
        let failed = connection.send(&mut request, None, &nowhere).await.unwrap_err();
        assert!(matches!(failed, Broken::RequestBody(_)));
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_is_heard_and_ends_the_connection() {
    let (mut connection, mut upstream) = connection();
    let endless = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, BoxError>>());
    let mut request = Request::post("/a").body(Body::wrapped(endless)).unwrap();
    upstream
        .write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let (response, _) = connection.send(&mut request, None, &nowhere).await.unwrap();
    assert_eq!(response.status().as_u16(), 413);
    assert!(connection.is_end_stream() && !connection.is_reusable());
}

#[tokio::test]
async fn a_long_body_flows_both_ways_at_once() {
    let (mut connection, upstream) = connection();
    let text: &'static str = "x".repeat(3_000_000).leak();
    let (mut reads, mut writes) = upstream.into_split();
    let echo = tokio::spawn(async move {
        writes.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut head = [0; "POST /echo HTTP/1.1\r\nhost: app.test\r\ncontent-length: 3000000\r\n\r\n".len()];
        reads.read_exact(&mut head).await.unwrap();
        tokio::io::copy(&mut reads.take(3_000_000), &mut writes).await.unwrap();
    });
    let mut request = Request::post("/echo")
        .header("content-length", "3000000")
        .body(pieces(&[text]))
        .unwrap();
    request
        .headers_mut()
        .insert("host", HeaderValue::from_static("app.test"));
    connection.send(&mut request, None, &nowhere).await.unwrap();
    let (echoed, _) = body(&mut connection).await.unwrap();
    echo.await.unwrap();
    assert_eq!(echoed.len(), 3_000_000);
}
