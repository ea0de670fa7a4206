//! The watched socket in two hands: those of the parser, while there is one, and those of whoever decides when there is.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::guard::Guarded;
use crate::listen::ClientStream;

/// A watched connection. Its copies are the same connection; both hands are on one core, so nobody ever waits for the lock.
#[derive(Debug)]
pub struct Socket<S>(Arc<Mutex<Guarded<S>>>);

impl<S> Clone for Socket<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(guarded: Guarded<S>) -> Self {
        Self(Arc::new(Mutex::new(guarded)))
    }

    fn lock(&self) -> MutexGuard<'_, Guarded<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a server has had nothing to do for half a second, and has nothing in its memory: every request that it was given is
    /// answered, every answer has been taken by the kernel, and no further request has begun. The task that reads is woken then.
    #[must_use]
    pub fn is_drowsy(&self) -> bool {
        self.lock().is_drowsy()
    }

    /// Gives back what was read; it is read again before anything else.
    pub(crate) fn unread(&self, parts: &[Bytes]) {
        self.lock().unread(parts);
    }

    /// Has the client told that its body is wanted (RFC 9110, section 15.2.1).
    pub(crate) fn say_continue(&self) {
        self.lock().say_continue();
    }

    /// Writes the interim answers that wait, if it is their turn.
    ///
    /// # Errors
    /// As of any other write.
    pub(crate) fn poll_interim(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_before_write(context)
    }

    /// Waits, without a parser, until there is work for one: the first bytes of a request, or the end of the connection.
    pub async fn woken(&self) {
        std::future::poll_fn(|context| self.lock().poll_woken(context)).await;
    }
}

impl Socket<ClientStream> {
    /// Whether bytes can be given to it by [`Self::poll_direct`].
    pub(crate) fn is_tcp(&self) -> bool {
        self.lock().io().tcp().is_some()
    }

    /// Has somebody write to the socket itself, in his turn and with the same patience as everybody. How many bytes the socket took.
    ///
    /// # Errors
    /// As of any other write; that nothing lies under the socket but TCP was asked before.
    pub(crate) fn poll_direct(
        &self,
        context: &mut Context<'_>,
        give: impl FnOnce(&TcpStream, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut guarded = self.lock();
        ready!(guarded.poll_before_write(context))?;
        let socket = guarded.io().tcp().ok_or(io::ErrorKind::Unsupported)?;
        let written = give(socket, context);
        guarded.took(written, context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Socket<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_read(context, out)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.lock()).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.lock()).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.lock().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_shutdown(context)
    }
}
