//! The two ways in which HTTP/2 comes in: by prior knowledge, and by ALPN under TLS.

use harness::{Authority, TestProxy};
use rustls::pki_types::ServerName;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What carries the frames of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    PriorKnowledge,
    Tls,
}

/// Both of them.
pub(super) const CARRIERS: [Carrier; 2] = [Carrier::PriorKnowledge, Carrier::Tls];

/// A proxy with one listener for HTTP/2, and a recording upstream behind it.
pub(super) struct Stage {
    pub(super) legacy: FakeLegacy,
    pub(super) proxy: TestProxy,
    address: String,
    tls: Option<TlsConnector>,
    _authority: Authority,
}

/// Bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Carrier {
    /// Sets the stage with these lines of the configuration.
    pub(super) async fn stage(self, config: &str) -> Stage {
        let legacy = FakeLegacy::start().await;
        legacy.otherwise(Answer::text(200, "ordinary"));
        let authority = Authority::new();
        authority.certify("a", &["a.test"]);
        let protocol = match self {
            Self::PriorKnowledge => "protocol: h2c".to_owned(),
            Self::Tls => format!("protocol: https, tls: {}", authority.tls(&["a"])),
        };
        let config = format!("listeners:\n  - {{ address: 127.0.0.1:0, {protocol} }}\n{config}");
        let proxy = TestProxy::builder().legacy(&legacy).config(&config).spawn().await;
        let (_, address) = proxy.listeners()[0].split_once("://").unwrap();
        let tls = (self == Self::Tls).then(|| authority.connector(&["h2"]));
        Stage {
            address: address.to_owned(),
            legacy,
            proxy,
            tls,
            _authority: authority,
        }
    }
}

impl Stage {
    /// A connection on which the client may begin with HTTP/2.
    pub(super) async fn connect(&self) -> Box<dyn Stream> {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let Some(tls) = &self.tls else {
            return Box::new(stream);
        };
        let name = ServerName::try_from("a.test").unwrap();
        let stream = tls.connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        Box::new(stream)
    }

    /// How many connections were refused for this reason.
    pub(super) async fn refused(&self, reason: &str) -> u64 {
        let metrics = self.proxy.metrics().await;
        let (family, label) = ("ficus_listener_refused_total{", format!("reason=\"{reason}\""));
        let mut lines = metrics.lines();
        let found = lines.find(|line| line.starts_with(family) && line.contains(&label));
        found.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }
}
