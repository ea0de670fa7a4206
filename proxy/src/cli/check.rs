//! `ficus check`: everything that is wrong, at once, without touching network or database.

use clap::Args;
use proxy::report::safe;
use proxy::rollout::expired;
use proxy::shadow::now_ms;
use serde_json::json;

use super::exit::ExitStatus;
use super::native;
use super::printer::Printer;
use super::settings::{Files, Finding};

/// What `ficus check` looks at.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Exit codes: 0 nothing is wrong; 1 problems, one a line as `FILE:LINE:COLUMN: PROBLEM (REMEDY)`; \
    2 a file cannot be read. A route whose `expires` has passed is a warning, not a problem.\n\nFits a pre-commit hook: no network and no database are touched."
)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Compiles what `run` would compile and prints every problem.
pub(crate) fn check(arguments: &CheckArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let read = arguments.files.read_all()?;
    let native = native::routes()?;
    let (snapshot, mut findings) = read.compile(&native::inventory(&native));
    findings.splice(0..0, read.config_problems());
    let forgotten = snapshot.as_ref().map(|snapshot| expired(snapshot, now_ms()));
    let forgotten = forgotten.unwrap_or_default();
    let routes = snapshot.as_ref().map(|snapshot| snapshot.plans().len());
    if arguments.json {
        printer.json(&json!({
            "ok": findings.is_empty(),
            "config": read.config_name(),
            "flags": read.flags_name(),
            "version": snapshot.as_ref().map(flags::Snapshot::version),
            "routes": routes,
            "forgotten": forgotten,
            "problems": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        }))?;
    } else {
        let lines: String = findings
            .iter()
            .map(|finding| format!("{}\n", safe(&finding.to_string())))
            .collect();
        printer.data(&lines)?;
    }
    for one in &forgotten {
        printer.warning(&safe(&format!("{} is at {}, and {}", one.target, one.state, one.why)));
    }
    printer.note(&summary(&findings, &read.names(), routes));
    Ok(if findings.is_empty() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

fn summary(findings: &[Finding], names: &str, routes: Option<usize>) -> String {
    match (findings.len(), routes) {
        (0, Some(1)) => format!("{names}: nothing is wrong; 1 route is flagged"),
        (0, Some(count)) => format!("{names}: nothing is wrong; {count} routes are flagged"),
        (0, None) => format!("{names}: nothing is wrong"),
        (1, _) => format!("{names}: 1 problem"),
        (count, _) => format!("{names}: {count} problems"),
    }
}
