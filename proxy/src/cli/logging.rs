//! Log lines: text for people, JSON for collectors, always on standard error so that data stays clean.
//!
//! No layer of Ficus logs a body, a cookie, a token or a query string, at any level; the filter cannot bring one back.
//! What `hyper` and `sqlx` say below `warn` may hold header or row values, so those crates stay at `warn` unless the
//! filter names them.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use super::global::{ColourChoice, Global, LogFormat};

/// Crates whose own debug lines may show data that is not ours to log.
const TALKATIVE: [&str; 5] = ["hyper", "hyper_util", "sqlx", "reqwest", "rustls"];

/// Installs the process-wide subscriber. Call once.
pub(crate) fn start(global: &Global) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(with_quiet_crates(&global.log))
        .with_context(|| format!("`{}` is not a log filter", global.log))?;
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
    let installed = match global.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
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
