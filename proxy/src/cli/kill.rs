//! `ficus kill` and `ficus revive`: the kill switch, by the file that every Ficus with these flags watches.
//!
//! Nothing is asked of a running process and nothing of the flag file is needed: it may be broken or gone.

use std::path::Path;

use clap::Args;
use flags::KillSet;
use proxy::kill_file;
use serde_json::json;

use super::exit::ExitStatus;
use super::failure::{Hinted, OrHint as _};
use super::native;
use super::printer::Printer;
use super::settings::Files;

/// What to kill.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Writes the kill file beside the flag file; every Ficus with these flags follows within a moment, also \
    while the flag file is broken. Names add up until they are revived.\n\nA retired route is killed by its own name only: \
    legacy is expected to be without it.\n\nExamples:\n  ficus kill\n  ficus kill auth 'GET /api/crm/tickets'"
)]
pub(crate) struct KillArgs {
    /// Routes (`GET /api/x`) and groups; none means everything
    #[arg(value_name = "ROUTE|GROUP", value_parser = name)]
    names: Vec<String>,

    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What to revive.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Takes names out of the kill file, or the file away. A kill by a signal is taken back by HUP.\n\nExit \
    codes: 0 revived; 1 what was named is not killed; 2 it could not be done."
)]
pub(crate) struct ReviveArgs {
    /// Routes and groups, `*` for a kill of everything; none means all that was killed
    #[arg(value_name = "ROUTE|GROUP", value_parser = name)]
    names: Vec<String>,

    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Adds to the kill file.
pub(crate) fn kill(arguments: &KillArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let path = kill_file::path_beside(arguments.files.source()?.local_file());
    let mut set = kill_file::read(&path);
    for name in &arguments.names {
        set.add(name);
    }
    if arguments.names.is_empty() {
        set.everything = true;
    }
    write(&path, &set)?;
    for name in unknown(&arguments.files, &set) {
        printer.warning(&format!("no route and no group of the flag file is called `{name}`"));
    }
    report(&path, &set, arguments.json, printer)?;
    Ok(ExitStatus::Success)
}

/// Takes from the kill file.
pub(crate) fn revive(arguments: &ReviveArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let path = kill_file::path_beside(arguments.files.source()?.local_file());
    let mut set = kill_file::read(&path);
    let missing: Vec<&String> = if arguments.names.is_empty() {
        set = KillSet::default();
        Vec::new()
    } else {
        arguments.names.iter().filter(|name| !set.remove(name)).collect()
    };
    write(&path, &set)?;
    for name in &missing {
        printer.warning(&format!("`{name}` is not killed by itself"));
    }
    report(&path, &set, arguments.json, printer)?;
    Ok(if missing.is_empty() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

fn write(path: &Path, set: &KillSet) -> anyhow::Result<()> {
    kill_file::write(path, set).or_hint(
        || format!("{} cannot be written", path.display()),
        || "send USR1 to the process: that needs no file".to_owned(),
    )
}

/// Names that the flag file does not have; nothing when it cannot be read, because a kill must work then as well.
fn unknown(files: &Files, set: &KillSet) -> Vec<String> {
    let known = || -> anyhow::Result<Vec<String>> {
        let native = native::routes()?;
        let snapshot = files.read_flags()?.snapshot(&native::inventory(&native))?;
        Ok(set.unknown(snapshot.plans()))
    };
    known().unwrap_or_default()
}

fn report(path: &Path, set: &KillSet, as_json: bool, printer: Printer) -> anyhow::Result<()> {
    if as_json {
        return printer.json(&json!({ "file": path.display().to_string(), "killed": set }));
    }
    printer.data(&set.to_text())?;
    printer.note(&if set.is_empty() {
        "nothing is killed; the flags hold".to_owned()
    } else if set.everything {
        format!("everything goes to legacy while {} is there", path.display())
    } else {
        format!("these go to legacy while they stand in {}", path.display())
    });
    Ok(())
}

/// A name that a kill file can hold. Anything else would kill everything, which nobody means who names something.
fn name(text: &str) -> anyhow::Result<String> {
    let mut set = KillSet::default();
    set.add(text);
    if set.everything && text != KillSet::EVERYTHING {
        return Err(Hinted::error(
            format!("`{text}` is no route and no group"),
            "a route is written in one argument, such as 'GET /api/crm/tickets'",
        ));
    }
    Ok(text.to_owned())
}
