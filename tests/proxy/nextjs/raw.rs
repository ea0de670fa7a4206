//! One request over a socket of its own, and all that comes back, in a form that can be compared.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nothing here waits so long unless it has failed; the first request of a page in development compiles it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Fields that belong to one connection, to a moment, or to Ficus (docs/nextjs.md).
const ASIDE: [&str; 4] = ["connection", "date", "keep-alive", "x-request-id"];

/// An answer as it came over the wire.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The answers before the last one: 100, 103.
    pub(super) interim: Vec<Head>,
    /// The last one.
    pub(super) head: Head,
    /// Its body, without the framing of chunks.
    pub(super) body: Vec<u8>,
    /// What followed the last chunk.
    pub(super) trailers: Vec<(String, String)>,
}

/// A status line, and the fields by name; those of one name stay in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Head {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends the head and the body, the body when it is called for if the head waits for that, and reads to the end of the
/// connection, which the request has to ask for.
pub(super) async fn exchange(address: &str, head: &[u8], body: &[u8], bodiless: bool) -> Exchange {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut received = Vec::new();
    let exchanged = async {
        stream.write_all(head).await.unwrap();
        if head.windows(8).any(|window| window == b"Expect: ") {
            while !received.ends_with(b"\r\n\r\n") {
                assert!(
                    stream.read_buf(&mut received).await.unwrap() > 0,
                    "the connection ended"
                );
            }
        }
        stream.write_all(body).await.unwrap();
        // A reset behind the answer is an end too.
        let _ = stream.read_to_end(&mut received).await;
    };
    timeout(PATIENCE, exchanged).await.expect("the answer ends");
    parse(&received, bodiless)
}

/// Asks for another protocol, sends `frames` behind the head, and returns the answer's head and, if there are frames, everything behind it
/// to the end of the connection.
pub(super) async fn upgrade(address: &str, head: &[u8], frames: &[u8]) -> (Head, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut received = Vec::new();
    let end = |received: &[u8]| received.windows(4).position(|window| window == b"\r\n\r\n");
    let exchanged = async {
        stream.write_all(head).await.unwrap();
        while end(&received).is_none() {
            assert!(
                stream.read_buf(&mut received).await.unwrap() > 0,
                "the connection ended"
            );
        }
        if !frames.is_empty() {
            stream.write_all(frames).await.unwrap();
            let _ = stream.read_to_end(&mut received).await;
        }
    };
    timeout(PATIENCE, exchanged).await.expect("the answer ends");
    let end = end(&received).unwrap();
    (self::head(&received[..end]), received.split_off(end + 4))
}

fn parse(mut rest: &[u8], bodiless: bool) -> Exchange {
    let mut interim = Vec::new();
    loop {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("this is no answer: {:?}", String::from_utf8_lossy(rest)));
        let head = head(&rest[..end]);
        rest = &rest[end + 4..];
        if head.status.starts_with("HTTP/1.1 1") {
            interim.push(head);
            continue;
        }
        let chunked = head.field("transfer-encoding") == Some("chunked");
        let (body, trailers) = if chunked && !bodiless {
            unchunked(rest)
        } else {
            (rest.to_vec(), Vec::new())
        };
        return Exchange {
            interim,
            head,
            body,
            trailers,
        };
    }
}

fn head(bytes: &[u8]) -> Head {
    let text = std::str::from_utf8(bytes).unwrap();
    let (status, lines) = text.split_once("\r\n").unwrap_or((text, ""));
    Head {
        status: status.to_owned(),
        fields: fields(lines),
    }
}

fn fields(lines: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = lines
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| !ASIDE.contains(&name.as_str()) && !name.starts_with("x-ficus-"))
        .collect();
    // Stable: two fields of one name stay in their order.
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    fields
}

fn unchunked(mut rest: &[u8]) -> (Vec<u8>, Vec<(String, String)>) {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").expect("a size");
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, fields(std::str::from_utf8(rest).unwrap()));
        }
        body.extend(&rest[..size]);
        rest = &rest[size + 2..];
    }
}
