//! `ficus run`: stand in front of the legacy app until told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use proxy::app::{App, Bound};
use proxy::config::Config;
use tokio_util::sync::CancellationToken;

use super::exit::ExitStatus;
use super::failure::{Hinted, OrHint};
use super::printer::Printer;
use super::settings::{found_config, read_config};
use super::signals::Signals;

/// Where to listen, and what to stand in front of.
#[derive(Debug, Args)]
#[command(after_long_help = "Two forms:\n  \
    ficus run --listen 127.0.0.1:8080 --legacy http://127.0.0.1:3000 [--flags flags.yaml]\n  \
    ficus run --config ficus.yaml\n\n\
    The first needs nothing else on the machine. Native handlers come on when there is a database (DATABASE_URL, or \
    `database.url` in the configuration). INT or TERM drains; a second one stops at once.\n\n\
    Exit codes: 0 drained; 1 stopped before everything in flight was finished; 2 could not start.")]
pub(crate) struct RunArgs {
    /// The configuration file: the full form [default: ficus.yaml, if it is there and --legacy is not given]
    #[arg(long, value_name = "FILE", env = "FICUS_CONFIG", conflicts_with = "legacy")]
    config: Option<PathBuf>,

    /// Where clients connect; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", env = "FICUS_LISTEN")]
    listen: Option<SocketAddr>,

    /// Origin of the legacy app, such as http://127.0.0.1:3000
    #[arg(long, value_name = "URL", env = "FICUS_LEGACY")]
    legacy: Option<String>,

    /// The flag file; without one, legacy answers everything
    #[arg(long, value_name = "FILE", env = "FICUS_FLAGS")]
    flags: Option<PathBuf>,

    /// Where the status page, the probes and the metrics are; keep it private, it has no log-in
    #[arg(long, value_name = "ADDRESS", env = "FICUS_ADMIN")]
    admin: Option<SocketAddr>,
}

/// Binds, says where, serves, drains.
pub(crate) async fn run(arguments: RunArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let config = resolve(arguments)?;
    let signals = Signals::listen().or_hint(|| "signals cannot be received".to_owned(), || "this is a Unix program".to_owned())?;
    let bound = App::bind(config).await?;
    announce(&bound, printer);
    let shutdown = CancellationToken::new();
    let served = bound.run(shutdown.clone());
    tokio::select! {
        outcome = served => outcome.map(|()| ExitStatus::Success).map_err(Into::into),
        _aborted = signals.watch(shutdown) => Ok(ExitStatus::Failure),
    }
}

/// Command line over environment (clap has merged them) over file over default.
fn resolve(arguments: RunArgs) -> anyhow::Result<Config> {
    todo!()
}

fn announce(bound: &Bound, printer: Printer) {
}
