//! Certificates made for one test, by an authority that only this test believes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;

/// An authority, and a folder with what it has certified.
pub struct Authority {
    home: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// When no key can be made.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no name is a good list of names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let home = TempDir::with_prefix("ficus-tls-").expect("a directory can be made");
        std::fs::write(home.path().join("ca.crt"), issuer.pem()).expect("a file can be written");
        Self { home, issuer }
    }

    /// Certifies these names, into `STEM.crt` and `STEM.key`; files of that name are replaced.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn certify(&self, stem: &str, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(names).expect("names");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        std::fs::write(self.file(&format!("{stem}.key")), key.serialize_pem()).expect("a file can be written");
        std::fs::write(self.file(&format!("{stem}.crt")), certificate.pem()).expect("a file can be written");
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The `tls:` section for these pairs, in one line of YAML.
    pub fn tls(&self, stems: &[&str]) -> String {
        let pair = |stem: &&str| {
            let (certificate, key) = (self.file(&format!("{stem}.crt")), self.file(&format!("{stem}.key")));
            format!("{{ certificate: {}, key: {} }}", certificate.display(), key.display())
        };
        let pairs: Vec<String> = stems.iter().map(pair).collect();
        format!("{{ certificates: [{}] }}", pairs.join(", "))
    }

    /// A client that believes this authority and nobody else.
    ///
    /// # Panics
    /// When the authority is none.
    pub fn client(&self) -> reqwest::ClientBuilder {
        let certificate = reqwest::Certificate::from_pem(self.issuer.pem().as_bytes()).expect("a certificate");
        reqwest::Client::builder().no_proxy().tls_certs_only([certificate])
    }

    /// TLS of a client that speaks these protocols (names of ALPN) and believes this authority and nobody else.
    ///
    /// # Panics
    /// When the authority is none.
    pub fn client_tls(&self, protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an authority");
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// What makes TLS of a connection, for a client that speaks these protocols and believes this authority and nobody else.
    ///
    /// # Panics
    /// When the authority is none.
    pub fn connector(&self, protocols: &[&str]) -> TlsConnector {
        TlsConnector::from(Arc::new(self.client_tls(protocols)))
    }

    /// What a client shows to prove who it is.
    ///
    /// # Panics
    /// When the pair has not been certified.
    pub fn identity(&self, stem: &str) -> reqwest::Identity {
        let read = |name: String| std::fs::read(self.file(&name)).expect("the pair has been certified");
        let mut both = read(format!("{stem}.crt"));
        both.extend(read(format!("{stem}.key")));
        reqwest::Identity::from_pem(&both).expect("a pair")
    }

    /// The folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}
