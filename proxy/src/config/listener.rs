//! `listeners:` of the configuration: where clients connect, and what is spoken there.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{Network, Problem, Span};

/// One place where clients connect.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// `host:port` with an IP address as the host, or `unix:/path/of/the.sock`.
    pub address: ListenAddress,
    /// Permissions of a Unix socket, in octal digits.
    #[serde(default)]
    pub mode: Option<FileMode>,
    /// What is spoken.
    #[serde(default)]
    pub protocol: ListenProtocol,
    /// Certificates; needed by `https`, refused otherwise.
    #[serde(default)]
    pub tls: Option<ServerTls>,
    /// Whether every connection begins with a PROXY header, version 1 or 2.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// Who may send that header; everybody that reaches the listener, when empty.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub proxy_protocol_from: Vec<Network>,
    /// Whether every request is answered with a redirect to `https`.
    #[serde(default)]
    pub redirect_to_https: bool,
    /// Hosts that are redirected, `*.example.com` included; when empty, those that the certificates of the `https`
    /// listeners are for.
    #[serde(default)]
    pub redirect_hosts: Vec<String>,
    /// The port that clients are redirected to.
    #[serde(default = "standard_https_port")]
    pub redirect_port: u16,
}

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum ListenAddress {
    /// An IP address and a port; port 0 takes a free one.
    Ip(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Permissions of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct FileMode(pub u32);

/// What is spoken on a listener.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListenProtocol {
    /// HTTP/1.1 without TLS.
    #[default]
    Http,
    /// HTTP/1.1, and HTTP/2 from clients that begin with it (prior knowledge), without TLS.
    H2c,
    /// HTTP/1.1 and HTTP/2 under TLS.
    Https,
}

/// TLS on a listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerTls {
    /// Certificates, chosen by the name that the client asks for; the first one serves all other names.
    pub certificates: Vec<CertificateFiles>,
    /// The oldest version that is spoken.
    #[serde(default)]
    pub min_version: TlsVersion,
    /// PEM file of the authorities whose clients are let in; without one nobody is asked for a certificate.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
    /// For the handshake.
    #[serde(default = "handshake_timeout")]
    pub handshake_timeout: Span,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateFiles {
    /// PEM file of the chain, our own certificate first.
    pub certificate: PathBuf,
    /// PEM file of its key.
    pub key: PathBuf,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

impl Listener {
    /// Plain HTTP/1.1 at an address.
    #[must_use]
    pub const fn plain(address: SocketAddr) -> Self {
        Self {
            address: ListenAddress::Ip(address),
            mode: None,
            protocol: ListenProtocol::Http,
            tls: None,
            proxy_protocol: false,
            proxy_protocol_from: Vec::new(),
            redirect_to_https: false,
            redirect_hosts: Vec::new(),
            redirect_port: standard_https_port(),
        }
    }

    /// Relative paths are relative to the file that names them.
    pub(super) fn resolve(&mut self, directory: &Path) {
        if let ListenAddress::Unix(path) = &mut self.address {
            *path = directory.join(&*path);
        }
        if let Some(tls) = &mut self.tls {
            tls.resolve(directory);
        }
    }

    /// What contradicts itself; `path` leads to this listener.
    pub(super) fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, message: &str| problems.push(Problem::new(format!("{path}.{key}"), message));
        let is_https = self.protocol == ListenProtocol::Https;
        if is_https && self.tls.is_none() {
            wrong("protocol", "`https` needs `tls` with at least one certificate");
        }
        if !is_https && self.tls.is_some() {
            wrong("tls", "only `protocol: https` has certificates; change one of the two");
        }
        if is_https && self.redirect_to_https {
            wrong(
                "redirect_to_https",
                "a listener that speaks `https` has nothing to redirect",
            );
        }
        if !self.redirect_hosts.is_empty() && !self.redirect_to_https {
            wrong("redirect_hosts", "it does nothing without `redirect_to_https: true`");
        }
        if !self.proxy_protocol_from.is_empty() && !self.proxy_protocol {
            wrong("proxy_protocol_from", "it does nothing without `proxy_protocol: true`");
        }
        if self.mode.is_some() && !matches!(self.address, ListenAddress::Unix(_)) {
            wrong("mode", "only a Unix socket has permissions");
        }
        if let Some(tls) = &self.tls {
            problems.extend(tls.problems(&format!("{path}.tls")));
        }
        problems
    }
}

impl ServerTls {
    /// Relative paths are relative to the file that names them.
    pub(super) fn resolve(&mut self, directory: &Path) {
        for files in &mut self.certificates {
            files.certificate = directory.join(&files.certificate);
            files.key = directory.join(&files.key);
        }
        self.client_ca = self.client_ca.take().map(|path| directory.join(path));
    }

    /// What is missing; `path` leads to this section.
    pub(super) fn problems(&self, path: &str) -> Vec<Problem> {
        let path = format!("{path}.certificates");
        let missing = self.certificates.is_empty();
        missing
            .then(|| Problem::new(path, "at least one certificate is needed"))
            .into_iter()
            .collect()
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some("") => Err("`unix:` needs a path behind it".to_owned()),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None => text.parse().map(Self::Ip).map_err(|_| {
                format!("`{text}` is no address; write it like 0.0.0.0:8080, [::]:8080 or unix:/run/ficus.sock")
            }),
        }
    }
}

impl FromStr for FileMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        u32::from_str_radix(text, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no file mode; write it in octal digits, like \"0660\""))
    }
}

impl<'de> Deserialize<'de> for ListenAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::parsed(deserializer)
    }
}

impl<'de> Deserialize<'de> for FileMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::parsed(deserializer)
    }
}

const fn standard_https_port() -> u16 {
    443
}

const fn handshake_timeout() -> Span {
    Span(Duration::from_secs(10))
}
