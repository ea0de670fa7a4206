//! The configuration of a process: `ficus.yaml`, or the few words of a command line. Every key is in `docs/configuration.md`.

mod duration;
mod environment;
mod error;
mod flag_source;
mod http2;
mod interpolate;
mod legacy;
mod limits;
mod listener;
mod live;
mod mistakes;
mod places;
mod rollout;
mod schema;
mod stores;
mod timeouts;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flags::Network;
use schemars::JsonSchema;
use serde::Deserialize;

pub use duration::Span;
pub use environment::Environment;
pub use error::{ConfigError, Problem};
pub use flag_source::{FlagSource, PostgresFlags, is_postgres};
pub use http2::Http2;
pub use legacy::{Health, Legacy, LegacyTls, Protocol};
pub use limits::Limits;
pub use listener::{CertificateFiles, FileMode, ListenAddress, ListenProtocol, Listener, ServerTls, TlsVersion};
pub use rollout::{Circuit, Fallback, Overrides};
pub use schema::{keys, schema};
pub use stores::{Database, RETENTION, ShadowConfig, StoreConfig};
pub use timeouts::Timeouts;

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
    /// The flag file, or where else the flags come from; without any, legacy answers everything.
    #[serde(default)]
    #[schemars(with = "FlagSource")]
    pub flags: Option<FlagSource>,
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
    /// What fallback may cost.
    #[serde(default)]
    pub fallback: Fallback,
    /// When a native side that keeps failing is skipped.
    #[serde(default)]
    pub circuit: Circuit,
    /// Overrides for testers.
    #[serde(default)]
    pub overrides: Overrides,
    /// Hops whose `X-Forwarded-*` is believed: addresses or networks (`10.0.0.0/8`).
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub trusted_hops: Vec<Network>,
    /// The hosts that are served, such as `app.example` or `*.app.example`; without any, every host is.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Whether requests without a `traceparent` get one.
    #[serde(default)]
    pub mint_traceparent: bool,
    /// What to log, unless the command line says it: a level, or a filter such as `warn,proxy=debug`.
    #[serde(default)]
    pub log: Option<String>,
    /// One JSON line per request.
    #[serde(default)]
    pub access_log: bool,
    /// The file that the lines are appended to; without one, standard output.
    #[serde(default)]
    pub access_log_file: Option<PathBuf>,
    /// Whether answers say in `Server-Timing` how long they took and who gave them.
    #[serde(default)]
    pub server_timing: bool,
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
            flags: flags.map(FlagSource::File),
            store: StoreConfig::default(),
            database: Database::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            shadow: ShadowConfig::default(),
            fallback: Fallback::default(),
            circuit: Circuit::default(),
            overrides: Overrides::default(),
            trusted_hops: Vec::new(),
            hosts: Vec::new(),
            mint_traceparent: false,
            log: None,
            access_log: false,
            access_log_file: None,
            server_timing: false,
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
        if let Some(flags) = &mut config.flags {
            flags.resolve(directory);
        }
        config.access_log_file = config.access_log_file.map(|log| directory.join(log));
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
        problems.extend(self.store.problems());
        let flags = self.flags.iter();
        problems.extend(flags.flat_map(|flags| flags.problems(self.store.url.as_deref())));
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

    /// Whether a host, given without its port, is served here.
    #[must_use]
    pub fn serves_host(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let matches = |allowed: &String| match allowed.strip_prefix('*') {
            None => allowed.eq_ignore_ascii_case(host),
            Some(end) => {
                let split = host.len().checked_sub(end.len()).filter(|at| *at > 0);
                split
                    .and_then(|at| host.get(at..))
                    .is_some_and(|found| found.eq_ignore_ascii_case(end))
            }
        };
        self.hosts.is_empty() || self.hosts.iter().any(matches)
    }

    /// How many requests may be in flight on one core.
    #[must_use]
    pub fn in_flight_per_core(&self) -> usize {
        self.limits.in_flight.div_ceil(self.cores.max(1))
    }

    /// How long counters, causes and samples of comparisons are kept.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.store.retention.map_or(RETENTION, |span| span.0)
    }

    /// Where Ficus's own store is.
    #[must_use]
    pub fn store_url(&self) -> Option<String> {
        let beside = || self.flags.as_ref()?.file().map(Store::url_beside);
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
