//! `ficus report`: what the comparisons found, from the store alone; the proxy may be running or not.

use std::net::IpAddr;

use clap::{Args, ValueEnum};
use flags::Share;
use proxy::report::{
    Filter, Places, Report, render_csv, render_html, render_json, render_junit, render_markdown, render_text,
};
use proxy::shadow::now_ms;
use proxy::store::Store;

use super::evidence::StoreArgs;
use super::exit::ExitStatus;
use super::failure::Hinted;
use super::moment::{Moment, moment};
use super::native;
use super::printer::Printer;
use super::settings::Files;

/// Which part of the evidence to show, and how.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example: ficus report --route tickets --since 24h\n         ficus report --format html > parity.html\n         \
    ficus report --group crm --min-match 99.9%\n\n\
    Stages, groups, phases and the waivers of the flag file come from the flag file; everything else from the store: ficus.db beside \
    the flag file, unless --store or `store.url` says otherwise.\n\n\
    Exit codes: 0 the report was printed; 1 --min-match was not reached, or nothing was compared; 2 there is no store, or it cannot \
    be read."
)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    files: Files,

    #[command(flatten)]
    store: StoreArgs,

    /// Only routes that contain this text
    #[arg(long, value_name = "TEXT")]
    route: Option<String>,

    /// Only routes of this group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,

    /// Only routes of this phase of the migration plan
    #[arg(long, value_name = "NUMBER")]
    phase: Option<u8>,

    /// Only differences that this client brought about: its mark in a report, or its address
    #[arg(long, value_name = "MARK|ADDRESS")]
    client: Option<String>,

    /// Only what was seen since: 30m, 24h, 7d ago, a day, or an instant
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Moment>,

    /// Only what was seen before: 30m, 24h, 7d ago, a day, or an instant
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    /// Judge the stored samples again with the rules of the flag file, and show what would remain
    #[arg(long)]
    rejudge: bool,

    /// The share that every route of the report must match
    #[arg(long, value_name = "PERCENT")]
    min_match: Option<Share>,

    /// How the report is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
    Junit,
    Html,
    Csv,
}

/// Loads the report and prints it.
pub(crate) async fn report(arguments: ReportArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let places = places(&arguments, printer)?;
    let format = if arguments.json { Format::Json } else { arguments.format };
    let (min_match, rejudge) = (arguments.min_match, arguments.rejudge);
    let store = arguments.store.open(&arguments.files).await?;
    let now = now_ms();
    let filter = Filter {
        since_ms: arguments.since.map(|moment| moment.at_ms(now)),
        until_ms: arguments.until.map(|moment| moment.at_ms(now)),
        route: arguments.route,
        group: arguments.group,
        phase: arguments.phase,
        client: arguments.client.map(|client| mark(&store, client)),
        now_ms: Some(now),
    };
    let report = if rejudge {
        Report::rejudge(&store, &filter, &places).await
    } else {
        Report::load(&store, &filter, &places).await
    };
    store.close().await;
    let report = report?;
    printer.data(&rendered(&report, format)?)?;
    Ok(match min_match {
        Some(share) if !report.reaches(share.basis_points().into()) => ExitStatus::Failure,
        _ => ExitStatus::Success,
    })
}

fn rendered(report: &Report, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => render_text(report),
        Format::Json => render_json(report)?,
        Format::Markdown => render_markdown(report),
        Format::Junit => render_junit(report),
        Format::Html => render_html(report),
        Format::Csv => render_csv(report),
    })
}

/// The evidence can be read without the flags; then it lacks stages and phases, and says so. New rules it cannot do without.
fn places(arguments: &ReportArgs, printer: Printer) -> anyhow::Result<Places> {
    let native = native::routes()?;
    match arguments.files.read_flags()?.snapshot(&native::inventory(&native)) {
        Ok(snapshot) => Ok(Places::of(&snapshot)),
        Err(error) if arguments.rejudge => Err(Hinted::error(
            format!("the samples cannot be judged again: {error}"),
            "name a good flag file with --flags; `ficus check` says what is wrong with it",
        )),
        Err(error) => {
            printer.warning(&format!(
                "the report has no stages, no phases and no waivers of the file: {error}"
            ));
            Ok(Places::default())
        }
    }
}

/// A client as the store knows it: an address is never stored.
fn mark(store: &Store, client: String) -> String {
    match client.parse::<IpAddr>() {
        Ok(address) => store.client_marks().of(Some(address)).to_string(),
        Err(_) => client,
    }
}
