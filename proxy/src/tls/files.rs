//! The files of a listener's TLS, read whole before anything is made of them.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use crate::config::ServerTls;

/// Larger files are no certificates.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be used.
    #[error("`{path}` cannot be used: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// The library refuses the settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// What the files hold, so that two looks can be told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest([u8; 32]);

/// The text of every file.
pub(super) struct Contents {
    pairs: Vec<Pair>,
    client_ca: Option<(PathBuf, Vec<u8>)>,
}

struct Pair {
    certificate: (PathBuf, Vec<u8>),
    key: (PathBuf, Vec<u8>),
}

/// A chain and its key, and the file of the chain for messages.
pub(super) struct Identity {
    pub(super) certificate: PathBuf,
    pub(super) key_file: PathBuf,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl CertificateError {
    pub(super) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

impl Contents {
    pub(super) fn read(settings: &ServerTls) -> Result<Self, CertificateError> {
        let pairs = settings.certificates.iter().map(|files| {
            Ok(Pair {
                certificate: read(&files.certificate)?,
                key: read(&files.key)?,
            })
        });
        Ok(Self {
            pairs: pairs.collect::<Result<_, CertificateError>>()?,
            client_ca: settings.client_ca.as_deref().map(read).transpose()?,
        })
    }

    pub(super) fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        let pairs = self.pairs.iter().flat_map(|pair| [&pair.certificate, &pair.key]);
        for (_, bytes) in pairs.chain(&self.client_ca) {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        Digest(hash.finalize().into())
    }

    pub(super) fn identities(&self) -> Result<Vec<Identity>, CertificateError> {
        let identities = self.pairs.iter().map(|Pair { certificate, key }| {
            Ok(Identity {
                certificate: certificate.0.clone(),
                key_file: key.0.clone(),
                chain: chain(certificate)?,
                key: PrivateKeyDer::from_pem_slice(&key.1).map_err(|_| {
                    CertificateError::file(
                        &key.0,
                        "it holds no private key; put one there in PEM (`BEGIN PRIVATE KEY`)",
                    )
                })?,
            })
        });
        identities.collect()
    }

    pub(super) fn client_authorities(&self) -> Result<Option<(&Path, Vec<CertificateDer<'static>>)>, CertificateError> {
        let authorities = self.client_ca.as_ref();
        authorities.map(|file| Ok((file.0.as_path(), chain(file)?))).transpose()
    }
}

fn chain((path, bytes): &(PathBuf, Vec<u8>)) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let chain = CertificateDer::pem_slice_iter(bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CertificateError::file(path, format!("it is no PEM: {error}")))?;
    if chain.is_empty() {
        let reason = "it holds no certificate; put the chain there in PEM (`BEGIN CERTIFICATE`)";
        return Err(CertificateError::file(path, reason));
    }
    Ok(chain)
}

fn read(path: &Path) -> Result<(PathBuf, Vec<u8>), CertificateError> {
    let size = std::fs::metadata(path).map(|file| file.len());
    if size.is_ok_and(|size| size > MOST_BYTES) {
        return Err(CertificateError::file(
            path,
            format!("it is larger than {MOST_BYTES} bytes"),
        ));
    }
    let bytes = std::fs::read(path)
        .map_err(|error| CertificateError::file(path, format!("{error}; check the name and the permissions")))?;
    Ok((path.to_owned(), bytes))
}
