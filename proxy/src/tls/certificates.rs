//! Which certificate a client gets: the one for the name that it asks for, else the first.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::files::{Contents, Identity};
use super::{CertificateError, name_matches};

/// The place of the certificate for whoever asks for no name that there is.
const FIRST: usize = 0;

/// The certificates of a listener, and which of them a name gets.
#[derive(Debug)]
pub(super) struct Certificates {
    all: Vec<Certificate>,
    /// Places in `all`.
    by_name: HashMap<String, usize>,
}

/// A certificate with its key, and every name that it is for.
#[derive(Debug)]
struct Certificate {
    certified: Arc<CertifiedKey>,
    names: Vec<String>,
}

/// The certificate that a client was given for the name that it asked for, among those that there were then.
#[derive(Debug)]
pub(crate) struct Presented {
    certificates: Arc<Certificates>,
    place: usize,
}

impl Certificates {
    /// Checks every pair. Where two certificates are for one name, the earlier one has it.
    pub(super) fn of(contents: &Contents, provider: &CryptoProvider) -> Result<Self, CertificateError> {
        let (mut all, mut by_name) = (Vec::new(), HashMap::new());
        for identity in contents.identities()? {
            let names = names(&identity)?;
            for name in &names {
                by_name.entry(name.clone()).or_insert(all.len());
            }
            let certified = Arc::new(certified(identity, provider)?);
            all.push(Certificate { certified, names });
        }
        if all.is_empty() {
            // The configuration has been checked for this.
            return Err(CertificateError::Setup(rustls::Error::NoCertificatesPresented));
        }
        Ok(Self { all, by_name })
    }

    /// Every name, `*.example.com` included.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// What a client that asks for `name` is given; none where there is one certificate for everybody.
    pub(super) fn presented(self: &Arc<Self>, name: &str) -> Option<Presented> {
        (self.all.len() > 1).then(|| Presented {
            certificates: Arc::clone(self),
            place: self.find(name).unwrap_or(FIRST),
        })
    }

    fn find(&self, name: &str) -> Option<usize> {
        let name = name.to_ascii_lowercase();
        let wildcard = || Some(format!("*.{}", name.split_once('.')?.1));
        let found = self.by_name.get(&name);
        found
            .or_else(|| wildcard().and_then(|name| self.by_name.get(&name)))
            .copied()
    }
}

impl Presented {
    /// Whether this listener has a certificate for `host`, a name without a port, and the client was given one that is not
    /// for it (RFC 9110, section 7.4). A host that no certificate is for is not a matter of certificates.
    pub(crate) fn is_misdirected(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let Self { certificates, place } = self;
        let own = certificates.all.get(*place);
        let covers = own.is_some_and(|own| own.names.iter().any(|name| name_matches(name, host)));
        !covers && certificates.find(host).is_some()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.find(name));
        let chosen = self.all.get(named.unwrap_or(FIRST))?;
        Some(Arc::clone(&chosen.certified))
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
