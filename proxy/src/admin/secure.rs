//! TLS on the admin listener. Handshakes run beside each other: one client that is slow must not keep the probes out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tls::Tls;

/// Handshakes at once; more clients wait to be accepted.
const HANDSHAKES: usize = 64;

/// A listener that hands out connections whose handshake is done.
#[derive(Debug)]
pub(super) struct SecureListener {
    listener: TcpListener,
    tls: Arc<Tls>,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl SecureListener {
    /// TLS over a listener.
    pub(super) fn new(listener: TcpListener, tls: Arc<Tls>) -> Self {
        Self {
            listener,
            tls,
            handshakes: JoinSet::new(),
        }
    }

    fn begin(&mut self, stream: TcpStream, peer: SocketAddr) {
        let (acceptor, limit) = (
            TlsAcceptor::from(self.tls.current().config()),
            self.tls.handshake_timeout(),
        );
        self.handshakes.spawn(async move {
            match timeout(limit, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Some((stream, peer)),
                Ok(Err(error)) => {
                    tracing::warn!(%peer, %error, "a client of the admin listener was refused");
                    None
                }
                Err(_) => None,
            }
        });
    }
}

impl Listener for SecureListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let room = self.handshakes.len() < HANDSHAKES;
            tokio::select! {
                (stream, peer) = Listener::accept(&mut self.listener), if room => self.begin(stream, peer),
                Some(done) = self.handshakes.join_next() => if let Ok(Some(accepted)) = done {
                    return accepted;
                },
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
