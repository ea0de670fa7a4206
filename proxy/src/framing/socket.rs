//! The watched socket in the hands that it is in: those of its core, or, while a request may leave HTTP, some that may be moved.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::guard::Guarded;
use crate::listen::ClientStream;

/// A watched connection on its core. Its copies are the same connection. While it is lent, it fails whatever is asked of it.
#[derive(Debug)]
pub struct Socket<S>(Rc<RefCell<Option<Guarded<S>>>>);

/// A watched connection that is lent. Its copies are the same connection; nobody ever waits for the lock, which is there because
/// hyper hands over what can be moved only.
#[derive(Debug)]
pub struct Lent<S>(Arc<Mutex<Option<Guarded<S>>>>);

impl<S> Clone for Socket<S> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<S> Clone for Lent<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Lent<S> {
    fn with<R>(&self, ask: impl FnOnce(&mut Guarded<S>) -> R) -> io::Result<R> {
        let mut guarded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        guarded.as_mut().map(ask).ok_or_else(elsewhere)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lent<S> {
    /// As [`Socket::is_drowsy`].
    #[must_use]
    pub fn is_drowsy(&self) -> bool {
        self.with(|guarded| guarded.is_drowsy()).unwrap_or(false)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(guarded: Guarded<S>) -> Self {
        Self(Rc::new(RefCell::new(Some(guarded))))
    }

    fn with<R>(&self, ask: impl FnOnce(&mut Guarded<S>) -> R) -> io::Result<R> {
        self.0.borrow_mut().as_mut().map(ask).ok_or_else(elsewhere)
    }

    /// Gives the connection into other hands.
    #[must_use]
    pub fn lend(&self) -> Lent<S> {
        Lent(Arc::new(Mutex::new(self.0.take())))
    }

    /// Takes the connection back.
    pub fn take_back(&self, lent: &Lent<S>) {
        let guarded = lent.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.0.replace(guarded);
    }

    /// Whether a server has had nothing to do for half a second, and has nothing in its memory: every request that it was given is
    /// answered, every answer has been taken by the kernel, and no further request has begun. The task that reads is woken then.
    #[must_use]
    pub fn is_drowsy(&self) -> bool {
        self.with(|guarded| guarded.is_drowsy()).unwrap_or(false)
    }

    /// Gives back what was read; it is read again before anything else.
    ///
    /// # Errors
    /// While the connection is lent.
    pub(crate) fn unread(&self, parts: &[Bytes]) -> io::Result<()> {
        self.with(|guarded| guarded.unread(parts))
    }

    /// Has the client told that its body is wanted (RFC 9110, section 15.2.1).
    ///
    /// # Errors
    /// While the connection is lent.
    pub(crate) fn say_continue(&self) -> io::Result<()> {
        self.with(|guarded| guarded.say_continue())
    }

    /// Writes the interim answers that wait. For a server that has nothing of its own to write.
    ///
    /// # Errors
    /// As of any other write.
    pub(crate) fn poll_interim(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|guarded| Pin::new(guarded).poll_flush(context))?
    }

    /// Waits, without a server, until there is work for one: the first bytes of a request, or the end of the connection.
    pub async fn woken(&self) {
        // A connection that does not come back is over.
        std::future::poll_fn(|context| {
            self.with(|guarded| guarded.poll_woken(context))
                .unwrap_or(Poll::Ready(()))
        })
        .await;
    }
}

impl Socket<ClientStream> {
    /// Whether bytes can be given to it by [`Self::poll_direct`].
    pub(crate) fn is_tcp(&self) -> bool {
        self.with(|guarded| guarded.io().tcp().is_some()).unwrap_or(false)
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
        self.with(|guarded| {
            ready!(guarded.poll_before_write(context))?;
            let socket = guarded.io().tcp().ok_or(io::ErrorKind::Unsupported)?;
            let written = give(socket, context);
            guarded.took(written, context)
        })?
    }
}

fn elsewhere() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection is in other hands")
}

/// A stream like any other, in whichever hands.
macro_rules! stream {
    ($socket:ident) => {
        impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for $socket<S> {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                out: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.with(|guarded| Pin::new(guarded).poll_read(context, out))?
            }
        }

        impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for $socket<S> {
            fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
                self.with(|guarded| Pin::new(guarded).poll_write(context, bytes))?
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.with(|guarded| Pin::new(guarded).poll_write_vectored(context, bytes))?
            }

            fn is_write_vectored(&self) -> bool {
                self.with(|guarded| guarded.is_write_vectored()).unwrap_or(false)
            }

            fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.with(|guarded| Pin::new(guarded).poll_flush(context))?
            }

            fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.with(|guarded| Pin::new(guarded).poll_shutdown(context))?
            }
        }
    };
}

stream!(Socket);
stream!(Lent);
