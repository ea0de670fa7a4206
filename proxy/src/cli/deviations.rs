//! `ficus deviations`: the rules of deviations on purpose as a page for people.

use std::path::PathBuf;

use clap::Args;
use proxy::replay::deviations_page;

use super::exit::ExitStatus;
use super::printer::Printer;

/// Which rules.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example: ficus deviations tests/parity/deviations.yaml > docs/deviations.md\n\n\
    Exit codes: 0 the page was printed; 2 the rules cannot be read."
)]
pub(crate) struct DeviationsArgs {
    /// The rules, as `ficus replay --deviations` takes them
    #[arg(value_name = "FILE")]
    rules: PathBuf,
}

/// Prints the page.
pub(crate) fn deviations(arguments: &DeviationsArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    printer.data(&deviations_page(&arguments.rules)?)?;
    Ok(ExitStatus::Success)
}
