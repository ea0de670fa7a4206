//! The fake against a plain socket: what it records and how it misbehaves.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

async fn exchange(legacy: &FakeLegacy, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(legacy.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_request_is_recorded_as_it_came() {
    let legacy = FakeLegacy::start().await;
    legacy.on("POST", "/a", Answer::text(201, "made"));
    let head =
        "POST /a?b=%20c HTTP/1.1\r\nhOsT: x\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 4\r\nConnection: close\r\n\r\n";
    let answer = exchange(&legacy, format!("{head}body").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nmade"), "{answer}");
    let request = legacy.wait_for("/a", 1).await;
    assert_eq!(request.raw_head, head);
    assert_eq!(
        (request.method.as_str(), request.target.as_str(), request.text()),
        ("POST", "/a?b=%20c", "body")
    );
    assert_eq!(request.all("X-ONE").collect::<Vec<_>>(), ["1", "2"]);
    assert!(request.complete);
}

#[tokio::test]
async fn a_chunked_body_is_put_together_and_the_connection_goes_on() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::Count);
    let first =
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
    let second = "GET /b HTTP/1.1\r\nConnection: close\r\n\r\n";
    let answers = exchange(&legacy, format!("{first}{second}").as_bytes()).await;
    assert_eq!(legacy.requests_to("/a")[0].text(), "abcde");
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 2, "{answers}");
    assert_eq!(legacy.connections(), 1);
}

#[tokio::test]
async fn a_cut_is_an_end_without_an_answer() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::Cut);
    assert_eq!(exchange(&legacy, b"GET / HTTP/1.1\r\n\r\n").await, "");
    legacy.otherwise(Answer::Raw(b"garble".to_vec()));
    assert_eq!(exchange(&legacy, b"GET / HTTP/1.1\r\n\r\n").await, "garble");
}
