//! The options that every subcommand has.

use clap::{Args, ValueEnum};

/// Options that may stand before or after the subcommand.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// What to log: a level (error, warn, info, debug, trace) or a filter such as `warn,proxy=debug` [default: info]
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "FICUS_LOG",
        help_heading = "Global options"
    )]
    pub(crate) log: Option<String>,

    /// How log lines look; they always go to standard error
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "FICUS_LOG_FORMAT",
        default_value = "text",
        help_heading = "Global options"
    )]
    pub(crate) log_format: LogFormat,

    /// When to use colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub(crate) color: ColourChoice,

    /// Say nothing but data, errors and log lines
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

/// The two shapes of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object an event, for a log collector.
    Json,
}

/// When escape codes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColourChoice {
    /// On a terminal, unless the environment says no.
    Auto,
    /// Even into a pipe.
    Always,
    /// Not at all.
    Never,
}
