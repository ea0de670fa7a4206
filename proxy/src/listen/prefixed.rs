//! A connection of which the first bytes have been looked at: they are read again before anything else.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::Wire;

/// A connection with bytes in front of it.
#[derive(Debug)]
pub(crate) struct Prefixed {
    prefix: BytesMut,
    wire: Wire,
}

impl Prefixed {
    /// A connection of which nothing has been read.
    pub(crate) fn new(wire: Wire) -> Self {
        Self {
            prefix: BytesMut::new(),
            wire,
        }
    }

    /// What has been looked at.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.prefix
    }

    /// Looks at more bytes, at most `most` in all.
    ///
    /// # Errors
    /// When the client is gone, `UnexpectedEof` included.
    pub(crate) async fn look(&mut self, most: usize) -> io::Result<()> {
        let room = most.saturating_sub(self.prefix.len());
        let mut bytes = vec![0; room];
        match self.wire.read(&mut bytes).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.prefix.extend_from_slice(bytes.get(..read).unwrap_or_default());
                Ok(())
            }
        }
    }

    /// Takes away the first `count` bytes of what has been looked at.
    pub(crate) fn skip(&mut self, count: usize) {
        self.prefix.advance(count.min(self.prefix.len()));
    }
}

impl AsyncRead for Prefixed {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.prefix.is_empty() {
            return Pin::new(&mut this.wire).poll_read(context, buffer);
        }
        let count = this.prefix.len().min(buffer.remaining());
        buffer.put_slice(&this.prefix.split_to(count));
        if this.prefix.is_empty() {
            // Its memory goes with the last byte.
            this.prefix = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(context)
    }
}
