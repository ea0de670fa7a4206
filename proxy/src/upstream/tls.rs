//! TLS to the upstream: whom to believe, and who we are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// What `legacy.tls` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsRules {
    /// A PEM file of the authorities to believe; those of the machine without one.
    pub ca: Option<PathBuf>,
    /// The name that the certificate must carry; the host of the origin without one.
    pub server_name: Option<String>,
    /// A PEM file with our own certificate chain, for an upstream that asks who we are.
    pub certificate: Option<PathBuf>,
    /// The PEM file with its key.
    pub key: Option<PathBuf>,
}

/// Why TLS to the upstream cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or is no PEM.
    #[error("`{path}` cannot be used: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is nobody to believe.
    #[error("no authority to believe was found; name a PEM file as `legacy.tls.ca`")]
    NoAuthority,
    /// One half of a pair.
    #[error("`legacy.tls.certificate` and `legacy.tls.key` belong together; set both or neither")]
    HalfAPair,
    /// The pair does not fit together.
    #[error("the client certificate cannot be used: {0}")]
    Certificate(rustls::Error),
}

/// Both forms of the set-up: upgrades need HTTP/1.1, so their connections do not offer anything else.
#[derive(Debug, Clone)]
pub(super) struct TlsSettings {
    /// Offers what the configuration prefers.
    pub(super) preferred: Arc<ClientConfig>,
    /// Offers HTTP/1.1 only.
    pub(super) http1: Arc<ClientConfig>,
    /// The name to be proven, when it is not the host.
    pub(super) server_name: Option<String>,
}

/// Reads the files.
///
/// # Errors
/// With the file and what is wrong with it.
pub(super) fn settings(rules: &TlsRules, http2: bool) -> Result<TlsSettings, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Certificate)?
        .with_root_certificates(authorities(rules.ca.as_deref())?);
    let mut config = match (&rules.certificate, &rules.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(TlsError::Certificate)?,
        _ => return Err(TlsError::HalfAPair),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let http1 = Arc::new(config.clone());
    if http2 {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(TlsSettings {
        preferred: Arc::new(config),
        http1,
        server_name: rules.server_name.clone(),
    })
}

fn authorities(file: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    let found = match file {
        Some(path) => certificates(path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    store.add_parsable_certificates(found);
    if store.is_empty() {
        return Err(TlsError::NoAuthority);
    }
    Ok(store)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let of_file = |reason: String| TlsError::File {
        path: path.to_owned(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| of_file(error.to_string()))?;
    if certificates.is_empty() {
        return Err(of_file("it holds no certificate".to_owned()));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| TlsError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
