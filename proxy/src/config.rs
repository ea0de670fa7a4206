//! The configuration of a process: `ficus.yaml`, or the few words of a command line. Every key is in `docs/configuration.md`.

mod duration;
mod environment;
mod error;
mod interpolate;
mod legacy;
mod network;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use duration::Span;
pub use environment::Environment;
pub use error::ConfigError;
pub use legacy::{Health, Legacy, LegacyTls, Protocol};
pub use network::Network;

use crate::store::Store;
use crate::upstream::Origin;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where clients connect; port 0 takes a free one.
    #[serde(default = "standard::listen")]
    pub listen: SocketAddr,
    /// The listener for people and machines that look after the process.
    #[serde(default)]
    pub admin: Admin,
    /// The legacy app.
    pub legacy: Legacy,
    /// The flag file; without one, legacy answers everything.
    #[serde(default)]
    pub flags: Option<PathBuf>,
    /// Ficus's own store.
    #[serde(default)]
    pub store: StoreConfig,
    /// The app's database; without one, native handlers are off.
    #[serde(default)]
    pub database: Database,
    /// What a request may cost.
    #[serde(default)]
    pub limits: Limits,
    /// How long things may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// What shadowing may cost.
    #[serde(default)]
    pub shadow: ShadowConfig,
    /// Hops whose `X-Forwarded-*` is believed: addresses or networks (`10.0.0.0/8`).
    #[serde(default)]
    pub trusted_hops: Vec<Network>,
    /// One log line per request.
    #[serde(default)]
    pub access_log: bool,
    /// Whether answers say who served them and why (`x-ficus-*`).
    #[serde(default = "standard::yes")]
    pub answer_headers: bool,
    /// Data plane threads, one runtime each; the number of processors by default.
    #[serde(default = "standard::cores")]
    pub cores: usize,
    /// Where the settings of the native handlers (secrets, outside services) are looked up.
    #[serde(skip, default = "Environment::of_the_process")]
    pub environment: Environment,
}

/// The admin listener.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Its address; keep it private.
    pub listen: SocketAddr,
}

/// Ficus's own store.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:` or `postgres:`; by default `ficus.db` beside the flag file, in memory without a flag file.
    pub url: Option<String>,
}

/// The app's database.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// A PostgreSQL URL.
    pub url: Option<String>,
}

/// What a request may cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest target, in bytes.
    pub uri_bytes: usize,
    /// Most header lines of a request.
    pub headers: usize,
    /// Largest head of a request, in bytes.
    pub head_bytes: usize,
    /// Largest declared body, in bytes; none is no limit.
    pub body_bytes: Option<u64>,
    /// Most requests in flight, over all cores.
    pub in_flight: usize,
    /// Idle connections to legacy, for each core.
    pub idle_connections: usize,
}

/// How long things may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, from = "TimeoutTexts")]
pub struct Timeouts {
    /// For the head of a request.
    pub request_head: Duration,
    /// For making a connection to legacy.
    pub connect: Duration,
    /// For the head of an answer.
    pub answer: Duration,
    /// From one piece of an answer's body to the next.
    pub body_idle: Duration,
    /// For a whole exchange; none is no limit.
    pub total: Option<Duration>,
    /// An idle connection to legacy is not used after this.
    pub legacy_idle: Duration,
    /// For either direction of an upgraded connection, or a stream of events, to stay silent.
    pub tunnel_idle: Duration,
    /// For what is in flight when the process is told to stop.
    pub drain: Duration,
}

/// What shadowing may cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShadowConfig {
    /// Exchanges in hand at once; more are dropped and counted.
    pub queue: usize,
    /// Dry runs at once.
    pub concurrency: usize,
    /// Largest body that is held for comparison.
    pub body_bytes: usize,
    /// Bytes held by all of them together.
    pub total_bytes: usize,
}

/// [`Timeouts`] as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TimeoutTexts {
    request_head: Option<Span>,
    connect: Option<Span>,
    answer: Option<Span>,
    body_idle: Option<Span>,
    total: Option<Span>,
    legacy_idle: Option<Span>,
    tunnel_idle: Option<Span>,
    drain: Option<Span>,
}

impl Config {
    /// The short form: where to listen, what to stand in front of, and perhaps a flag file.
    #[must_use]
    pub fn quick(listen: SocketAddr, legacy: Origin, flags: Option<PathBuf>) -> Self {
        Self {
            listen,
            admin: Admin::default(),
            legacy: Legacy::at(legacy),
            flags,
            store: StoreConfig::default(),
            database: Database::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            shadow: ShadowConfig::default(),
            trusted_hops: Vec::new(),
            access_log: false,
            answer_headers: true,
            cores: standard::cores(),
            environment: Environment::of_the_process(),
        }
    }

    /// Reads the text of `ficus.yaml`. `${NAME}` stands for that environment variable, so that secrets stay out of the
    /// file. Relative paths are relative to the file.
    ///
    /// # Errors
    /// With line and column: a key that is unknown, a value that does not fit, a name that is not set.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        Self::parse_in(text, file, Environment::of_the_process())
    }

    /// As [`Self::parse`], with another environment than that of the process.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_in(text: &str, file: &Path, environment: Environment) -> Result<Self, ConfigError> {
        let text = interpolate::interpolate(text, |name| environment.get(name))?;
        let mut config: Self = serde_yaml::from_str(&text).map_err(|error| ConfigError::of_yaml(&error))?;
        config.environment = environment;
        let directory = file.parent().unwrap_or(Path::new(""));
        config.flags = config.flags.map(|flags| directory.join(flags));
        config.legacy.tls.resolve(directory);
        if config.cores == 0 {
            return Err(ConfigError::new("`cores` must be at least 1"));
        }
        Ok(config)
    }

    /// Whether what this hop says about the client is believed.
    #[must_use]
    pub fn trusts(&self, hop: IpAddr) -> bool {
        self.trusted_hops.iter().any(|network| network.contains(hop))
    }

    /// How many requests may be in flight on one core.
    #[must_use]
    pub fn in_flight_per_core(&self) -> usize {
        self.limits.in_flight.div_ceil(self.cores.max(1))
    }

    /// Where Ficus's own store is.
    #[must_use]
    pub fn store_url(&self) -> Option<String> {
        let beside = || self.flags.as_deref().map(Store::url_beside);
        self.store.url.clone().or_else(beside)
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            uri_bytes: 16 * 1024,
            headers: 100,
            head_bytes: 64 * 1024,
            body_bytes: None,
            in_flight: 10_000,
            idle_connections: 256,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request_head: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(60),
            body_idle: Duration::from_secs(300),
            total: None,
            // Node closes an idle connection after five seconds.
            legacy_idle: Duration::from_secs(4),
            tunnel_idle: Duration::from_secs(3600),
            drain: Duration::from_secs(30),
        }
    }
}

impl Default for ShadowConfig {
    fn default() -> Self {
        Self {
            queue: 256,
            concurrency: 16,
            body_bytes: 1024 * 1024,
            total_bytes: 64 * 1024 * 1024,
        }
    }
}

impl From<TimeoutTexts> for Timeouts {
    fn from(texts: TimeoutTexts) -> Self {
        let standard = Self::default();
        let or = |text: Option<Span>, standard| text.map_or(standard, |span| span.0);
        Self {
            request_head: or(texts.request_head, standard.request_head),
            connect: or(texts.connect, standard.connect),
            answer: or(texts.answer, standard.answer),
            body_idle: or(texts.body_idle, standard.body_idle),
            total: texts.total.map(|span| span.0).or(standard.total),
            legacy_idle: or(texts.legacy_idle, standard.legacy_idle),
            tunnel_idle: or(texts.tunnel_idle, standard.tunnel_idle),
            drain: or(texts.drain, standard.drain),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL has a password in it.
        formatter
            .debug_struct("Database")
            .field("set", &self.url.is_some())
            .finish()
    }
}

/// A value that is written as text and read by its `FromStr`.
fn parsed<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    D: serde::Deserializer<'de>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

mod standard {
    use std::net::SocketAddr;

    pub(super) fn listen() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8080))
    }

    pub(super) const fn yes() -> bool {
        true
    }

    pub(super) fn cores() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

#[cfg(test)]
mod tests;
