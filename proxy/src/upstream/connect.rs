//! Making a connection to one address of the upstream.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::stream::Stream;
use super::tls::TlsSettings;

/// An address that a connection can be made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// What a connection is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Any request.
    Any,
    /// An upgrade, which only HTTP/1.1 has.
    Http1,
}

/// How to connect to the addresses of one origin.
#[derive(Debug)]
pub(super) struct Connector {
    /// The host of the origin: what a certificate has to be made out to.
    pub(super) host: String,
    /// TLS, if the origin is `https`.
    pub(super) tls: Option<TlsSettings>,
    /// For making a connection, TCP and TLS, unless a request has a limit of its own.
    pub(super) limit: Duration,
}

impl Connector {
    /// Opens a connection, for as long as the caller waits.
    ///
    /// # Errors
    /// What it failed with; nothing has been sent.
    pub(super) async fn open(&self, address: &Address, need: Need) -> io::Result<Stream> {
        let tcp = match address {
            Address::Unix(path) => return UnixStream::connect(path).await.map(Stream::Unix),
            Address::Ip(address) => TcpStream::connect(address).await?,
        };
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Ok(Stream::Tcp(tcp));
        };
        let name = tls.server_name.as_deref().unwrap_or(&self.host).to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let config = match need {
            Need::Any => &tls.preferred,
            Need::Http1 => &tls.http1,
        };
        let stream = TlsConnector::from(config.clone()).connect(name, tcp).await?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => write!(formatter, "{address}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}
