//! `ficus flags push` and `ficus flags pull`: whole flag files, into the place where the flags stand and out of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::ExitStatus;
use super::failure::OrHint as _;
use super::printer::Printer;
use super::promote::{Desk, Signature};
use super::settings::read;

/// What to do with a whole flag file.
#[derive(Debug, Args)]
pub(crate) struct FlagsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a flag file in force: publish it where the flags are in PostgreSQL, else write it over the flag file
    Push(PushArgs),
    /// Print the flags as they stand, comments and all
    Pull(PullArgs),
}

#[derive(Debug, Args)]
#[command(
    after_long_help = "The file is checked first; one with a mistake is refused, and nothing changes. With --expect it is only taken if \
    nobody else has changed the flags since: the version is what `ficus flags pull` says.\n\nExamples:\n  ficus flags pull > new.yaml\n  \
    ficus flags push new.yaml --expect 0123456789ab --reason 'the CRM goes to shadow'\n\nExit codes: 0 in force; 2 it could \
    not be done."
)]
struct PushArgs {
    /// The flag file to put in force
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    signature: Signature,

    #[command(flatten)]
    desk: Desk,
}

#[derive(Debug, Args)]
struct PullArgs {
    /// Write it to this file instead of standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "json")]
    output: Option<PathBuf>,

    #[command(flatten)]
    desk: Desk,
}

/// Pushes or pulls.
pub(crate) async fn flags(arguments: FlagsArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    match arguments.command {
        Command::Push(arguments) => push(arguments, printer).await,
        Command::Pull(arguments) => pull(arguments, printer).await,
    }
}

async fn push(arguments: PushArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let text = read(&arguments.file, "flag file")?;
    let rollout = arguments.desk.open().await?;
    let entry = rollout.push(text, &arguments.signature.wish(json!({}), false)).await?;
    if arguments.desk.json {
        printer.json(&json!({ "version": entry.to_state, "entry": entry }))?;
    } else {
        let version = entry.to_state.as_deref().unwrap_or_default();
        printer.note(&format!("flags `{version}` are published (audit {})", entry.seq));
    }
    Ok(ExitStatus::Success)
}

async fn pull(arguments: PullArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let text = arguments.desk.open().await?.text().await?;
    let version = ::flags::version_of(&text);
    if arguments.desk.json {
        printer.json(&json!({ "version": version, "text": text }))?;
        return Ok(ExitStatus::Success);
    }
    match &arguments.output {
        None => printer.data(&text)?,
        Some(file) => std::fs::write(file, &text).or_hint(
            || format!("{} cannot be written", file.display()),
            || "check the folder and its permissions".to_owned(),
        )?,
    }
    printer.note(&format!("version {version}"));
    Ok(ExitStatus::Success)
}
