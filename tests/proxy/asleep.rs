//! Client connections that fall asleep between requests and are woken: nothing that was said before, meanwhile or across is lost.

use std::time::Duration;

use harness::{Authority, TestProxy};
use rustls::pki_types::ServerName;
use serde_json::Value;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

/// Connections fall asleep half a second after their last answer: shortly before, about then, and well after it.
const PAUSES: [u64; 6] = [0, 490, 498, 500, 504, 800];
/// In the middle of anything, longer than what lets a connection fall asleep between requests.
const LONG: Duration = Duration::from_millis(700);
/// Nothing here waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A proxy that listens with and without TLS, in front of an app that says what it was asked.
struct Stage {
    legacy: FakeLegacy,
    proxy: TestProxy,
    connector: TlsConnector,
}

impl Stage {
    async fn new(config: &str) -> Self {
        let authority = Authority::new();
        authority.certify("a", &["a.test"]);
        let legacy = FakeLegacy::start().await;
        legacy.otherwise(Answer::mirror());
        let listener = format!(
            "listeners:\n  - {{ address: 127.0.0.1:0, protocol: https, tls: {} }}\n{config}",
            authority.tls(&["a"])
        );
        let proxy = TestProxy::builder().legacy(&legacy).config(&listener).spawn().await;
        Self {
            legacy,
            proxy,
            connector: authority.connector(&[]),
        }
    }

    async fn connection(&self, secure: bool) -> Connection {
        let stream: Box<dyn Stream> = if secure {
            let address = self.proxy.listeners()[0].trim_start_matches("https://");
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let name = ServerName::try_from("a.test").unwrap();
            Box::new(self.connector.connect(name, stream).await.unwrap())
        } else {
            let stream = TcpStream::connect(self.proxy.address()).await.unwrap();
            stream.set_nodelay(true).unwrap();
            Box::new(stream)
        };
        Connection { stream }
    }
}

struct Connection {
    stream: Box<dyn Stream>,
}

impl Connection {
    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The status of the next answer and its body.
    async fn answer(&mut self) -> (u16, Vec<u8>) {
        timeout(PATIENCE, self.read_answer()).await.expect("an answer comes")
    }

    async fn read_answer(&mut self) -> (u16, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.expect("the connection is open"));
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|length| length.parse().ok());
        let mut body = vec![0; length.expect("the answer has a length")];
        self.stream.read_exact(&mut body).await.unwrap();
        (status.expect("the answer has a status"), body)
    }

    /// The answer is that of the app to this request.
    async fn mirrors(&mut self, method: &str, target: &str, body: &str) {
        let (status, answered) = self.answer().await;
        let seen: Value = serde_json::from_slice(&answered).unwrap_or_default();
        assert_eq!(
            (status, &seen["method"], &seen["target"], &seen["body"]),
            (200, &method.into(), &target.into(), &body.into()),
            "{}",
            String::from_utf8_lossy(&answered)
        );
    }

    /// One request and its answer, after which the connection has nothing to do.
    async fn serve_one(&mut self) {
        self.send(b"GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n").await;
        self.mirrors("GET", "/first", "").await;
    }

    /// It ends, and nothing more is said on it.
    async fn ends(&mut self) {
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await;
        // A reset, or TLS without a goodbye, is an end as well.
        let _ = read.expect("the connection ends");
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}

async fn all(mut connections: JoinSet<()>) {
    while let Some(ended) = connections.join_next().await {
        ended.unwrap();
    }
}

/// Does something with connections that were served once, over TCP and TLS, and then left alone for each of the pauses.
async fn after_pauses<F>(stage: &Stage, then: fn(Connection) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    for secure in [false, true] {
        for pause in PAUSES {
            let mut connection = stage.connection(secure).await;
            connections.spawn(async move {
                connection.serve_one().await;
                sleep(Duration::from_millis(pause)).await;
                then(connection).await;
            });
        }
    }
    all(connections).await;
}

#[tokio::test]
async fn a_request_in_two_pieces_is_whole_whenever_the_first_one_comes() {
    const REQUEST: &str = "POST /again HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n0123456789";
    let head = REQUEST.len() - 10;
    // In the method, the target, a field; between the characters of the line ends; around and in the body.
    let places = [
        1,
        4,
        8,
        21,
        22,
        30,
        head - 3,
        head - 2,
        head - 1,
        head,
        head + 1,
        head + 9,
    ];
    let stage = Stage::new("").await;
    let mut connections = JoinSet::new();
    for (number, place) in places.into_iter().enumerate() {
        for pause in PAUSES {
            let mut connection = stage.connection(number % 2 == 0).await;
            connections.spawn(async move {
                connection.serve_one().await;
                sleep(Duration::from_millis(pause)).await;
                let (first, second) = REQUEST.as_bytes().split_at(place);
                connection.send(first).await;
                sleep(if pause % 4 == 0 { LONG } else { Duration::from_millis(5) }).await;
                connection.send(second).await;
                connection.mirrors("POST", "/again", "0123456789").await;
                connection.serve_one().await;
            });
        }
    }
    all(connections).await;
    assert_eq!(
        stage.legacy.requests_to("/again").len(),
        places.len() * PAUSES.len(),
        "each has been asked once"
    );
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_across_a_wake() {
    let stage = Stage::new("").await;
    after_pauses(&stage, |mut connection| async move {
        connection
            .send(
                b"GET /a HTTP/1.1\r\nHost: a.test\r\n\r\nPOST /b HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nb\
                          GET /c HTTP/1.1\r\nHost: a.test\r\n\r\nPOST /d HTTP/1.1\r\nHost: a.test\r\nContent-Le",
            )
            .await;
        connection.mirrors("GET", "/a", "").await;
        connection.mirrors("POST", "/b", "b").await;
        connection.mirrors("GET", "/c", "").await;
        // Half a head is no time to sleep.
        sleep(LONG).await;
        connection
            .send(b"ngth: 2\r\n\r\nddGET /e HTTP/1.1\r\nHost: a.test\r\n\r\n")
            .await;
        connection.mirrors("POST", "/d", "dd").await;
        connection.mirrors("GET", "/e", "").await;
    })
    .await;
}

#[tokio::test]
async fn half_a_request_line_and_then_silence_is_408_asleep_or_awake() {
    let stage = Stage::new("timeouts: { request_head: 1s, drain_idle: 50ms }").await;
    after_pauses(&stage, |mut connection| async move {
        connection.send(b"GET /hal").await;
        assert_eq!(connection.answer().await.0, 408);
        connection.ends().await;
    })
    .await;
    let refused = format!("ficus_refused_total{{reason=\"slow_head\"}} {}", 2 * PAUSES.len());
    let counted = stage.proxy.metrics().await;
    assert!(counted.lines().any(|line| line == refused), "{counted}");
    assert!(stage.legacy.requests().iter().all(|request| request.path() == "/first"));
}

#[tokio::test]
async fn one_that_sleeps_is_closed_without_a_word_when_nothing_comes() {
    let stage = Stage::new("timeouts: { client_idle: 3s, drain_idle: 50ms }").await;
    let mut connections = JoinSet::new();
    for secure in [false, true] {
        let mut connection = stage.connection(secure).await;
        connections.spawn(async move {
            connection.serve_one().await;
            sleep(LONG).await;
            connection.serve_one().await;
            connection.ends().await;
        });
    }
    all(connections).await;
}
