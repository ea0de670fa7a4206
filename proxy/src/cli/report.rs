//! `ficus report`: what the comparisons found, from the store alone; the proxy may be running or not.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use proxy::report::{Filter, Places, Report, render_json, render_text};
use proxy::shadow::now_ms;
use proxy::store::Store;

use super::exit::ExitStatus;
use super::failure::{Hinted, OrHint};
use super::native;
use super::printer::Printer;
use super::settings::{Files, without_password};

/// Which part of the evidence to show.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example: ficus report --route tickets --since 24h\n\nStages, groups and phases come from the flag file; \
    everything else from the store: ficus.db beside the flag file, unless --store or `store.url` says otherwise.\n\n\
    Exit codes: 0 the report was printed; 2 there is no store, or it cannot be read."
)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    files: Files,

    /// Ficus's own store, sqlite: or postgres: [default: `store.url`, or ficus.db beside the flag file]
    #[arg(long, value_name = "URL", env = "FICUS_STORE", hide_env_values = true)]
    store: Option<String>,

    /// Only routes that contain this text
    #[arg(long, value_name = "TEXT")]
    route: Option<String>,

    /// Only routes of this phase of the migration plan
    #[arg(long, value_name = "NUMBER")]
    phase: Option<u8>,

    /// Only what was seen in this time: 30m, 24h, 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Loads the report and prints it.
pub(crate) async fn report(arguments: ReportArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let places = places(&arguments.files, printer)?;
    let url = match arguments.store {
        Some(url) => url,
        None => arguments.files.places()?.store.ok_or_else(no_store)?,
    };
    must_exist(&url)?;
    let filter = Filter {
        since_ms: arguments.since.map(|past| since(now_ms(), past)),
        route: arguments.route,
        phase: arguments.phase,
        ..Filter::default()
    };
    let store = open(&url).await?;
    let report = Report::load(&store, &filter, &places).await;
    store.close().await;
    let report = report?;
    if arguments.json {
        printer.data(&format!("{}\n", render_json(&report)?.trim_end()))?;
    } else {
        printer.data(&render_text(&report))?;
    }
    Ok(ExitStatus::Success)
}

/// The evidence can be read without the flags; then it lacks stages and phases, and says so.
fn places(files: &Files, printer: Printer) -> anyhow::Result<Places> {
    let native = native::routes()?;
    match files.read_flags()?.snapshot(&native::inventory(&native)) {
        Ok(snapshot) => Ok(Places::of(&snapshot)),
        Err(error) => {
            printer.warning(&format!("the report has no stages and no phases: {error}"));
            Ok(Places::default())
        }
    }
}

async fn open(url: &str) -> anyhow::Result<Store> {
    Store::open(url).await.or_hint(
        || format!("the store {} cannot be opened", without_password(url)),
        || "check the address and the permissions, or name another place with --store".to_owned(),
    )
}

/// Opening would make an empty file, and an empty report is a wrong answer to a wrong path.
fn must_exist(url: &str) -> anyhow::Result<()> {
    let Some(path) = url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//")) else {
        return Ok(());
    };
    let path = path.split('?').next().unwrap_or_default();
    if path == ":memory:" || !Path::new(path).is_file() {
        return Err(Hinted::error(
            format!("there is no store at {path}"),
            "`ficus run --flags …` makes one beside the flag file as soon as something is shadowed; --store names another",
        ));
    }
    Ok(())
}

fn no_store() -> anyhow::Error {
    Hinted::error(
        "there is no flag file here, so there is no store beside it",
        "name the store with --store, or the flag file with --flags",
    )
}

/// The moment that lies so far before `now_ms`, both in milliseconds since 1970.
fn since(now_ms: i64, past: Duration) -> i64 {
    let past = i64::try_from(past.as_millis()).unwrap_or(i64::MAX);
    now_ms.saturating_sub(past).max(0)
}

/// A whole number and a unit.
fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is not a duration such as 30m, 24h or 7d");
    let split = text
        .find(|character: char| !character.is_ascii_digit())
        .ok_or_else(refused)?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(refused()),
    };
    let number: u64 = number.parse().map_err(|_| refused())?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, since};

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        for text in ["", "24", "h", "-1h", "1.5h", "1w", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn more_time_than_there_was_is_all_of_it() {
        assert_eq!(since(10_000, Duration::from_secs(4)), 6_000);
        assert_eq!(since(10_000, Duration::MAX), 0);
    }
}
