//! `ficus decommission`: whether retired routes can be deleted from the legacy tree, and the patch that does it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use proxy::decommission::{self, Traffic};
use proxy::inventory::stages;
use proxy::report::safe;

use super::exit::ExitStatus;
use super::failure::OrHint;
use super::printer::Printer;

/// What `ficus decommission` looks at.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Standard output is the patch, for `git apply` in DIR; the conditions go to standard error.\n\
    Exit codes: 0 everything holds; 1 something does not, and no patch is printed; 2 a file cannot be read."
)]
pub(crate) struct DecommissionArgs {
    /// `METHOD /pattern`, or the name of a group of the flag file
    #[arg(value_name = "ROUTE|GROUP")]
    what: String,

    /// The Next.js tree
    #[arg(long, value_name = "DIR")]
    tree: PathBuf,

    /// The flag file
    #[arg(long, value_name = "FLAGS", default_value = "flags.yaml")]
    flags: PathBuf,

    /// The rules of the inventory
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// For how many days legacy must not have answered
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    quiet_for: u32,

    /// For how many days legacy has not answered, from its access log
    #[arg(long, value_name = "DAYS")]
    quiet_days: Option<u32>,

    /// Print the plan as one JSON document
    #[arg(long)]
    json: bool,
}

/// What the user says about traffic.
struct Said(Option<u32>);

impl Traffic for Said {
    fn quiet_days(&self, _: &str) -> Option<u32> {
        self.0
    }
}

/// Plans, prints the conditions, and the patch when all of them hold.
pub(crate) fn decommission(arguments: &DecommissionArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let path = &arguments.flags;
    let text = std::fs::read_to_string(path).or_hint(
        || format!("cannot read {}", path.display()),
        || "name it with --flags".to_owned(),
    )?;
    let mut wanted: BTreeMap<String, String> = stages(&text, &arguments.what);
    if wanted.is_empty() {
        wanted.insert(arguments.what.clone(), "legacy".to_owned());
    }
    let rules = super::inventory::rules(arguments.rules.as_deref())?;
    let plan = decommission::plan(
        &arguments.tree,
        &rules,
        &wanted,
        &Said(arguments.quiet_days),
        arguments.quiet_for,
    )?;
    for check in &plan.checks {
        let mark = if check.holds { "yes" } else { "NO " };
        printer.note(&safe(&format!("{mark} {} ({})", check.what, check.detail)));
    }
    for (what, list) in [("delete", &plan.files), ("no longer read", &plan.environment)] {
        list.iter()
            .for_each(|item| printer.note(&safe(&format!("{what}: {item}"))));
    }
    plan.exports
        .iter()
        .for_each(|export| printer.note(&safe(&format!("take out by hand: {export}"))));
    if arguments.json {
        printer.json(&serde_json::to_value(&plan)?)?;
    } else if plan.ready() {
        printer.data(&plan.patch)?;
    }
    Ok(if plan.ready() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}
