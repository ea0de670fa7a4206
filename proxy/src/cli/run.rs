//! `ficus run`: stand in front of the legacy app until told to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use proxy::app::{App, Bound, Operator, RunError, StartError};
use proxy::config::{Config, FlagSource};
use proxy::upgrade::Program;
use proxy::upstream::Origin;
use tokio_util::sync::CancellationToken;

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::logging;
use super::printer::Printer;
use super::settings::{found_config, read_config};
use super::signals::Signals;
use super::supervisor::Supervisor;

/// Where to listen, and what to stand in front of.
#[derive(Debug, Clone, Args)]
#[command(
    after_long_help = "Two forms:\n  ficus run --listen 127.0.0.1:8080 --legacy http://127.0.0.1:3000 [--flags flags.yaml]\n  \
    ficus run --config ficus.yaml\n\nThe first needs nothing else on the machine. Native handlers come on when there is a \
    database (DATABASE_URL, or `database.url` in the configuration). INT or TERM drains; a second one stops at once. USR1 sends \
    everything to legacy. HUP takes that back, and looks at the certificates and what else can change; USR2 (or `ficus upgrade`) starts the program anew and hands over without a gap.\n\n\
    Exit codes: 0 drained; 1 stopped before everything in flight was finished; 2 it could not start."
)]
pub(crate) struct RunArgs {
    /// The configuration file: the full form [default: ficus.yaml, if it is there and --legacy is not given]
    #[arg(long, value_name = "FILE", env = "FICUS_CONFIG")]
    config: Option<PathBuf>,

    /// Where clients connect; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "FICUS_LISTEN")]
    listen: Option<SocketAddr>,

    /// Origin of the legacy app, such as http://127.0.0.1:3000
    #[arg(long, value_name = "URL", env = "FICUS_LEGACY")]
    legacy: Option<Origin>,

    /// The flag file; without one, legacy answers everything
    #[arg(long, value_name = "FILE", env = "FICUS_FLAGS")]
    flags: Option<PathBuf>,

    /// Status page, probes and metrics; has no log-in, so keep it private [default: a free port on 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", env = "FICUS_ADMIN")]
    admin: Option<SocketAddr>,

    /// Ficus's own store, sqlite: or postgres: [default: ficus.db beside the flag file, in memory without one]
    #[arg(long, value_name = "URL", env = "FICUS_STORE", hide_env_values = true)]
    store: Option<String>,

    /// Where the number of the process that serves is kept; `ficus upgrade` finds it there
    #[arg(long, value_name = "FILE", env = "FICUS_PID_FILE")]
    pid_file: Option<PathBuf>,

    /// The app's PostgreSQL database: native handlers are on with it and off without
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Binds, says where, serves, drains.
pub(crate) async fn run(arguments: RunArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let supervisor = Supervisor::new(arguments.pid_file.clone());
    let program = this_program()?;
    let config = resolve(arguments.clone())?;
    logging::follow(config.log.as_deref())?;
    let signals = Signals::listen()?;
    let (flags, legacy) = (config.flags.clone(), config.legacy.url.to_string());
    let bound = App::bind(config)
        .await
        .map_err(|error| explained(error, flags.as_ref()))?;
    announce(&bound, &legacy, flags.as_ref(), printer);
    let (shutdown, operator, switch) = (CancellationToken::new(), bound.operator(), bound.flags());
    let told = supervisor.keep_told(operator.clone(), shutdown.clone());
    tokio::select! {
        outcome = bound.run(shutdown.clone()) => verdict(outcome, printer),
        never = told => match never {},
        () = signals.watch(shutdown.clone(), operator.clone(), &switch, &program, || reload(&arguments, &operator)) => Ok(ExitStatus::Failure),
    }
}

/// Looks at everything again that can change while the process runs. What is wrong changes nothing.
fn reload(arguments: &RunArgs, operator: &Operator) {
    operator.reload();
    let new = resolve(arguments.clone()).and_then(|config| logging::follow(config.log.as_deref()).map(|()| config));
    match new {
        Err(error) => {
            operator.refuse();
            tracing::error!("the configuration is refused, the last good one stays: {error:#}");
        }
        Ok(config) => {
            let left = operator.adopt(&config).join(", ");
            if left.is_empty() {
                tracing::info!("the configuration was read again; it holds for new connections");
            } else {
                tracing::warn!(
                    keys = left,
                    "these keys of the configuration have changed and need `ficus upgrade` or a restart"
                );
            }
        }
    }
}

/// How this process was started. The name is taken now: once the file is replaced, the kernel only knows the old one.
fn this_program() -> anyhow::Result<Program> {
    Ok(Program {
        file: std::env::current_exe()?,
        arguments: std::env::args_os().skip(1).collect(),
    })
}

/// Connections that had to be cut are an answer to "did it drain?"; anything else is a failure.
fn verdict(outcome: Result<(), RunError>, printer: Printer) -> anyhow::Result<ExitStatus> {
    match outcome {
        Ok(()) => Ok(ExitStatus::Success),
        Err(error @ RunError::Cut(_)) => {
            printer.warning(&error.to_string());
            Ok(ExitStatus::Failure)
        }
        Err(error) => Err(error.into()),
    }
}

/// What to do about a start that failed.
fn explained(error: StartError, flags: Option<&FlagSource>) -> anyhow::Error {
    let hint = match &error {
        StartError::Flags(problems) => {
            let path = flags.and_then(FlagSource::file).unwrap_or(Path::new("the flag file"));
            let message = format!("the flags cannot be used\n{}", problems.named(path));
            return Hinted::error(message, "`ficus check` shows the same without starting");
        }
        StartError::Listen { .. } => "another process may have the port; port 0 takes a free one",
        StartError::AccessLog(_) => "check the folder of `access_log_file` and its permissions",
        StartError::Certificates(_) => "`listeners[].tls` and `admin.tls` name the files (docs/configuration.md)",
        StartError::FlagDatabase(_) => {
            "`store.url` names the database; with a copy of the flags (`flags.cache`) Ficus starts without it"
        }
        StartError::Store(_) => "check the folder and its permissions, or name another place with --store",
        StartError::Native(_) => "without DATABASE_URL and `database.url` native handlers stay off and the proxy runs",
        _ => "docs/operations/running.md has the way to a first start",
    };
    anyhow::Error::from(error).context(Hinted::new("Ficus cannot start", hint))
}

/// Command line over environment (clap has merged the two) over file over default.
fn resolve(arguments: RunArgs) -> anyhow::Result<Config> {
    let file = arguments
        .config
        .or_else(|| found_config().filter(|_| arguments.legacy.is_none()));
    let mut config = match (file, arguments.legacy) {
        (Some(path), legacy) => {
            let mut config = read_config(&path)?;
            config.legacy.url = legacy.unwrap_or(config.legacy.url);
            config
        }
        (None, Some(legacy)) => Config::quick(standard_listen(), legacy, None),
        (None, None) => return Err(nothing_to_stand_in_front_of()),
    };
    config.listen = arguments.listen.or(config.listen);
    config.admin.listen = arguments.admin.unwrap_or(config.admin.listen);
    config.flags = arguments.flags.map(FlagSource::File).or(config.flags);
    config.store.url = arguments.store.or(config.store.url);
    let database = arguments.database_url.filter(|url| !url.is_empty());
    config.database.url = database.or(config.database.url);
    Ok(config)
}

fn standard_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn nothing_to_stand_in_front_of() -> anyhow::Error {
    Hinted::error(
        "there is no legacy app to stand in front of",
        "name it with --legacy http://127.0.0.1:3000, or write a ficus.yaml (docs/configuration.md) and use --config",
    )
}

/// What a person wants to know first; the addresses are the real ones, whatever port was asked for.
fn announce(bound: &Bound, legacy: &str, flags: Option<&FlagSource>, printer: Printer) {
    let flags = flags.map_or_else(
        || "none: legacy answers everything".to_owned(),
        |source| match source {
            FlagSource::File(path) => path.display().to_string(),
            FlagSource::Postgres(settings) => format!("PostgreSQL; a copy is kept at {}", settings.cache.display()),
        },
    );
    let native = bound
        .native_off()
        .map_or_else(|| "on".to_owned(), |reason| format!("off: {reason}"));
    for origin in bound.origins() {
        printer.note(&format!("ficus   {origin}"));
    }
    printer.note(&format!("legacy  {legacy}"));
    printer.note(&format!("flags   {flags}"));
    printer.note(&format!("native  {native}"));
    printer.note(&format!("status  http://{}/", bound.admin_addr));
}
