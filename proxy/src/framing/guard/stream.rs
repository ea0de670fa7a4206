//! The watched connection as what stands over it sees it: a stream like any other.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Ending, Guarded};

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let guarded = self.get_mut();
        if guarded.reader.is_raw() && guarded.held.is_empty() {
            return Pin::new(&mut guarded.io).poll_read(context, out);
        }
        loop {
            match guarded.step(context, out) {
                Poll::Ready(Ok(false)) => {}
                Poll::Ready(Ok(true)) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let guarded = self.get_mut();
        ready!(guarded.poll_before_write(context))?;
        let written = Pin::new(&mut guarded.io).poll_write(context, bytes);
        guarded.took(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let guarded = self.get_mut();
        ready!(guarded.poll_before_write(context))?;
        let written = Pin::new(&mut guarded.io).poll_write_vectored(context, bytes);
        guarded.took(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let guarded = self.get_mut();
        // The server flushes when its memory is empty.
        ready!(guarded.poll_interim(context))?;
        ready!(Pin::new(&mut guarded.io).poll_flush(context))?;
        guarded.link.set_flushed(true);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let guarded = self.get_mut();
        ready!(Pin::new(&mut guarded.io).poll_shutdown(context))?;
        let unread = match guarded.ending {
            Some(Ending::StandIn(_) | Ending::Body(_)) => true,
            Some(Ending::Silence) => false,
            None => guarded.reader.is_in_body(),
        };
        if unread {
            ready!(guarded.discard(context));
        }
        Poll::Ready(Ok(()))
    }
}
