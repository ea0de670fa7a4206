//! `ficus config`: about the configuration file itself.

use clap::{Args, Subcommand};

use super::exit::ExitStatus;
use super::printer::Printer;

/// What to say about it.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the JSON Schema of ficus.yaml, for editors and for checks before a deployment
    Schema,
}

/// Prints what was asked for.
pub(crate) fn config(arguments: &ConfigArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    match arguments.command {
        Command::Schema => printer.json(&proxy::config::schema())?,
    }
    Ok(ExitStatus::Success)
}
