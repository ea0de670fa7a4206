//! `ficus replay`: a recording of legacy against the native handlers, without legacy.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use proxy::provision::Progress;
use proxy::replay::{Plan, render_html, render_json, render_junit, render_text, replay as play};

use super::exit::ExitStatus;
use super::printer::Printer;

/// What to replay.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example: ficus replay crm.har --schema schema.sql --seed seed.sql --only 'tickets.*'\n\n\
    Exit codes: 0 every area reached --min-match; 1 one did not; 2 it could not be played."
)]
pub(crate) struct ReplayArgs {
    /// Recordings (HAR 1.2 with the fields of docs/parity.md)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The recorded schema
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,

    /// The rows that the recording began with
    #[arg(long, value_name = "FILE")]
    seed: PathBuf,

    /// Deviations on purpose
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,

    /// Only entries of this area
    #[arg(long)]
    area: Option<String>,

    /// Only entries whose id, or method and URL, match; * stands for anything
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,

    /// The share of each area that must match
    #[arg(long, value_name = "PERCENT", default_value = "100%", value_parser = share)]
    min_match: usize,

    /// How the result is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// With the compatibility switches on that the deviations name
    #[arg(long)]
    compat: bool,

    /// The secret that signed the recorded tokens, as the notes of the recording name it; without it they count as invalid
    #[arg(long, value_name = "TEXT", env = "NEST_AUTH_SECRET", hide_env_values = true)]
    secret: Option<String>,

    /// A server on which databases may be created [default: a throw-away one]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
    Html,
}

/// Plays and prints.
pub(crate) async fn replay(arguments: ReplayArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let plan = Plan {
        files: arguments.files,
        schema: arguments.schema,
        seed: arguments.seed,
        deviations: arguments.deviations,
        area: arguments.area,
        only: arguments.only,
        compat: arguments.compat,
        secret: arguments.secret,
        database_url: arguments.database_url,
    };
    let replay = play(&plan, &Progress::new(move |line| printer.note(line))).await?;
    match arguments.format {
        Format::Text => printer.data(&render_text(&replay))?,
        Format::Json => printer.json(&render_json(&replay))?,
        Format::Junit => printer.data(&render_junit(&replay))?,
        Format::Html => printer.data(&render_html(&replay))?,
    }
    Ok(if replay.reaches(arguments.min_match) {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// `99%` or `99.5` as hundredths of a percent.
fn share(text: &str) -> Result<usize, String> {
    let refused = || format!("`{text}` is not a percentage such as 99%");
    let number = text.trim_end_matches('%');
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let whole: usize = whole.parse().map_err(|_| refused())?;
    let part: usize = match part.len() {
        1 | 2 => format!("{part:0<2}").parse().map_err(|_| refused())?,
        _ => return Err(refused()),
    };
    let share = whole.saturating_mul(100).saturating_add(part);
    if share <= 10_000 { Ok(share) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_a_percentage() {
        assert_eq!(share("99%"), Ok(9_900));
        assert_eq!(share("99.5"), Ok(9_950));
        for text in ["", "%", "101%", "-1", "9.999", "9.x"] {
            assert!(share(text).is_err(), "{text:?}");
        }
    }
}
