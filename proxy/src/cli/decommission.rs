//! `ficus decommission`: whether retired routes can be deleted from the legacy tree, and the patch that does it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use proxy::decommission::{self, Ask, Plan, Said, Seen, Traffic};
use proxy::inventory::stages;
use proxy::report::safe;
use proxy::shadow::now_ms;
use proxy::store::Store;

use super::exit::ExitStatus;
use super::failure::{Hinted, OrHint};
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

    /// For how many days legacy has not answered, by its access log; otherwise the store is asked
    #[arg(long, value_name = "DAYS", conflicts_with = "store")]
    quiet_days: Option<u32>,

    /// Ficus's own store, sqlite: or postgres: [default: ficus.db beside the flag file, if there is one]
    #[arg(long, value_name = "URL", env = "FICUS_STORE", hide_env_values = true)]
    store: Option<String>,

    /// An origin or host that clients used for legacy before Ficus; nothing in the tree may name it (may be repeated)
    #[arg(long, value_name = "ORIGIN")]
    old_base: Vec<String>,

    /// Print the plan as one JSON document
    #[arg(long)]
    json: bool,
}

/// Plans, prints the conditions, and the patch when all of them hold.
pub(crate) async fn decommission(arguments: &DecommissionArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let path = &arguments.flags;
    let text = std::fs::read_to_string(path).or_hint(
        || format!("cannot read {}", path.display()),
        || "name it with --flags".to_owned(),
    )?;
    let wanted = wanted(&text, arguments)?;
    let rules = super::inventory::rules(arguments.rules.as_deref())?;
    let traffic = traffic(arguments).await?;
    let old_hosts: Vec<String> = arguments.old_base.iter().map(|base| host(base)).collect();
    let plan = decommission::plan(&Ask {
        root: &arguments.tree,
        rules: &rules,
        wanted: &wanted,
        traffic: traffic.as_ref(),
        quiet_for: arguments.quiet_for,
        old_hosts: &old_hosts,
    })?;
    tell(&plan, printer);
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

/// The routes that are meant, with their stages. A route that no flag names is `legacy`, and fails for that.
fn wanted(text: &str, arguments: &DecommissionArgs) -> anyhow::Result<BTreeMap<String, String>> {
    let what = &arguments.what;
    let mut wanted = stages(text, what);
    if wanted.is_empty() {
        if !what.contains(" /") {
            return Err(Hinted::error(
                format!("{} names no route and no group `{what}`", arguments.flags.display()),
                "a route is written as in the flag file: 'GET /api/items/[id]'; `ficus routes` lists them",
            ));
        }
        wanted.insert(what.clone(), "legacy".to_owned());
    }
    Ok(wanted)
}

/// Who knows about legacy's traffic: the user, else the store.
async fn traffic(arguments: &DecommissionArgs) -> anyhow::Result<Box<dyn Traffic>> {
    let beside = || {
        let url = Store::url_beside(&arguments.flags);
        super::evidence::must_exist(&url).is_ok().then_some(url)
    };
    let url = match (&arguments.store, arguments.quiet_days) {
        (Some(url), _) => {
            super::evidence::must_exist(url)?;
            Some(url.clone())
        }
        (None, Some(_)) => None,
        (None, None) => beside(),
    };
    let Some(url) = url else {
        return Ok(Box::new(Said(arguments.quiet_days)));
    };
    let store = super::evidence::open(&url).await?;
    let seen = Seen::load(&store, now_ms()).await;
    store.close().await;
    Ok(Box::new(seen?))
}

/// The host of an origin or of a bare host, in small letters.
fn host(base: &str) -> String {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    host.to_ascii_lowercase()
}

fn tell(plan: &Plan, printer: Printer) {
    let say = |line: &str| printer.note(&safe(line));
    for check in &plan.checks {
        let mark = if check.holds { "yes" } else { "NO " };
        let detail = if check.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", check.detail)
        };
        say(&format!("{mark} {}{detail}", check.what));
    }
    plan.files.iter().for_each(|file| say(&format!("delete: {file}")));
    for (file, names) in &plan.exports {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        say(&format!("cut out of {file}: {}", names.join(", ")));
    }
    plan.by_hand.iter().for_each(|line| say(&format!("by hand: {line}")));
    plan.environment
        .iter()
        .for_each(|name| say(&format!("no longer read: {name}")));
}
