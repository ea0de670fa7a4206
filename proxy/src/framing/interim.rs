//! Interim answers (RFC 9110, section 15.2; 103 Early Hints is one). hyper can send none but 100, so whatever serves the connection
//! they are written beside it: before the final answer, and only while nothing else waits to be written.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use super::link::Link;

/// What may wait to be written; a client that takes nothing gets no more of them.
const MOST: usize = 16 * 1024;

/// Where the interim answers to one request go.
#[derive(Debug, Clone)]
pub struct Interim(Arc<Link>);

/// Whole interim answers in a row.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    bytes: BytesMut,
    count: u64,
}

impl Interim {
    pub(super) fn new(link: &Arc<Link>) -> Self {
        Self(Arc::clone(link))
    }

    /// Has an interim answer sent before the final one. False when too much of that waits already.
    #[must_use]
    pub fn pass(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let mut answer = BytesMut::new();
        let reason = status.canonical_reason().unwrap_or_default();
        for part in ["HTTP/1.1 ", status.as_str(), " ", reason, "\r\n"] {
            answer.put_slice(part.as_bytes());
        }
        for (name, value) in headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                answer.put_slice(part);
            }
        }
        answer.put_slice(b"\r\n");
        self.0.pass_interim(&answer)
    }
}

impl Waiting {
    /// False when there is no room.
    pub(super) fn push(&mut self, answer: &[u8]) -> bool {
        let fits = self.bytes.len() + answer.len() <= MOST;
        if fits {
            self.bytes.extend_from_slice(answer);
            self.count += 1;
        }
        fits
    }

    pub(super) fn take(&mut self) -> Bytes {
        std::mem::take(self).bytes.freeze()
    }

    /// Forgets them; how many there were.
    pub(super) fn drop_all(&mut self) -> u64 {
        std::mem::take(self).count
    }
}
