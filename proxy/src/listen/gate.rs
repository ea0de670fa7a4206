//! The way in of one listener: what has to happen to a connection before HTTP is spoken on it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::{HandshakeKind, ProtocolVersion};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::proxy_header::{self, Header};
use super::redirect::Redirect;
use super::{ClientStream, Prefixed, Wire};
use crate::config::{ListenProtocol, Listener};
use crate::metrics::ListenerCells;
use crate::tls::{Presented, Tls};

/// What an HTTP/2 client sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A listener in service.
#[derive(Debug)]
pub(crate) struct Gate {
    /// What the configuration says of it.
    pub(crate) settings: Listener,
    /// Its certificates, if it has any.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Where all of its clients are sent, if they are.
    pub(crate) redirect: Option<Redirect>,
    /// Its counters.
    pub(crate) cells: Arc<ListenerCells>,
}

/// A connection on which HTTP can be spoken.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The connection.
    pub(crate) stream: ClientStream,
    /// Whom it comes from.
    pub(crate) peer: IpAddr,
    /// `http` or `https`, as the client sees it.
    pub(crate) scheme: &'static str,
    /// Whether the client begins with HTTP/2.
    pub(crate) http2: bool,
    /// The certificate that the client asked for by a name, where there are several.
    pub(crate) presented: Option<Presented>,
}

/// Why a connection was given up before HTTP was spoken on it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The client went away.
    #[error("the client is gone")]
    Gone(#[source] io::Error),
    /// The first bytes did not come in time.
    #[error("the first bytes did not come in time")]
    Slow,
    /// There is no PROXY header, or none that can be read.
    #[error("the connection does not begin with a PROXY header")]
    NoProxyHeader,
    /// The peer may not send a PROXY header.
    #[error("the peer is not one of `proxy_protocol_from`")]
    StrangeProxy,
    /// The TLS handshake did not end in time.
    #[error("the TLS handshake did not end in time")]
    SlowHandshake,
    /// The TLS handshake failed.
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
}

impl Refusal {
    /// One word for logs and metric labels.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Gone(_) => "gone",
            Self::Slow => "slow_start",
            Self::NoProxyHeader => "proxy_header",
            Self::StrangeProxy => "proxy_stranger",
            Self::SlowHandshake => "tls_slow",
            Self::Handshake(error) => handshake_label(error),
        }
    }
}

/// Makes a connection ready for HTTP. `limit` is for the first bytes to come.
///
/// # Errors
/// Why the connection is given up.
pub(crate) async fn open(gate: &Gate, wire: Wire, peer: IpAddr, limit: Duration) -> Result<Opened, Refusal> {
    wire.set_nodelay().map_err(Refusal::Gone)?;
    if gate.settings.protocol == ListenProtocol::Http && !gate.settings.proxy_protocol {
        return Ok(Opened {
            stream: ClientStream::Plain(wire),
            peer,
            scheme: "http",
            http2: false,
            presented: None,
        });
    }
    // Boxed: what is only needed at the start must not take memory from a connection that stays.
    Box::pin(open_step_by_step(gate, Prefixed::new(wire), peer, limit)).await
}

async fn open_step_by_step(
    gate: &Gate,
    mut stream: Prefixed,
    mut peer: IpAddr,
    limit: Duration,
) -> Result<Opened, Refusal> {
    if gate.settings.proxy_protocol {
        let named = timeout(limit, named_client(gate, &mut stream, peer));
        peer = named.await.map_err(|_| Refusal::Slow)??.unwrap_or(peer);
    }
    if let Some(tls) = &gate.tls {
        return shake_hands(gate, tls, stream, peer).await;
    }
    let http2 = gate.settings.protocol == ListenProtocol::H2c
        && timeout(limit, begins_with_preface(&mut stream))
            .await
            .map_err(|_| Refusal::Slow)?
            .map_err(Refusal::Gone)?;
    Ok(Opened {
        stream: ClientStream::Prefixed(Box::new(stream)),
        peer,
        scheme: "http",
        http2,
        presented: None,
    })
}

/// Reads the PROXY header and nothing behind it.
async fn named_client(gate: &Gate, stream: &mut Prefixed, peer: IpAddr) -> Result<Option<IpAddr>, Refusal> {
    let from = &gate.settings.proxy_protocol_from;
    if !from.is_empty() && !from.iter().any(|network| network.contains(peer)) {
        return Err(Refusal::StrangeProxy);
    }
    loop {
        stream.look(proxy_header::LONGEST).await.map_err(Refusal::Gone)?;
        match proxy_header::parse(stream.seen()) {
            Header::Incomplete => {}
            Header::Wrong => return Err(Refusal::NoProxyHeader),
            Header::Whole { client, length } => {
                stream.skip(length);
                return Ok(client.map(|client| client.to_canonical()));
            }
        }
    }
}

async fn shake_hands(gate: &Gate, tls: &Tls, stream: Prefixed, peer: IpAddr) -> Result<Opened, Refusal> {
    let current = tls.current();
    let shaken = TlsAcceptor::from(current.config()).accept(stream);
    let stream = timeout(tls.handshake_timeout(), shaken)
        .await
        .map_err(|_| Refusal::SlowHandshake)?
        .map_err(Refusal::Handshake)?;
    let (_, session) = stream.get_ref();
    gate.cells.handshaken(
        match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "1.2",
            _ => "1.3",
        },
        session.handshake_kind() == Some(HandshakeKind::Resumed),
    );
    let http2 = session.alpn_protocol() == Some(b"h2");
    let presented = session.server_name().and_then(|name| current.presented(name));
    Ok(Opened {
        stream: ClientStream::Tls(Box::new(stream)),
        peer,
        scheme: "https",
        http2,
        presented,
    })
}

/// What went wrong in a handshake, as a metric label.
fn handshake_label(error: &io::Error) -> &'static str {
    let cause = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match cause {
        None => "tls_client_left",
        Some(rustls::Error::InvalidMessage(_)) => "tls_not_tls",
        Some(rustls::Error::AlertReceived(_)) => "tls_client_refused",
        Some(rustls::Error::NoCertificatesPresented) => "tls_no_client_certificate",
        Some(rustls::Error::InvalidCertificate(_)) => "tls_client_certificate",
        Some(rustls::Error::NoApplicationProtocol) => "tls_no_protocol",
        Some(rustls::Error::PeerIncompatible(_)) => "tls_incompatible",
        Some(_) => "tls_failed",
    }
}

/// Looks at as many bytes as it takes to tell HTTP/2 from HTTP/1.1: `P` is also how `POST` begins.
async fn begins_with_preface(stream: &mut Prefixed) -> io::Result<bool> {
    loop {
        // There may be more than that behind a PROXY header.
        if stream.seen().starts_with(PREFACE) {
            return Ok(true);
        }
        if !PREFACE.starts_with(stream.seen()) {
            return Ok(false);
        }
        stream.look(PREFACE.len()).await?;
    }
}
