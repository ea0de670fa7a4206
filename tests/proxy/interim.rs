//! Interim answers (RFC 9110, section 15.2): 103 Early Hints and its like pass from the app to the client, before the answer that
//! they belong to and never anywhere else.

use std::time::Duration;

use harness::TestProxy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const HINT: &str = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: b\r\n\r\nok";
/// Longer than a socket keeps for a client that does not read.
const LARGE: usize = 8 * 1024 * 1024;

/// Whether the app pauses before a part, so that the parts before it have passed.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    AtOnce,
    InParts,
}

/// An app that answers the requests of its connections with these parts, by the last letter of the path: `/a` with the first.
async fn app(answers: Vec<Vec<String>>, pace: Pace) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, answers.clone(), pace));
        }
    });
    (url, serving)
}

async fn serve(mut stream: TcpStream, answers: Vec<Vec<String>>, pace: Pace) {
    let mut read = Vec::new();
    while stream.read_buf(&mut read).await.is_ok_and(|count| count > 0) {
        while let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(read.drain(..end + 4).collect()).unwrap();
            let letter = head.split(' ').nth(1).unwrap().bytes().next_back().unwrap();
            for part in &answers[usize::from(letter - b'a')] {
                if stream.write_all(part.as_bytes()).await.is_err() {
                    return;
                }
                if pace == Pace::InParts {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
            }
        }
    }
}

async fn in_front_of(answers: &[&[&str]], pace: Pace) -> TestProxy {
    let answers = answers
        .iter()
        .map(|parts| parts.iter().map(|part| (*part).to_owned()).collect())
        .collect();
    let (url, _serving) = app(answers, pace).await;
    TestProxy::builder().legacy_url(&url).spawn().await
}

fn request(method: &str, path: &str, version: &str) -> String {
    format!("{method} {path} HTTP/{version}\r\nhost: a.test\r\n\r\n")
}

/// What comes back up to `last`, without what Ficus adds to a final answer.
async fn answered(stream: &mut TcpStream, last: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(last.as_bytes()) {
        let more = timeout(Duration::from_secs(20), stream.read_buf(&mut read)).await;
        let more = more.unwrap_or_else(|_| panic!("no more than {}", String::from_utf8_lossy(&read)));
        assert!(more.unwrap() > 0, "{}", String::from_utf8_lossy(&read));
    }
    plain(&String::from_utf8(read).unwrap())
}

fn plain(answers: &str) -> String {
    let ours =
        |line: &&str| !line.starts_with("x-ficus-") && !line.starts_with("x-request-id") && !line.starts_with("date: ");
    answers.split_inclusive("\r\n").filter(ours).collect()
}

async fn exchanged(proxy: &TestProxy, sent: &str, last: &str) -> String {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    answered(&mut stream, last).await
}

#[tokio::test]
async fn a_hint_comes_before_its_answer_and_the_next_request_is_in_step() {
    for pace in [Pace::AtOnce, Pace::InParts] {
        let proxy = in_front_of(&[&[HINT, OK], &[OK]], pace).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        for (path, expected) in [
            ("/a", format!("{HINT}{OK}")),
            ("/b", OK.to_owned()),
            ("/a", format!("{HINT}{OK}")),
        ] {
            stream.write_all(request("GET", path, "1.1").as_bytes()).await.unwrap();
            assert_eq!(answered(&mut stream, "ok").await, expected);
        }
        proxy
            .until_counted(r#"ficus_upstream_events_total{event="interim"} 2"#)
            .await;
    }
}

#[tokio::test]
async fn a_hint_does_not_wait_for_its_answer() {
    let proxy = in_front_of(&[&[HINT]], Pace::AtOnce).await;
    assert_eq!(exchanged(&proxy, &request("GET", "/a", "1.1"), "\r\n\r\n").await, HINT);
}

#[tokio::test]
async fn several_of_them_pass_without_what_belongs_to_a_connection() {
    let processing = "HTTP/1.1 102 Processing\r\n\r\n";
    let own = "HTTP/1.1 103 Early Hints\r\nconnection: x-own\r\nkeep-alive: timeout=5\r\nx-own: 1\r\ncontent-length: 5\r\nlink: </b>\r\n\r\n";
    let parts = ["HTTP/1.1 100 Continue\r\n\r\n", processing, HINT, own, OK];
    let expected = format!("{processing}{HINT}HTTP/1.1 103 Early Hints\r\nlink: </b>\r\n\r\n{OK}");
    for pace in [Pace::AtOnce, Pace::InParts] {
        let proxy = in_front_of(&[&parts], pace).await;
        assert_eq!(exchanged(&proxy, &request("GET", "/a", "1.1"), "ok").await, expected);
    }
}

#[tokio::test]
async fn more_than_sixteen_are_dropped_and_counted() {
    let parts: Vec<&str> = std::iter::repeat_n(HINT, 20).chain([OK]).collect();
    let proxy = in_front_of(&[&parts], Pace::AtOnce).await;
    let expected = format!("{}{OK}", HINT.repeat(16));
    assert_eq!(exchanged(&proxy, &request("GET", "/a", "1.1"), "ok").await, expected);
    proxy
        .until_counted(r#"ficus_upstream_events_total{event="interim_dropped"} 4"#)
        .await;
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_none() {
    let proxy = in_front_of(&[&[HINT, OK]], Pace::InParts).await;
    let answer = exchanged(&proxy, &request("GET", "/a", "1.0"), "ok").await;
    assert!(
        answer.starts_with("HTTP/1.0 200 OK\r\n") || answer.starts_with("HTTP/1.1 200 OK\r\n"),
        "{answer}"
    );
    proxy
        .until_counted(r#"ficus_upstream_events_total{event="interim_dropped"} 1"#)
        .await;
}

#[tokio::test]
async fn an_answer_to_head_has_its_hints_and_no_body() {
    let proxy = in_front_of(
        &[&[HINT, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"]],
        Pace::InParts,
    )
    .await;
    let answer = exchanged(&proxy, &request("HEAD", "/a", "1.1"), " GMT\r\n\r\n").await;
    assert!(
        answer.starts_with(HINT) && answer.contains("HTTP/1.1 200 OK\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn hints_of_pipelined_requests_stay_with_their_answers() {
    for pace in [Pace::AtOnce, Pace::InParts] {
        let proxy = in_front_of(&[&[HINT, OK], &[OK]], pace).await;
        let sent = ["/a", "/b", "/a", "/b"]
            .map(|path| request("GET", path, "1.1"))
            .concat();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let end = request("GET", "/b", "1.1");
        stream
            .write_all(end.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.unwrap();
        let answers = plain(&String::from_utf8(read).unwrap()).replace("connection: close\r\n", "");
        assert_eq!(answers, format!("{HINT}{OK}{OK}{HINT}{OK}{OK}{OK}"));
    }
}

/// While the answer before it is not taken, a hint has to wait for its turn or is dropped; it is never in the middle of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_hint_is_never_inside_of_the_answer_before() {
    let large = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n{}",
        "x".repeat(LARGE)
    );
    for pace in [Pace::AtOnce, Pace::InParts] {
        let proxy = in_front_of(&[&[large.as_str()], &[HINT, OK]], pace).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        let sent = request("GET", "/a", "1.1") + &request("GET", "/b", "1.1");
        stream.write_all(sent.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut read = Vec::new();
        while !read.ends_with(b"ok") {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "the connection ended");
        }
        let answers = plain(&String::from_utf8(read).unwrap());
        let rest = answers.strip_prefix(large.as_str()).expect("the large answer whole");
        assert!(rest == OK || rest == format!("{HINT}{OK}"), "{rest}");
    }
}

#[tokio::test]
async fn a_request_is_sent_again_as_it_was_after_a_hint_and_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let mut heads = Vec::new();
        for answer in [HINT, OK] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(b"\r\n\r\n") {
                assert!(stream.read_buf(&mut read).await.unwrap() > 0);
            }
            heads.push(String::from_utf8(read).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        heads
    });
    let proxy = TestProxy::builder().legacy_url(&url).spawn().await;
    let answer = exchanged(&proxy, &request("GET", "/a", "1.1"), "ok").await;
    assert_eq!(answer, format!("{HINT}{OK}"));
    let heads = asked.await.unwrap();
    assert!(heads[0].contains("host: a.test\r\n"), "{}", heads[0]);
    assert_eq!(heads[0], heads[1]);
}
