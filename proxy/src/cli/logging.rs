//! Log lines: text for people, JSON for collectors, always on standard error so that data stays clean.
//!
//! No layer of Ficus logs a body, a cookie, a token or a query string, at any level; the filter cannot bring one back.
//! What `hyper` and `sqlx` say below `warn` may hold header or row values, so those crates stay at `warn` unless the
//! filter names them.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use super::global::{ColourChoice, Global, LogFormat};

/// Crates whose own debug lines may show data that is not ours to log.
const TALKATIVE: [&str; 5] = ["hyper", "hyper_util", "sqlx", "reqwest", "rustls"];

/// What is logged when nobody has said anything else.
const STANDARD: &str = "info";

/// Replaces the filter of the log.
type Change = Box<dyn Fn(EnvFilter) -> Result<(), tracing_subscriber::reload::Error> + Send + Sync>;

/// Set when the configuration may say what to log.
static CHANGE: OnceLock<Change> = OnceLock::new();

/// Installs the process-wide subscriber. Call once.
pub(crate) fn start(global: &Global) -> anyhow::Result<()> {
    let filter = filter(global.log.as_deref().unwrap_or(STANDARD))?;
    let colour = match global.color {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto => {
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour);
    let (installed, change): (_, Change) = match global.log_format {
        LogFormat::Text => {
            let builder = builder.with_target(false).with_filter_reloading();
            let handle = builder.reload_handle();
            (builder.try_init(), Box::new(move |filter| handle.reload(filter)))
        }
        LogFormat::Json => {
            let builder = builder
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .with_filter_reloading();
            let handle = builder.reload_handle();
            (builder.try_init(), Box::new(move |filter| handle.reload(filter)))
        }
    };
    if global.log.is_none() {
        // The process has one log, so this is set once.
        CHANGE.set(change).ok();
    }
    installed.map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}

/// Logs what the configuration asks for, unless the command line or the environment has said what to log.
pub(crate) fn follow(configured: Option<&str>) -> anyhow::Result<()> {
    match CHANGE.get() {
        None => Ok(()),
        Some(change) => Ok(change(filter(configured.unwrap_or(STANDARD))?)?),
    }
}

fn filter(text: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(with_quiet_crates(text)).with_context(|| format!("`{text}` is not a log filter"))
}

/// Puts `warn` for the talkative crates before the user's filter; a later directive for the same crate wins.
fn with_quiet_crates(filter: &str) -> String {
    let mut directives: Vec<String> = TALKATIVE
        .iter()
        .filter(|name| !names_crate(filter, name))
        .map(|name| format!("{name}=warn"))
        .collect();
    directives.push(filter.to_owned());
    directives.join(",")
}

fn names_crate(filter: &str, name: &str) -> bool {
    filter.split(',').any(|directive| {
        let target = directive.split(['=', '[']).next().unwrap_or_default().trim();
        target == name || target.strip_prefix(name).is_some_and(|rest| rest.starts_with("::"))
    })
}

#[cfg(test)]
mod tests {
    use super::with_quiet_crates;

    #[test]
    fn a_crate_that_the_filter_names_is_left_to_the_filter() {
        let filter = with_quiet_crates("debug,hyper=trace");
        assert!(filter.ends_with("debug,hyper=trace"));
        assert!(filter.contains("sqlx=warn"));
        assert!(!filter.contains("hyper=warn"));
    }
}
