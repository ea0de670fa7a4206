//! `ficus inventory`: reads a Next.js tree; writes the first flag file and the tracker, or says where they have drifted.

mod phase_docs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use flags::RouteKey;
use proxy::inventory::tracker::{Evidence, Known, Row};
use proxy::inventory::{self, Inventory, Rules, check, flag_file, graph, tracker};
use proxy::report::safe;
use serde_json::json;

use super::exit::ExitStatus;
use super::failure::OrHint;
use super::native;
use super::printer::Printer;

/// What `ficus inventory` reads and writes.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Exit codes: 0 done, no drift; 1 drift, one a line as `FILE:LINE: ROUTE …`; 2 the tree or a file cannot be read."
)]
pub(crate) struct InventoryArgs {
    /// The Next.js app, or a folder with several
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Compare the tree with this flag file and with the native handlers, and change nothing
    #[arg(long, value_name = "FLAGS", conflicts_with_all = ["update", "out"])]
    check: Option<PathBuf>,

    /// Add new routes to this flag file and take vanished `legacy` ones out; the rest stays as it is
    #[arg(long, value_name = "FLAGS", conflicts_with = "out")]
    update: Option<PathBuf>,

    /// Write flags.yaml (unless there is one), tracker.md, tracker.csv, tracker.json, inventory.json, modules.dot and
    /// modules.svg here
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// The flag file that the tracker and the phase pages take stages from [default: flags.yaml of --out]
    #[arg(long, value_name = "FLAGS", conflicts_with_all = ["check", "update"])]
    flags: Option<PathBuf>,

    /// Ficus's own store, sqlite: or postgres:, for the tracker's column `readiness`
    #[arg(long, value_name = "URL", env = "FICUS_STORE", hide_env_values = true)]
    store: Option<String>,

    /// Make the tables in README.md and 0.md to 9.md of this folder new; the text around them stays
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["check", "update", "out"])]
    phase_docs: Option<PathBuf>,

    /// Areas, phases, owners, and what counts as database, mail, payment …
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Reads the tree and does what the arguments ask for.
pub(crate) async fn inventory(arguments: &InventoryArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rules = rules(arguments.rules.as_deref())?;
    let inventory = inventory::read(&arguments.directory, &rules)?;
    if let Some(folder) = &arguments.phase_docs {
        let flags_text = arguments.flags.as_deref().map(text_of).transpose()?.unwrap_or_default();
        return phase_docs::write(folder, &inventory, &rules, &flags_text, printer);
    }
    let native: BTreeSet<RouteKey> = native::routes()?.into_iter().map(|route| route.key).collect();
    if let Some(path) = &arguments.check {
        return drift(path, &inventory, &native, arguments.json, printer);
    }
    if let Some(path) = &arguments.update {
        let before = text_of(path)?;
        let after = flag_file::update(&before, &inventory);
        if before == after {
            printer.note(&format!("{}: nothing to change", path.display()));
        } else {
            replace(path, &after)?;
            printer.note(&format!("{}: brought up to date", path.display()));
        }
        return Ok(ExitStatus::Success);
    }
    let evidence = evidence(arguments.store.as_deref()).await?;
    let flags_text = flags_text(arguments, &inventory, printer)?;
    let known = Known {
        flags_text: &flags_text,
        native: &native,
        evidence: evidence.as_ref(),
    };
    let rows = tracker::rows(&inventory, &rules, known);
    if let Some(folder) = &arguments.out {
        write_all(folder, &inventory, &rows)?;
    }
    if arguments.json {
        printer.json(&serde_json::to_value(&inventory)?)?;
    } else {
        printer.data(&printable_lines(&tracker::summary(&rows)))?;
    }
    let undecided = inventory.notes.len();
    for note in &inventory.notes {
        printer.note(&safe(&format!("{}: {}", note.place, note.message)));
    }
    printer.note(&format!(
        "{} files, {} apps, {undecided} things not decided",
        inventory.files,
        inventory.apps.len()
    ));
    Ok(ExitStatus::Success)
}

fn drift(
    path: &Path,
    inventory: &Inventory,
    native: &BTreeSet<RouteKey>,
    as_json: bool,
    printer: Printer,
) -> anyhow::Result<ExitStatus> {
    let drifts = check::check(&text_of(path)?, inventory, native);
    if as_json {
        let list: Vec<_> = drifts
            .iter()
            .map(|drift| json!({ "line": drift.line, "route": drift.route, "problem": drift.to_string() }))
            .collect();
        printer.json(&json!({ "ok": drifts.is_empty(), "drift": list }))?;
    } else {
        let lines: String = drifts
            .iter()
            .map(|drift| {
                format!(
                    "{}:{}{drift}\n",
                    path.display(),
                    if drift.line.is_some() { "" } else { " " }
                )
            })
            .collect();
        printer.data(&printable_lines(&lines))?;
    }
    printer.note(&format!("{}: {} differences", path.display(), drifts.len()));
    Ok(if drifts.is_empty() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// What comparisons found; `None` without a store.
async fn evidence(url: Option<&str>) -> anyhow::Result<Option<BTreeMap<String, Evidence>>> {
    let Some(url) = url else { return Ok(None) };
    super::evidence::must_exist(url)?;
    let store = super::evidence::open(url).await?;
    let evidence = Evidence::load(&store).await;
    store.close().await;
    Ok(Some(evidence?))
}

/// The flag file that is named, or the one of the output folder, which is made when it is not there.
fn flags_text(arguments: &InventoryArgs, inventory: &Inventory, printer: Printer) -> anyhow::Result<String> {
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).or_hint(
            || format!("cannot make {}", folder.display()),
            || "choose another folder with --out".to_owned(),
        )?;
    }
    match (&arguments.flags, &arguments.out) {
        (Some(path), _) => text_of(path),
        (None, None) => Ok(String::new()),
        (None, Some(folder)) => {
            let path = folder.join("flags.yaml");
            if path.exists() {
                printer.note(&format!(
                    "{} exists and stays as it is; --update brings it up to date",
                    path.display()
                ));
                return text_of(&path);
            }
            let text = flag_file::generate(inventory);
            replace(&path, &text)?;
            Ok(text)
        }
    }
}

fn write_all(folder: &Path, inventory: &Inventory, rows: &[Row]) -> anyhow::Result<()> {
    replace(&folder.join("tracker.md"), &tracker::markdown(inventory, rows))?;
    replace(&folder.join("tracker.csv"), &tracker::csv(rows))?;
    replace(&folder.join("tracker.json"), &tracker::json(rows)?)?;
    replace(
        &folder.join("inventory.json"),
        &serde_json::to_string_pretty(inventory)?,
    )?;
    replace(&folder.join("modules.dot"), &graph::dot(inventory, 2))?;
    replace(&folder.join("modules.svg"), &graph::svg(inventory, 2))
}

/// Reads the rules, or takes the defaults.
pub(super) fn rules(path: Option<&Path>) -> anyhow::Result<Rules> {
    match path {
        Some(path) => Ok(Rules::from_yaml(&text_of(path)?)?),
        None => Ok(Rules::default()),
    }
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).or_hint(
        || format!("cannot read {}", path.display()),
        || "check the path".to_owned(),
    )
}

/// Writes beside the file and renames, so that a reader never sees half a file.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let failed = || format!("cannot write {}", path.display());
    std::fs::write(&beside, text).or_hint(failed, || "check the rights of the folder".to_owned())?;
    std::fs::rename(&beside, path).or_hint(failed, || "check the rights of the folder".to_owned())
}

fn printable_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", safe(line))).collect()
}
