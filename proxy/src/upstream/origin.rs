//! Where the legacy app is, as it is written in the configuration.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;
use serde::{Deserialize, Deserializer};

/// An address of the legacy app: `http://host:port`, `https://host:port` or `unix:/path/of/the.sock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// Where it goes.
    pub place: Place,
}

/// What a connection is made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A host, by name or address, and a port.
    Host {
        /// Name or address, without brackets.
        host: String,
        /// Port.
        port: u16,
    },
    /// A Unix socket of this machine.
    Unix(PathBuf),
}

/// Why a text is no origin that Ficus can stand in front of.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// It is no URL.
    #[error("`{0}` is not a URL; write it like http://127.0.0.1:3000 or unix:/run/app.sock")]
    NotAUrl(String),
    /// Another scheme.
    #[error("`{0}` is neither http:// nor https:// nor unix:")]
    Scheme(String),
    /// It goes on after the port.
    #[error("`{0}` has a path or a user; an origin is scheme, host and port only")]
    NotAnOrigin(String),
    /// A socket that is not named from the root.
    #[error("`{0}` names no absolute path; write it like unix:/run/app.sock")]
    RelativePath(String),
}

impl Origin {
    /// The host as a name that has to be resolved; none for an address and for a socket.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.place {
            Place::Host { host, .. } if host.parse::<IpAddr>().is_err() => Some(host),
            _ => None,
        }
    }

    /// The scheme of a request that goes there.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.secure { Scheme::HTTPS } else { Scheme::HTTP }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            if !path.is_absolute() {
                return Err(OriginError::RelativePath(text.to_owned()));
            }
            return Ok(Self {
                secure: false,
                place: Place::Unix(path),
            });
        }
        let uri: Uri = text.parse().map_err(|_| OriginError::NotAUrl(text.to_owned()))?;
        let authority = uri.authority().ok_or_else(|| OriginError::NotAUrl(text.to_owned()))?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(_) => return Err(OriginError::Scheme(text.to_owned())),
            None => return Err(OriginError::NotAUrl(text.to_owned())),
        };
        if authority.as_str().contains('@') || uri.path_and_query().is_some_and(|rest| rest != "/") {
            return Err(OriginError::NotAnOrigin(text.to_owned()));
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self {
            secure,
            place: Place::Host { host, port },
        })
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Place::Host { host, port } if host.contains(':') => {
                write!(formatter, "{}://[{host}]:{port}", self.scheme())
            }
            Place::Host { host, port } => write!(formatter, "{}://{host}:{port}", self.scheme()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_and_writes_alike() {
        for text in [
            "http://127.0.0.1:3000",
            "https://legacy:443",
            "http://[::1]:80",
            "unix:/run/app.sock",
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
        assert_eq!(
            "http://legacy/".parse::<Origin>().unwrap().to_string(),
            "http://legacy:80"
        );
        assert_eq!(
            "https://legacy".parse::<Origin>().unwrap().to_string(),
            "https://legacy:443"
        );
    }

    #[test]
    fn only_names_are_resolved() {
        let name = |text: &str| text.parse::<Origin>().unwrap().name().map(str::to_owned);
        assert_eq!(name("http://legacy:1").as_deref(), Some("legacy"));
        assert_eq!(name("http://[::1]:1"), None);
        assert_eq!(name("unix:/a"), None);
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for wrong in [
            "",
            "legacy:3000",
            "ftp://legacy",
            "http://u:p@legacy",
            "http://legacy/app",
            "http://legacy?x",
            "unix:run/app.sock",
            "unix:",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
