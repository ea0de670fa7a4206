//! The configuration of a process: `ficus.yaml`, or the few words of a command line. Every key is in `docs/configuration.md`.

mod duration;
mod environment;
mod error;
mod http2;
mod interpolate;
mod legacy;
mod listener;
mod live;
mod mistakes;
mod network;
mod places;
mod schema;
mod stores;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

pub use duration::Span;
pub use environment::Environment;
pub use error::{ConfigError, Problem};
pub use http2::Http2;
pub use legacy::{Health, Legacy, LegacyTls, Protocol};
pub use listener::{CertificateFiles, FileMode, ListenAddress, ListenProtocol, Listener, ServerTls, TlsVersion};
pub use network::Network;
pub use schema::{keys, schema};
pub use stores::{Database, ShadowConfig, StoreConfig};

use crate::store::Store;
use crate::upstream::Origin;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where clients connect, in plain HTTP/1.1; port 0 takes a free one.
    #[serde(default)]
    pub listen: Option<SocketAddr>,
    /// Further places where clients connect, each with a protocol of its own.
    #[serde(default)]
    pub listeners: Vec<Listener>,
    /// What one HTTP/2 connection may cost.
    #[serde(default)]
    pub http2: Http2,
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
    /// What to log, unless the command line says it: a level, or a filter such as `warn,proxy=debug`.
    #[serde(default)]
    pub log: Option<String>,
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Its address; keep it private.
    pub listen: SocketAddr,
    /// Certificates; with `client_ca` only people and machines who have one of their own are let in.
    pub tls: Option<ServerTls>,
}

/// What a request may cost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// From the moment that readiness is off until nothing more is accepted.
    pub drain_delay: Duration,
    /// For the next request on an open connection, once nothing more is accepted.
    pub drain_idle: Duration,
    /// For a new version of the program to become ready.
    pub upgrade: Duration,
}

/// [`Timeouts`] as they are written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
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
    drain_delay: Option<Span>,
    drain_idle: Option<Span>,
    upgrade: Option<Span>,
}

impl Config {
    /// The short form: where to listen, what to stand in front of, and perhaps a flag file.
    #[must_use]
    pub fn quick(listen: SocketAddr, legacy: Origin, flags: Option<PathBuf>) -> Self {
        Self {
            listen: Some(listen),
            listeners: Vec::new(),
            http2: Http2::default(),
            admin: Admin::default(),
            legacy: Legacy::at(legacy),
            flags,
            store: StoreConfig::default(),
            database: Database::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            shadow: ShadowConfig::default(),
            trusted_hops: Vec::new(),
            log: None,
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
        for listener in &mut config.listeners {
            listener.resolve(directory);
        }
        if let Some(tls) = &mut config.admin.tls {
            tls.resolve(directory);
        }
        match config.problems().into_iter().next() {
            None => Ok(config),
            Some(problem) => Err(ConfigError::new(problem.to_string())),
        }
    }

    /// Everything that is wrong with a text that [`Self::parse`] refuses; nothing for one that it takes.
    #[must_use]
    pub fn mistakes(text: &str, file: &Path, environment: &Environment) -> Vec<ConfigError> {
        let Err(first) = Self::parse_in(text, file, environment.clone()) else {
            return Vec::new();
        };
        let all = mistakes::all(text, environment);
        if all.is_empty() { vec![first] } else { all }
    }

    /// What contradicts itself although each value is well-formed.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = self.http2.problems();
        if self.cores == 0 {
            problems.push(Problem::new("cores", "it must be at least 1"));
        }
        for (index, listener) in self.listeners.iter().enumerate() {
            problems.extend(listener.problems(&format!("listeners[{index}]")));
        }
        let certified = self.listeners.iter().any(|listener| listener.tls.is_some());
        let lost =
            |listener: &&Listener| listener.redirect_to_https && listener.redirect_hosts.is_empty() && !certified;
        if self.listeners.iter().find(lost).is_some() {
            let message = "name the hosts: no listener has a certificate to take them from";
            problems.push(Problem::new("listeners[].redirect_hosts", message));
        }
        if let Some(tls) = &self.admin.tls {
            problems.extend(tls.problems("admin.tls"));
        }
        problems
    }

    /// Every place where clients connect: `listen` and `listeners`, or the default when neither is set.
    #[must_use]
    pub fn all_listeners(&self) -> Vec<Listener> {
        let standard = self.listeners.is_empty().then(standard::listen);
        let first = self.listen.or(standard).map(Listener::plain);
        first.into_iter().chain(self.listeners.iter().cloned()).collect()
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
            tls: None,
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
            drain_delay: Duration::ZERO,
            drain_idle: Duration::from_secs(1),
            upgrade: Duration::from_secs(60),
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
            drain_delay: or(texts.drain_delay, standard.drain_delay),
            drain_idle: or(texts.drain_idle, standard.drain_idle),
            upgrade: or(texts.upgrade, standard.upgrade),
        }
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
