use hyper::body::Bytes;
use proptest::prelude::*;

use super::*;

const LIMITS: HeadLimits = HeadLimits {
    uri_bytes: 200,
    headers: 8,
    head_bytes: 600,
};

/// What becomes of a stream that arrives in these pieces: the bytes that pass, and what ends it.
fn read(pieces: &[&[u8]]) -> (Vec<u8>, Option<Refusal>, u64) {
    let mut reader = Reader::new(LIMITS);
    let (mut passed, mut waiting) = (Vec::new(), Vec::new());
    for piece in pieces {
        waiting.extend_from_slice(piece);
        let step = reader.read(&waiting);
        passed.extend(waiting.drain(..step.passed));
        if let Some(Verdict::Message(refusal) | Verdict::Body(refusal)) = step.verdict {
            return (passed, Some(refusal), reader.heads());
        }
    }
    (passed, None, reader.heads())
}

/// What of a stream passes, up to the first doubt.
pub(crate) fn passed(stream: &[u8]) -> Vec<u8> {
    read(&[stream]).0
}

fn refusal(stream: &str) -> Option<Refusal> {
    read(&[stream.as_bytes()]).1
}

#[test]
fn ordinary_requests_pass_to_the_last_byte() {
    for stream in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET /a?b=c HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/b HTTP/1.1\r\nHost: a\r\nX:\t1\t \r\nY:\r\n\r\n",
        "POST /a HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (passed, refusal, _) = read(&[stream.as_bytes()]);
        assert_eq!((String::from_utf8_lossy(&passed).as_ref(), refusal), (stream, None));
    }
}

#[test]
fn a_request_after_a_good_one_is_refused_alone() {
    let good = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    let (passed, refusal, heads) = read(&[format!("{good}GET /b HTTP/1.1\nHost: a\r\n\r\n").as_bytes()]);
    assert_eq!(
        (passed.as_slice(), refusal, heads),
        (good.as_bytes(), Some(Refusal::LineEnd), 1)
    );
}

#[test]
fn a_body_that_goes_wrong_takes_its_head_with_it_while_that_is_here() {
    let head = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (passed, refusal, heads) = read(&[format!("{head}3;x=y\r\nabc\r\n").as_bytes()]);
    assert_eq!((passed.len(), refusal, heads), (0, Some(Refusal::Chunk), 0));
    let (passed, refusal, heads) = read(&[head.as_bytes(), b"3\r\nabc\r\n", b"-1\r\n"]);
    assert_eq!(
        (passed.len(), refusal, heads),
        (head.len() + 8, Some(Refusal::Chunk), 1)
    );
}

#[test]
fn limits_hold_whether_the_head_is_complete_or_not() {
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(200));
    assert_eq!(refusal(&long), Some(Refusal::UriTooLong));
    assert_eq!(refusal(&"a".repeat(300)), Some(Refusal::UriTooLong));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: 1\r\n".repeat(9));
    assert_eq!(refusal(&many), Some(Refusal::TooManyHeaders));
    let large = format!("GET / HTTP/1.1\r\na: {}", "1".repeat(600));
    assert_eq!(refusal(&large), Some(Refusal::HeadTooLarge));
}

#[test]
fn behind_an_upgrade_nothing_passes_until_it_is_decided() {
    let head = b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let next = b"GET /b HTTP/1.1\r\n\r\n";
    let both = [&head[..], next].concat();
    for (left_http, rest) in [(true, &b"\x00\x01\n"[..]), (false, next)] {
        let mut reader = Reader::new(LIMITS);
        assert_eq!(reader.read(&both).passed, head.len());
        assert!(reader.is_undecided() && reader.read(next).passed == 0);
        reader.decide(left_http);
        assert_eq!(reader.read(rest).passed, rest.len());
        assert_eq!(reader.heads(), if left_http { 1 } else { 2 });
    }
}

/// Pieces of requests, good and bad, that are put together in any order.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"POST /a?b HTTP/1.1\r\nHost: a\r\n",
        b"PUT /%2e HTTP/1.0\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"content_length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: Chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Upgrade: websocket\r\n",
        b"X-Value: \xff\t \r\n",
        b" folded\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"hello",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"0\r\nHost: b\r\n\r\n",
        b"0\r\nX-Sum: 1\r\n\r\n",
    ])
    .prop_map(<[u8]>::to_vec);
    prop_oneof![9 => known, 1 => prop::collection::vec(any::<u8>(), 0..6)]
}

/// Requests, good and bad, one behind the other.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    let start = prop::sample::select(vec!["GET", "POST", "DELETE", "OPTIONS"])
        .prop_map(|method| format!("{method} /a HTTP/1.1\r\nHost: a\r\n").into_bytes());
    (start, prop::collection::vec(fragment(), 0..12)).prop_map(|(start, rest)| [start, rest.concat()].concat())
}

/// What the parser behind the reader makes of these bytes: targets, bodies, and whether it refused the last one.
fn parsed(bytes: &[u8]) -> (Vec<(String, Bytes)>, bool) {
    use http_body_util::BodyExt as _;
    use std::sync::{Arc, Mutex};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let (mut answers, mut requests) = tokio::io::split(client);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let service = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| {
            let seen = Arc::clone(&seen);
            async move {
                let target = format!("{} {}", request.method(), request.uri());
                let body = request.into_body().collect().await?.to_bytes();
                seen.lock().unwrap().push((target, body));
                Ok::<_, hyper::Error>(http::Response::new(http_body_util::Empty::<Bytes>::new()))
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .half_close(true)
            .serve_connection(hyper_util::rt::TokioIo::new(server), service);
        requests.write_all(bytes).await.unwrap();
        requests.shutdown().await.unwrap();
        let mut text = Vec::new();
        // What it says of a request that is cut off is its own affair.
        let (_, _) = tokio::join!(connection, answers.read_to_end(&mut text));
        let refused = String::from_utf8_lossy(&text).contains("HTTP/1.1 400");
        (Arc::try_unwrap(seen).unwrap().into_inner().unwrap(), refused)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_the_bytes_arrive_the_verdict_is_the_same(
        stream in stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.sort_unstable();
        let edges = std::iter::once(0).chain(cuts.iter().copied()).zip(cuts.iter().copied().chain([stream.len()]));
        let pieces: Vec<&[u8]> = edges.map(|(start, end)| &stream[start..end]).collect();
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        let whole = read(&[&stream]).1;
        prop_assert_eq!(read(&pieces).1, whole);
        prop_assert_eq!(read(&bytewise).1, whole);
    }

    #[test]
    fn what_passes_is_read_by_the_parser_behind_in_the_same_way(stream in stream()) {
        let (passed, refusal, heads) = read(&[&stream]);
        // Behind an upgrade the parser of this test does not stop.
        prop_assume!(!passed.windows(8).any(|word| word.eq_ignore_ascii_case(b"upgrade:")));
        let mut follower = Reader::new(LIMITS);
        follower.read(&passed);
        let complete = heads - u64::from(follower.is_in_body());
        let (seen, refused) = parsed(&passed);
        prop_assert!(!refused, "the parser refuses what has passed: {:?}", String::from_utf8_lossy(&passed));
        prop_assert_eq!(seen.len() as u64, complete, "{:?} then {:?}", String::from_utf8_lossy(&passed), refusal);
    }

    #[test]
    fn no_bytes_make_it_panic(stream in prop::collection::vec(any::<u8>(), 0..600)) {
        read(&[&stream]);
    }
}
