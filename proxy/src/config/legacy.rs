//! `legacy:` of the configuration: where the app is and what reaching it may cost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Span;
use crate::upstream::{HealthRules, Origin, TlsRules};

/// The legacy app.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Legacy {
    /// Its origin, such as `http://127.0.0.1:3000`, `https://app.internal` or `unix:/run/app.sock`.
    #[schemars(with = "String")]
    pub url: Origin,
    /// Further origins of the same app.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub replicas: Vec<Origin>,
    /// What is spoken to it.
    #[serde(default)]
    pub protocol: Protocol,
    /// Whether it is a Next.js app in development (`next dev`), whose pages speak with the server about their requests.
    #[serde(default)]
    pub development: bool,
    /// TLS, where an origin is `https`.
    #[serde(default)]
    pub tls: LegacyTls,
    /// Host names are looked up again after this.
    #[serde(default = "resolve_every")]
    pub resolve_every: Span,
    /// Most requests at once to each address, over all cores.
    #[serde(default = "max_connections")]
    pub max_connections: usize,
    /// Most requests that wait for one of them, over all cores.
    #[serde(default = "max_connections")]
    pub max_pending: usize,
    /// For how long each may wait.
    #[serde(default = "pending_timeout")]
    pub pending_timeout: Span,
    /// Retries for each hundred requests.
    #[serde(default = "retry_percent")]
    pub retry_percent: u8,
    /// When an address is left out.
    #[serde(default)]
    pub health: Health,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: negotiated under TLS, assumed without. Upgrades still use HTTP/1.1.
    Http2,
}

/// TLS to the legacy app.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LegacyTls {
    /// PEM file of the authorities to believe.
    pub ca: Option<PathBuf>,
    /// The name that its certificate must carry.
    pub server_name: Option<String>,
    /// PEM file of our own certificate chain.
    pub certificate: Option<PathBuf>,
    /// PEM file of its key.
    pub key: Option<PathBuf>,
}

/// When an address of the legacy app is left out. The last one never is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// After so many failures in a row.
    pub consecutive_failures: u32,
    /// Or when a smaller share of a window's requests succeeded, in hundredths.
    pub success_percent: u8,
    /// The length of that window.
    pub window: Span,
    /// Requests that a window needs before it is judged.
    pub min_requests: u32,
    /// For how long; it doubles while the address does not recover.
    pub out_for: Span,
}

impl Legacy {
    /// One origin and nothing else set.
    #[must_use]
    pub fn at(url: Origin) -> Self {
        Self {
            url,
            replicas: Vec::new(),
            protocol: Protocol::default(),
            development: false,
            tls: LegacyTls::default(),
            resolve_every: resolve_every(),
            max_connections: max_connections(),
            max_pending: max_connections(),
            pending_timeout: pending_timeout(),
            retry_percent: retry_percent(),
            health: Health::default(),
        }
    }
}

impl LegacyTls {
    /// Relative paths are relative to the file that names them.
    pub(super) fn resolve(&mut self, directory: &Path) {
        for path in [&mut self.ca, &mut self.certificate, &mut self.key]
            .into_iter()
            .flatten()
        {
            *path = directory.join(&*path);
        }
    }

    /// In the terms of the upstream.
    #[must_use]
    pub fn rules(&self) -> TlsRules {
        TlsRules {
            ca: self.ca.clone(),
            server_name: self.server_name.clone(),
            certificate: self.certificate.clone(),
            key: self.key.clone(),
        }
    }
}

impl Health {
    /// In the terms of the upstream.
    #[must_use]
    pub fn rules(&self) -> HealthRules {
        HealthRules {
            consecutive_failures: self.consecutive_failures.max(1),
            success_percent: self.success_percent.min(100),
            window: self.window.0,
            min_requests: self.min_requests.max(1),
            out_for: self.out_for.0,
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            success_percent: 50,
            window: Span(Duration::from_secs(10)),
            min_requests: 20,
            out_for: Span(Duration::from_secs(5)),
        }
    }
}

const fn resolve_every() -> Span {
    Span(Duration::from_secs(30))
}

const fn max_connections() -> usize {
    1024
}

const fn pending_timeout() -> Span {
    Span(Duration::from_secs(5))
}

const fn retry_percent() -> u8 {
    20
}
