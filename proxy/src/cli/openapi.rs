//! `ficus openapi`: the OpenAPI document of the native endpoints, types made from it, or where a copy of either has drifted.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use proxy::openapi::{difference, typescript};
use proxy::report::safe;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::failure::OrHint as _;
use super::native;
use super::printer::Printer;

/// What `ficus openapi` prints or compares.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Exit codes: 0 printed, or the file is the same; 1 the file differs, one place a line; 2 the file cannot be read."
)]
pub(crate) struct OpenapiArgs {
    /// The notation to print
    #[arg(long, value_enum, default_value_t = Notation::Json, conflicts_with = "typescript")]
    format: Notation,

    /// Print TypeScript types instead
    #[arg(long)]
    typescript: bool,

    /// The document of the admin API instead
    #[arg(long, conflicts_with = "typescript")]
    admin: bool,

    /// Compare this file (JSON, YAML, or TypeScript with --typescript) with what would be printed, and print the differences
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,

    /// With --check: print the differences as one JSON document
    #[arg(long, requires = "check", conflicts_with = "typescript")]
    json: bool,
}

/// How the document is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Notation {
    Json,
    Yaml,
}

/// Prints or compares.
pub(crate) fn openapi(arguments: &OpenapiArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let document = if arguments.admin {
        proxy::admin::document()
    } else {
        native::openapi()?
    };
    match &arguments.check {
        Some(path) if arguments.typescript => check_text(path, &typescript::types(&document), printer),
        Some(path) => check_document(path, &document, arguments.json, printer),
        None if arguments.typescript => {
            printer.data(&typescript::types(&document))?;
            Ok(ExitStatus::Success)
        }
        None => {
            match arguments.format {
                Notation::Json => printer.json(&document)?,
                Notation::Yaml => printer.data(&serde_yaml::to_string(&document)?)?,
            }
            Ok(ExitStatus::Success)
        }
    }
}

fn check_document(path: &Path, document: &Value, as_json: bool, printer: Printer) -> anyhow::Result<ExitStatus> {
    let text = text_of(path)?;
    // JSON is YAML as well, and its own parser gives the better message.
    let committed: Value = if path.extension().is_some_and(|extension| extension == "json") {
        serde_json::from_str(&text).or_hint(
            || format!("{} is no JSON document", path.display()),
            || remedy(path, ""),
        )?
    } else {
        serde_yaml::from_str(&text).or_hint(
            || format!("{} is no YAML document", path.display()),
            || remedy(path, " --format yaml"),
        )?
    };
    let found = difference::between(&committed, document);
    if as_json {
        let list: Vec<Value> = found
            .iter()
            .map(|one| json!({ "place": one.place, "before": one.before, "after": one.after }))
            .collect();
        printer.json(&json!({ "ok": found.is_empty(), "differences": list }))?;
    } else {
        let lines: String = found
            .iter()
            .map(|one| format!("{}\n", safe(&one.to_string())))
            .collect();
        printer.data(&lines)?;
    }
    Ok(verdict(path, found.len(), "", printer))
}

/// Types are compared line by line, each side's lines being few.
fn check_text(path: &Path, wanted: &str, printer: Printer) -> anyhow::Result<ExitStatus> {
    let committed = text_of(path)?;
    let (old, new): (Vec<&str>, Vec<&str>) = (committed.lines().collect(), wanted.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[same..], &new[same..]);
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(old, new)| old == new)
        .count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let lines = old
        .iter()
        .map(|line| ('-', line))
        .chain(new.iter().map(|line| ('+', line)));
    let shown: String = lines.map(|(mark, line)| format!("{mark} {}\n", safe(line))).collect();
    if !shown.is_empty() {
        printer.data(&format!("from line {}:\n{shown}", same + 1))?;
    }
    Ok(verdict(path, old.len().max(new.len()), " --typescript", printer))
}

fn verdict(path: &Path, differences: usize, options: &str, printer: Printer) -> ExitStatus {
    if differences == 0 {
        printer.note(&format!("{}: no differences", path.display()));
        return ExitStatus::Success;
    }
    let plural = if differences == 1 { "" } else { "s" };
    printer.note(&format!(
        "{}: {differences} difference{plural}; {}",
        path.display(),
        remedy(path, options)
    ));
    ExitStatus::Failure
}

fn remedy(path: &Path, options: &str) -> String {
    format!("make it again with: ficus openapi{options} > {}", path.display())
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).or_hint(
        || format!("cannot read {}", path.display()),
        || "check the path; without --check the document is printed".to_owned(),
    )
}
