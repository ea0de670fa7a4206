//! A connection to the proxy, byte by byte.

use std::time::Duration;

use test_support::legacy::FakeLegacy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Long enough for a busy machine; nothing waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

/// An open connection.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: &str) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            received: Vec::new(),
        }
    }

    /// A peer that has closed meanwhile has answered all the same, so a failure to send says nothing.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.stream.write_all(bytes)).await;
    }

    /// The next final answer.
    pub(super) async fn answer(&mut self, bodiless: bool) -> Result<Answer, String> {
        loop {
            let end = self
                .until(|received| find(received, b"\r\n\r\n").map(|at| at + 4))
                .await?;
            let head: Vec<u8> = self.received.drain(..end).collect();
            let head = String::from_utf8_lossy(&head).into_owned();
            let status = head
                .strip_prefix("HTTP/1.1 ")
                .or_else(|| head.strip_prefix("HTTP/1.0 "))
                .and_then(|rest| rest.get(..3)?.parse().ok())
                .ok_or_else(|| format!("this is no answer: {head:?}"))?;
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            let mut answer = Answer {
                status,
                head,
                body: Vec::new(),
            };
            if !bodiless && !matches!(status, 101 | 204 | 304) {
                answer.body = self.body(&answer).await?;
            }
            return Ok(answer);
        }
    }

    async fn body(&mut self, answer: &Answer) -> Result<Vec<u8>, String> {
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().map_err(|_| format!("no length: {length}"))?;
            self.until(|received| (received.len() >= length).then_some(length))
                .await?;
            return Ok(self.received.drain(..length).collect());
        }
        let end = self
            .until(|received| find(received, b"0\r\n\r\n").map(|at| at + 5))
            .await?;
        Ok(self.received.drain(..end).collect())
    }

    async fn until(&mut self, complete: impl Fn(&[u8]) -> Option<usize>) -> Result<usize, String> {
        loop {
            if let Some(end) = complete(&self.received) {
                return Ok(end);
            }
            if self.read().await? == 0 {
                return Err(format!(
                    "the connection ended after {:?}",
                    String::from_utf8_lossy(&self.received)
                ));
            }
        }
    }

    async fn read(&mut self) -> Result<usize, String> {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
        read.map_err(|_| format!("nothing came after {:?}", String::from_utf8_lossy(&self.received)))?
            .or(Ok(0))
    }

    /// These bytes, outside of any answer.
    pub(super) async fn bytes(&mut self, wanted: &[u8]) -> Result<(), String> {
        self.until(|received| (received.len() >= wanted.len()).then_some(0))
            .await?;
        let received: Vec<u8> = self.received.drain(..wanted.len()).collect();
        if received == wanted {
            Ok(())
        } else {
            Err(format!("{:?} came", String::from_utf8_lossy(&received)))
        }
    }

    /// The end of the connection, before which nothing more may come.
    pub(super) async fn end(&mut self) -> Result<(), String> {
        while self.read().await? > 0 {}
        if self.received.is_empty() {
            Ok(())
        } else {
            Err(format!("more came: {:?}", String::from_utf8_lossy(&self.received)))
        }
    }

    /// Whether the connection still answers, as the upstream would.
    pub(super) async fn probe(&mut self, legacy: &FakeLegacy) -> Result<(), String> {
        legacy.on("GET", "/probe", test_support::legacy::Answer::text(200, "probed"));
        self.send(b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        let answer = self.answer(false).await?;
        if answer.body == b"probed" {
            Ok(())
        } else {
            Err(format!("the next request was answered {answer:?}"))
        }
    }
}

impl Answer {
    /// The first value of a field.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.split("\r\n").filter_map(|line| line.split_once(": "));
        fields
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
