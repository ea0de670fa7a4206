//! What is read from a connection. Pieces of it are handed on as they are, nothing is copied; their memory is used again when nobody
//! has them any more.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;

/// What is read at once at first; it grows with what comes.
pub(crate) const LEAST: usize = 8 * 1024;
/// What is read at once at most: an answer of a megabyte then takes eight system calls each way.
const MOST: usize = 128 * 1024;

/// The bytes of one direction of a connection.
#[derive(Debug)]
pub(crate) struct Intake {
    /// Where the next bytes are read to.
    space: BytesMut,
    /// How much room that needs.
    appetite: usize,
    /// What has been read and not been looked at.
    pub(crate) pending: Bytes,
}

impl Intake {
    /// Nothing, and no memory for it.
    pub(crate) fn new() -> Self {
        Self {
            space: BytesMut::new(),
            appetite: LEAST,
            pending: Bytes::new(),
        }
    }

    /// Reads on, after what is pending. `wanted` is what is known to come. Zero at the end.
    pub(crate) fn poll_read(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        wanted: usize,
    ) -> Poll<io::Result<usize>> {
        let room = self.appetite.max(wanted).min(MOST);
        self.read_with(io, context, room, room)
    }

    /// Reads on from somebody who may be slow. Pieces share their memory as long as half of the room is left, so that small ones that
    /// are kept do not keep much more than themselves.
    pub(crate) fn poll_read_shared(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.read_with(io, context, self.appetite, self.appetite / 2)
    }

    /// Reads on where little is expected, a head or nothing at all: into the room that is left, as long as that is `enough`.
    pub(crate) fn poll_read_little(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        enough: usize,
    ) -> Poll<io::Result<usize>> {
        self.read_with(io, context, self.appetite, enough)
    }

    fn read_with(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        room: usize,
        enough: usize,
    ) -> Poll<io::Result<usize>> {
        self.take_back_pending();
        if self.space.capacity() - self.space.len() < enough {
            self.space.reserve(room);
        }
        let count = ready!(poll_read_buf(Pin::new(io), context, &mut self.space))?;
        self.appetite = if count >= room {
            (room * 2).min(MOST)
        } else if count < self.appetite / 4 {
            (self.appetite / 2).max(LEAST)
        } else {
            self.appetite
        };
        self.pending = self.space.split().freeze();
        Poll::Ready(Ok(count))
    }

    /// Gives up memory that an idle connection need not have.
    pub(crate) fn rest(&mut self) {
        if self.space.capacity() > LEAST || self.appetite > LEAST {
            self.space = BytesMut::new();
        }
    }

    /// Half a head goes back to where the other half will be read to.
    fn take_back_pending(&mut self) {
        if !self.pending.is_empty() {
            self.space = BytesMut::from(std::mem::take(&mut self.pending));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn small_pieces_that_are_kept_lie_side_by_side() {
        let (mut theirs, mut ours) = tokio::io::duplex(64);
        let mut intake = Intake::new();
        let mut kept: Vec<Bytes> = Vec::new();
        for _ in 0..200 {
            theirs.write_all(&[b'x'; 60]).await.unwrap();
            poll_fn(|context| intake.poll_read_shared(&mut ours, context))
                .await
                .unwrap();
            kept.push(std::mem::take(&mut intake.pending));
        }
        let neighbours = kept
            .windows(2)
            .filter(|pair| pair[0].as_ptr_range().end == pair[1].as_ptr());
        assert!(neighbours.count() >= 196);
    }

    #[tokio::test]
    async fn what_comes_fast_is_read_in_large_pieces() {
        let (mut theirs, mut ours) = tokio::io::duplex(1 << 20);
        theirs.write_all(&vec![b'x'; 1 << 20]).await.unwrap();
        let mut intake = Intake::new();
        let (mut all, mut pieces) = (0, 0);
        while all < 1 << 20 {
            all += poll_fn(|context| intake.poll_read_shared(&mut ours, context))
                .await
                .unwrap();
            intake.pending = Bytes::new();
            pieces += 1;
        }
        assert!(pieces < 24, "{pieces}");
    }
}
