//! `ficus record`: what legacy answers to live traffic, as a recording for `ficus replay`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use flags::Share;
use proxy::config::Span;
use proxy::record::{RecordError, RecordPlan, record as take};

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::printer::Printer;
use super::signals::Signals;

/// What to record.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example: ficus record --out crm.har --admin 127.0.0.1:9090 --route '*/api/crm/*' --sample 10%\n\n\
    Secrets and people are masked before an entry leaves the proxy. What legacy did to the database is not in it. INT ends the \
    recording; the file is whole then.\n\n\
    Exit codes: 0 there is a recording; 1 nothing came by; 2 it could not be recorded."
)]
pub(crate) struct RecordArgs {
    /// The recording; it is written beside this place first
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// The admin listener of the running proxy
    #[arg(long, value_name = "ADDRESS", env = "FICUS_ADMIN")]
    admin: SocketAddr,

    /// Only what fits: the route of a flag, or method and path; * stands for anything
    #[arg(long, value_name = "GLOB")]
    route: Option<String>,

    /// The share that is recorded
    #[arg(long, value_name = "PERCENT", default_value = "100%")]
    sample: Share,

    /// The most entries
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    entries: u64,

    /// The largest file, in MiB
    #[arg(long, value_name = "MIB", default_value = "64")]
    size: u64,

    /// The longest time: 30s, 10m, 1h
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    time: Duration,
}

/// Records and says how much.
pub(crate) async fn record(arguments: RecordArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let mut signals = Signals::listen()?;
    let plan = RecordPlan {
        admin: format!("http://{}", arguments.admin),
        route: arguments.route,
        sample: arguments.sample.to_string(),
        entries: arguments.entries,
        bytes: arguments.size.saturating_mul(1 << 20),
        time: arguments.time,
        out: arguments.out,
    };
    printer.note(&format!("recording from {}", plan.admin));
    let stop = async {
        signals.asked_to_stop().await;
    };
    let recorded = take(&plan, stop).await.map_err(explained)?;
    printer.note(&format!(
        "{} entries, {} bytes in {}; {} dropped, {} not whole",
        recorded.entries,
        recorded.bytes,
        plan.out.display(),
        recorded.dropped,
        recorded.skipped
    ));
    Ok(if recorded.entries == 0 {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    })
}

fn explained(error: RecordError) -> anyhow::Error {
    let hint = match &error {
        RecordError::Proxy { .. } => "`ficus run` prints the address of its status page; --admin there chooses it",
        RecordError::Refused(_) => "one recording at a time; the proxy must be as new as this command",
        RecordError::Malformed(_) => "is that the admin listener of a Ficus?",
        RecordError::File { .. } => "check the folder and its permissions",
    };
    anyhow::Error::from(error).context(Hinted::new("nothing was recorded", hint))
}

fn duration(text: &str) -> Result<Duration, String> {
    text.parse::<Span>().map(|span| span.0)
}
