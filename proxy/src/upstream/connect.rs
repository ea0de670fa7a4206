//! Where the legacy app is, and how a connection to it is made.

use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// The origin of an upstream: `http://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Why a text is no origin that Ficus can stand in front of.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// It is no URL.
    #[error("`{0}` is not a URL; write it like http://127.0.0.1:3000")]
    NotAUrl(String),
    /// Another scheme.
    #[error("`{0}` is not http; only http:// upstreams are supported so far")]
    Scheme(String),
    /// It goes on after the port.
    #[error("`{0}` has a path or a user; an origin is scheme, host and port only")]
    NotAnOrigin(String),
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let uri: Uri = text.parse().map_err(|_| OriginError::NotAUrl(text.to_owned()))?;
        let authority = uri.authority().ok_or_else(|| OriginError::NotAUrl(text.to_owned()))?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(OriginError::Scheme(text.to_owned()));
        }
        if authority.as_str().contains('@') || uri.path_and_query().is_some_and(|rest| rest != "/") {
            return Err(OriginError::NotAnOrigin(text.to_owned()));
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Ok(Self {
            host,
            port: authority.port_u16().unwrap_or(80),
        })
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "http://[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "http://{}:{}", self.host, self.port)
        }
    }
}

impl Origin {
    /// Opens a connection: every address of the host in turn, all of them within `limit`.
    ///
    /// # Errors
    /// The last address's error, or `TimedOut`.
    pub async fn connect(&self, limit: Duration) -> io::Result<TcpStream> {
        timeout(limit, self.connect_any())
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "connecting took too long")))
    }

    async fn connect_any(&self) -> io::Result<TcpStream> {
        if let Ok(address) = self.host.parse() {
            return open(SocketAddr::new(address, self.port)).await;
        }
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
        for address in lookup_host((self.host.as_str(), self.port)).await? {
            match open(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin: Origin = "http://127.0.0.1:3000".parse().unwrap();
        assert_eq!((origin.host.as_str(), origin.port), ("127.0.0.1", 3000));
        assert_eq!("http://legacy/".parse::<Origin>().unwrap().port, 80);
        assert_eq!(
            "http://[::1]:80".parse::<Origin>().unwrap().to_string(),
            "http://[::1]:80"
        );
        for wrong in [
            "",
            "legacy:3000",
            "https://legacy",
            "http://u:p@legacy",
            "http://legacy/app",
            "http://legacy?x",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
