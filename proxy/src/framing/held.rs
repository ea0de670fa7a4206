//! Bytes that have been read from a client and have to wait: half a head, and what follows a request that wants to leave HTTP.

use bytes::Bytes;
use tokio::io::ReadBuf;

/// Bytes that have been read and not handed on.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    /// Up to here they have been handed on.
    start: usize,
    /// Up to here they may be.
    released: usize,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    pub(super) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.released..).unwrap_or_default()
    }

    /// Hands on what is released.
    pub(super) fn give(&mut self, out: &mut ReadBuf<'_>) -> bool {
        let ready = self.bytes.get(self.start..self.released).unwrap_or_default();
        let given = ready.get(..out.remaining().min(ready.len())).unwrap_or_default();
        if given.is_empty() {
            return false;
        }
        out.put_slice(given);
        self.start += given.len();
        if self.is_empty() {
            // An idle connection holds no memory.
            *self = Self::default();
        }
        true
    }

    /// Takes bytes that were handed on back, before everything else.
    pub(super) fn put_before(&mut self, parts: &[Bytes]) {
        let rest = self.bytes.split_off(self.start);
        let released = self.released - self.start;
        self.bytes = parts.concat();
        self.released = self.bytes.len() + released;
        self.start = 0;
        self.bytes.extend_from_slice(&rest);
    }

    pub(super) fn release(&mut self, count: usize) {
        self.released += count;
    }

    pub(super) fn drop_waiting(&mut self) {
        self.bytes.truncate(self.released);
    }

    /// Room for more, without what has been handed on.
    pub(super) fn compact(&mut self) {
        if self.start > 0 && self.start == self.released {
            self.bytes.drain(..self.start);
            (self.start, self.released) = (0, 0);
        }
    }
}
