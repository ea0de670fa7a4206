//! `ficus demo`: everything on this machine, to look at or to check. The walk itself is [`proxy::demo`].

use std::net::SocketAddr;

use clap::Args;
use proxy::demo::{Demo, DemoError, Settings};
use proxy::provision::Progress;

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::printer::Printer;
use super::signals::Signals;

/// How to show it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Brings PostgreSQL (from the machine, or from npm), a Next.js app as the legacy side, and Ficus in front; walks \
    through one migration; then stays until INT or TERM. Everything is throw-away and listens on loopback.\n\n\
    Exit codes: 0 every step held; 1 a step saw something else than it says; 2 something could not be started."
)]
pub(crate) struct DemoArgs {
    /// Leave after the walk; the exit code says whether every step held
    #[arg(long)]
    check: bool,

    /// Where Ficus listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Where the status page is; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    admin: SocketAddr,

    /// A PostgreSQL server where the demo may create a database [default: a throw-away server]
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Starts everything, walks, and stays or leaves.
pub(crate) async fn demo(arguments: DemoArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let mut signals = Signals::listen()?;
    let progress = Progress::new(move |line| printer.note(line));
    let settings = Settings {
        database_url: arguments.database_url,
        listen: arguments.listen,
        admin: arguments.admin,
    };
    // Building the legacy app takes a while the first time: a signal has to be heard then as well.
    let mut demo = tokio::select! {
        started = Demo::start(settings, &progress) => started.map_err(explained)?,
        _signal = signals.asked_to_stop() => return Ok(ExitStatus::Failure),
    };
    let walked = tokio::select! {
        walked = demo.walk(&progress) => walked,
        _signal = signals.asked_to_stop() => {
            demo.stop().await;
            return Ok(ExitStatus::Failure);
        }
    };
    if walked.is_ok() && !arguments.check {
        invite(&demo, printer);
        signals.asked_to_stop().await;
    }
    demo.stop().await;
    verdict(walked, printer)
}

/// A step that does not hold is an answer; anything else is a failure to answer.
fn verdict(walked: Result<(), DemoError>, printer: Printer) -> anyhow::Result<ExitStatus> {
    match walked {
        Ok(()) => Ok(ExitStatus::Success),
        Err(error @ DemoError::Step { .. }) => {
            printer.error(&error.into(), None);
            Ok(ExitStatus::Failure)
        }
        Err(error) => Err(explained(error)),
    }
}

fn invite(demo: &Demo, printer: Printer) {
    printer.note("\nYour turn:");
    for line in demo.invitation() {
        printer.note(&format!("  {line}"));
    }
    printer.note("Ctrl-C ends everything.");
}

fn explained(error: DemoError) -> anyhow::Error {
    let hint = "it needs Rust, Node and a C compiler, and the npm registry the first time; README.md has the details";
    anyhow::Error::from(error).context(Hinted::new("the demo could not be started", hint))
}
