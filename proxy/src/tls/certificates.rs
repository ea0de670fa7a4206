//! Which certificate a client gets: the one for the name that it asks for, else the first.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::CertificateError;
use super::files::{Contents, Identity};

/// Certificates by the names that they are for.
#[derive(Debug)]
pub(super) struct Certificates {
    by_name: HashMap<String, Arc<CertifiedKey>>,
    first: Arc<CertifiedKey>,
}

impl Certificates {
    /// Checks every pair. Where two certificates are for one name, the earlier one has it.
    pub(super) fn of(contents: &Contents, provider: &CryptoProvider) -> Result<Self, CertificateError> {
        let mut by_name = HashMap::new();
        let mut first = None;
        for identity in contents.identities()? {
            let names = names(&identity)?;
            let certified = Arc::new(certified(identity, provider)?);
            for name in names {
                by_name.entry(name).or_insert_with(|| Arc::clone(&certified));
            }
            first.get_or_insert(certified);
        }
        // The configuration has been checked for this.
        let first = first.ok_or_else(|| CertificateError::Setup(rustls::Error::NoCertificatesPresented))?;
        Ok(Self { by_name, first })
    }

    /// Every name, `*.example.com` included.
    pub(super) fn names(&self) -> Vec<String> {
        self.by_name.keys().cloned().collect()
    }

    fn find(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let wildcard = || Some(format!("*.{}", name.split_once('.')?.1));
        self.by_name
            .get(&name)
            .or_else(|| wildcard().and_then(|name| self.by_name.get(&name)))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.find(name));
        Some(Arc::clone(named.unwrap_or(&self.first)))
    }
}

fn names(identity: &Identity) -> Result<Vec<String>, CertificateError> {
    let unreadable = |reason: String| CertificateError::file(&identity.certificate, reason);
    let own = identity
        .chain
        .first()
        .ok_or_else(|| unreadable("it holds no certificate".to_owned()))?;
    let parsed = webpki::EndEntityCert::try_from(own)
        .map_err(|error| unreadable(format!("its first certificate cannot be read: {error}")))?;
    Ok(parsed.valid_dns_names().map(str::to_ascii_lowercase).collect())
}

fn certified(identity: Identity, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
    let Identity {
        certificate,
        key_file,
        chain,
        key,
    } = identity;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::file(
            &certificate,
            format!("`{}` is not its key; replace both files together", key_file.display()),
        ),
        error => CertificateError::file(&key_file, format!("its key cannot be used: {error}")),
    })
}
