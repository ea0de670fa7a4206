//! TLS with clients: what a listener presents, and how new files are put in its place without dropping a connection.

mod certificates;
mod files;
mod watch;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ProducesTickets, ServerSessionMemoryCache, StoresServerSessions, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};

use crate::config::{ServerTls, TlsVersion};

use self::certificates::Certificates;
pub(crate) use self::certificates::Presented;
pub use self::files::CertificateError;
use self::files::{Contents, Digest};
pub(crate) use self::watch::TlsWatch;

/// Sessions of TLS 1.2 clients without tickets that are remembered.
const SESSIONS: usize = 1024;

/// What HTTP is offered under TLS (RFC 7301), the better first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS of one listener. Every core uses the same one, so a session that began on one core is resumed on any other.
pub(crate) struct Tls {
    settings: ServerTls,
    provider: Arc<CryptoProvider>,
    sessions: Sessions,
    current: ArcSwap<Current>,
    status: Mutex<Status>,
}

/// What makes a later handshake short. The ticket keys change every six hours, and the last ones stay good for as long.
#[derive(Clone)]
struct Sessions {
    tickets: Arc<dyn ProducesTickets>,
    store: Arc<dyn StoresServerSessions>,
}

/// What is in force.
#[derive(Debug)]
pub(crate) struct Current {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
}

/// How the loading of files has gone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status {
    /// Times that new files were put in force.
    pub(crate) loaded: u64,
    /// Times that new files were refused.
    pub(crate) failed: u64,
    /// Why the newest files are not in force.
    pub(crate) problem: Option<String>,
    /// What was looked at last.
    seen: Digest,
}

/// What a look at the files found.
#[derive(Debug)]
pub(crate) enum Reload {
    /// The same as last time.
    Unchanged,
    /// New files, which are in force.
    Loaded,
    /// New files, which cannot be used; the last good ones stay in force.
    Failed(CertificateError),
}

impl Tls {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// With the file that cannot be used, and what to do.
    pub(crate) fn load(settings: ServerTls) -> Result<Self, CertificateError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let sessions = Sessions::new()?;
        let contents = Contents::read(&settings)?;
        let current = compile(&settings, &contents, &provider, &sessions)?;
        let status = Status {
            seen: contents.digest(),
            ..Status::default()
        };
        Ok(Self {
            settings,
            provider,
            sessions,
            current: ArcSwap::from_pointee(current),
            status: Mutex::new(status),
        })
    }

    /// What a new connection is shaken hands with. Connections that are open keep what they began with.
    pub(crate) fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    /// Whether a certificate in force is for this host.
    pub(crate) fn covers(&self, host: &str) -> bool {
        let current = self.current.load();
        current.certificates.names().any(|name| name_matches(name, host))
    }

    /// For the handshake.
    pub(crate) const fn handshake_timeout(&self) -> std::time::Duration {
        self.settings.handshake_timeout.0
    }

    /// How the loading of files has gone.
    pub(crate) fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the files, and puts them in force if they are new and good.
    pub(crate) fn reload(&self) -> Reload {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = match Contents::read(&self.settings) {
            Ok(contents) => contents,
            Err(error) => return status.refuse(Digest::default(), error),
        };
        let digest = contents.digest();
        if digest == status.seen {
            return Reload::Unchanged;
        }
        match self.compile_again(&contents) {
            Ok(current) => {
                self.current.store(Arc::new(current));
                status.seen = digest;
                status.loaded += 1;
                status.problem = None;
                Reload::Loaded
            }
            Err(error) => status.refuse(digest, error),
        }
    }

    fn compile_again(&self, contents: &Contents) -> Result<Current, CertificateError> {
        // A session stands for a certificate that was checked once: when the authorities change, it must be checked anew.
        let sessions = match self.settings.client_ca {
            Some(_) => Sessions::new()?,
            None => self.sessions.clone(),
        };
        compile(&self.settings, contents, &self.provider, &sessions)
    }
}

impl Current {
    /// How to shake hands.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// What a client that asks for `name` is given; none where there is one certificate for everybody.
    pub(crate) fn presented(&self, name: &str) -> Option<Presented> {
        self.certificates.presented(name)
    }
}

impl Status {
    /// Says it once for each new content, and once for files that cannot be read.
    fn refuse(&mut self, digest: Digest, error: CertificateError) -> Reload {
        let message = error.to_string();
        if self.seen == digest && self.problem.as_ref() == Some(&message) {
            return Reload::Unchanged;
        }
        self.seen = digest;
        self.failed += 1;
        self.problem = Some(message);
        Reload::Failed(error)
    }
}

impl Sessions {
    fn new() -> Result<Self, CertificateError> {
        Ok(Self {
            tickets: aws_lc_rs::Ticketer::new().map_err(CertificateError::Setup)?,
            store: ServerSessionMemoryCache::new(SESSIONS),
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tls")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn compile(
    settings: &ServerTls,
    contents: &Contents,
    provider: &Arc<CryptoProvider>,
    sessions: &Sessions,
) -> Result<Current, CertificateError> {
    let certificates = Arc::new(Certificates::of(contents, provider)?);
    let versions: &[_] = match settings.min_version {
        TlsVersion::Tls12 => &[&TLS13, &TLS12],
        TlsVersion::Tls13 => &[&TLS13],
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(CertificateError::Setup)?;
    let builder = match contents.client_authorities()? {
        None => builder.with_no_client_auth(),
        Some((path, authorities)) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(authorities);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .build()
                .map_err(|error| CertificateError::file(path, format!("no authority in it can be used: {error}")))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::<Certificates>::clone(&certificates));
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
    config.ticketer = Arc::clone(&sessions.tickets);
    config.session_storage = Arc::clone(&sessions.store);
    // Early data could be played again by anybody who saw it (RFC 8446, section 8).
    config.max_early_data_size = 0;
    Ok(Current {
        config: Arc::new(config),
        certificates,
    })
}

/// Whether a name of a certificate, or of a list, is for a host: `*.example.com` is for exactly one label more.
pub(crate) fn name_matches(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        None => name.eq_ignore_ascii_case(host),
        Some(parent) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent)),
    }
}

#[cfg(test)]
mod tests;
