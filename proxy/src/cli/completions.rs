//! `ficus completions`: what a shell needs to complete this command line, made from the command line itself.

use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::ExitStatus;
use super::printer::Printer;

/// For which shell.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  ficus completions bash > /etc/bash_completion.d/ficus\n  ficus completions zsh > \
    ~/.zfunc/_ficus\n  ficus completions fish > ~/.config/fish/completions/ficus.fish"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn completions(
    arguments: &CompletionsArgs,
    mut command: Command,
    printer: Printer,
) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "ficus", &mut script);
    printer.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
