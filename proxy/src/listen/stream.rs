//! A connection of a client, whatever carries it: one type, so that there is one compiled server and nothing is boxed for
//! each request.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::server::TlsStream;

use super::{ListenSocket, Prefixed};

/// A listening socket on the runtime of its core.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// TCP.
    Tcp(TcpListener),
    /// Unix.
    Unix(UnixListener),
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Wire {
    /// TCP.
    Tcp(TcpStream),
    /// Unix.
    Unix(UnixStream),
}

/// An accepted connection, ready for HTTP.
#[derive(Debug)]
pub(crate) enum ClientStream {
    /// As it was accepted.
    Plain(Wire),
    /// Some of it has been read and is given back first.
    Prefixed(Box<Prefixed>),
    /// TLS.
    Tls(Box<TlsStream<Prefixed>>),
}

impl Incoming {
    /// Hands a socket to the runtime that this is called on.
    ///
    /// # Errors
    /// When the runtime does not take it.
    pub(crate) fn from_socket(socket: ListenSocket) -> io::Result<Self> {
        match socket {
            ListenSocket::Tcp(socket) => TcpListener::from_std(socket).map(Self::Tcp),
            ListenSocket::Unix(socket) => UnixListener::from_std(socket).map(Self::Unix),
        }
    }

    /// Waits for the next connection. The peer of a Unix socket is on this machine: it counts as `127.0.0.1`.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub(crate) async fn accept(&self) -> io::Result<(Wire, IpAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Wire::Tcp(stream), peer.ip().to_canonical()))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Wire::Unix(stream), IpAddr::V4(Ipv4Addr::LOCALHOST)))
            }
        }
    }
}

impl ClientStream {
    /// The socket itself, where nothing lies over it.
    pub(crate) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(Wire::Tcp(stream)) => Some(stream),
            Self::Plain(Wire::Unix(_)) | Self::Prefixed(_) | Self::Tls(_) => None,
        }
    }
}

impl Wire {
    /// Small writes go out at once.
    ///
    /// # Errors
    /// When the connection is gone already.
    pub(crate) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nodelay(true),
            Self::Unix(_) => Ok(()),
        }
    }
}

/// Passes every call on to the variant in hand.
macro_rules! delegate {
    ($type:ty { $($variant:ident),+ }) => {
        impl AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(stream) => Pin::new(stream).poll_read(context, buffer),)+
                }
            }
        }

        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $(Self::$variant(stream) => Pin::new(stream).poll_write(context, bytes),)+
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $(Self::$variant(stream) => Pin::new(stream).poll_write_vectored(context, bytes),)+
                }
            }

            fn is_write_vectored(&self) -> bool {
                match self {
                    $(Self::$variant(stream) => stream.is_write_vectored(),)+
                }
            }

            fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(stream) => Pin::new(stream).poll_flush(context),)+
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $(Self::$variant(stream) => Pin::new(stream).poll_shutdown(context),)+
                }
            }
        }
    };
}

delegate!(Wire { Tcp, Unix });
delegate!(ClientStream { Plain, Prefixed, Tls });
