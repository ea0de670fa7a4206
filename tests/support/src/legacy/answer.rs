//! What the scripted app answers, the wrong ways included.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use super::Request;

/// One scripted answer.
#[derive(Clone)]
#[non_exhaustive]
pub enum Answer {
    /// A whole answer. Content-Length is added unless a header says otherwise.
    Reply {
        /// The status code.
        status: u16,
        /// The header lines, in this order and spelling.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// A body of so many zero bytes with a Content-Length, made while it is sent.
    Zeros(u64),
    /// Reads the whole request body and answers with its length in bytes.
    Count,
    /// A chunked body of this content type, whose chunks the test sends.
    Chunked(&'static str, Chunks),
    /// Waits, then answers.
    After(Duration, Box<Self>),
    /// Takes the request and never answers.
    Stall,
    /// Closes the connection in place of an answer.
    Cut,
    /// Sends these bytes, whatever they are, and closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes and then nothing more, with the connection open.
    RawThenStall(Vec<u8>),
    /// Decides by the request, when its body has been read.
    By(Arc<dyn Fn(&Request) -> Self + Send + Sync>),
}

/// The receiving end of a body that the test writes.
#[derive(Clone)]
pub struct Chunks(pub(super) Arc<Mutex<mpsc::Receiver<Vec<u8>>>>);

impl Answer {
    /// Plain text.
    pub fn text(status: u16, text: &str) -> Self {
        Self::reply(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    /// JSON.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::reply(status, "application/json", value.to_string().into_bytes())
    }

    fn reply(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self::Reply {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body,
        }
    }

    /// The same reply with one more header line. Nothing else has headers.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A chunked answer and the end into which the test puts its chunks; dropping that ends the body.
    pub fn chunked(content_type: &'static str) -> (Self, mpsc::Sender<Vec<u8>>) {
        let (sender, receiver) = mpsc::channel(16);
        (
            Self::Chunked(content_type, Chunks(Arc::new(Mutex::new(receiver)))),
            sender,
        )
    }

    /// Decides by the request.
    pub fn by(decide: impl Fn(&Request) -> Self + Send + Sync + 'static) -> Self {
        Self::By(Arc::new(decide))
    }

    /// The request itself as JSON: method, target, headers as pairs, body as text.
    pub fn mirror() -> Self {
        Self::by(|request| {
            Self::json(
                200,
                &serde_json::json!({
                    "method": request.method,
                    "target": request.target,
                    "headers": request.headers,
                    "body": String::from_utf8_lossy(&request.body),
                }),
            )
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Reply { .. } => "Reply",
            Self::Zeros(_) => "Zeros",
            Self::Count => "Count",
            Self::Chunked(..) => "Chunked",
            Self::After(..) => "After",
            Self::Stall => "Stall",
            Self::Cut => "Cut",
            Self::Raw(_) => "Raw",
            Self::RawThenStall(_) => "RawThenStall",
            Self::By(_) => "By",
        })
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Chunks")
    }
}
