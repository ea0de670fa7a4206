//! `ficus freeze` and `thaw`, `ficus history` and `ficus audit`: who may not, what was, and who did it.

use clap::Args;
use proxy::report::moment;
use proxy::rollout::{AuditEntry, Rollout};
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::printer::Printer;
use super::promote::{Desk, Signature};
use super::table::Table;

/// Who and why.
#[derive(Debug, Args)]
pub(crate) struct FreezeArgs {
    #[command(flatten)]
    signature: Signature,

    #[command(flatten)]
    desk: Desk,
}

/// How much to list.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    most: i64,

    /// Print the text of this version
    #[arg(long, value_name = "NUMBER")]
    show: Option<i64>,

    #[command(flatten)]
    desk: Desk,
}

/// What to list.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Every row carries the hash of the one before it. --verify checks them all and prints the last hash: kept elsewhere, \
    it also shows whether rows were cut off the end.\n\nExit codes: 0 listed, or the chain is whole; 1 the chain is broken; 2 the \
    store cannot be read."
)]
pub(crate) struct AuditArgs {
    /// Only this route or group
    #[arg(value_name = "ROUTE|GROUP")]
    target: Option<String>,

    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    most: i64,

    /// Check that no row was changed or taken out
    #[arg(long)]
    verify: bool,

    /// Print one row with the evidence that it rested on, as Markdown
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["target", "verify"])]
    show: Option<i64>,

    #[command(flatten)]
    desk: Desk,
}

/// Stops promotions.
pub(crate) async fn freeze(arguments: FreezeArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let entry = rollout.freeze(&arguments.signature.wish(json!({}), true)).await?;
    entered(
        &entry,
        "frozen; rollbacks, guards and kills still work",
        arguments.desk.json,
        printer,
    )
}

/// Lets them go on.
pub(crate) async fn thaw(arguments: FreezeArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let entry = rollout.thaw(&arguments.signature.wish(json!({}), true)).await?;
    entered(&entry, "thawed", arguments.desk.json, printer)
}

/// Says what was written down.
pub(super) fn entered(entry: &AuditEntry, what: &str, as_json: bool, printer: Printer) -> anyhow::Result<ExitStatus> {
    if as_json {
        printer.json(&json!({ "entry": entry }))?;
    } else {
        printer.note(&format!("{what} (audit {})", entry.seq));
    }
    Ok(ExitStatus::Success)
}

/// Lists flag files.
pub(crate) async fn history(arguments: HistoryArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    if let Some(number) = arguments.show {
        return match rollout.version(number).await? {
            Some(version) => {
                printer.data(&version.yaml)?;
                Ok(ExitStatus::Success)
            }
            None => Err(proxy::rollout::RolloutError::NoVersion(number).into()),
        };
    }
    let versions = rollout.versions(arguments.most).await?;
    if arguments.desk.json {
        printer.json(&json!({ "versions": versions }))?;
        return Ok(ExitStatus::Success);
    }
    let mut table = Table::new(&["VERSION", "HASH", "WHEN", "WHO"]);
    for version in &versions {
        table.row(vec![
            version.version.to_string(),
            version.hash.clone(),
            moment(version.published_at),
            version.author.clone(),
        ]);
    }
    printer.data(&table.render(printer.paint()))?;
    Ok(ExitStatus::Success)
}

/// Lists rows, or checks them.
pub(crate) async fn audit(arguments: AuditArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    if arguments.verify {
        let verified = rollout.verify_audit().await?;
        if arguments.desk.json {
            printer.json(&json!(verified))?;
        } else {
            printer.data(&match &verified.broken {
                None => format!("{} rows, whole; the last hash is {}\n", verified.rows, verified.head),
                Some(broken) => format!("row {}: {}\n", broken.seq, broken.why),
            })?;
        }
        return Ok(match verified.broken {
            None => ExitStatus::Success,
            Some(_) => ExitStatus::Failure,
        });
    }
    if let Some(seq) = arguments.show {
        return show(&rollout, seq, arguments.desk.json, printer).await;
    }
    let rows = rollout.audit(arguments.target.as_deref(), arguments.most).await?;
    if arguments.desk.json {
        let rows: Vec<Value> = rows.iter().map(|row| json!(row)).collect();
        printer.json(&json!({ "entries": rows }))?;
        return Ok(ExitStatus::Success);
    }
    let mut table = Table::new(&["SEQ", "WHEN", "WHO", "WHAT", "TARGET", "FROM", "TO", "WHY"]);
    rows.iter().for_each(|row| table.row(cells(row)));
    printer.data(&table.render(printer.paint()))?;
    Ok(ExitStatus::Success)
}

async fn show(rollout: &Rollout, seq: i64, as_json: bool, printer: Printer) -> anyhow::Result<ExitStatus> {
    let unknown = || Hinted::error(format!("the audit log has no row {seq}"), "`ficus audit` lists them");
    let row = rollout.audit_entry(seq).await?.ok_or_else(unknown)?;
    let evidence: Value = serde_json::from_str(&row.evidence).unwrap_or_default();
    if as_json {
        printer.json(&json!({ "entry": row, "evidence": evidence }))?;
    } else {
        printer.data(&in_markdown(&row, &evidence))?;
    }
    Ok(ExitStatus::Success)
}

fn in_markdown(row: &AuditEntry, evidence: &Value) -> String {
    let names = ["row", "when", "who", "what", "target", "from", "to", "why"];
    let mut text = String::from("| | |\n| --- | --- |\n");
    for (name, cell) in names.into_iter().zip(cells(row)) {
        let cell = cell.replace('|', "\\|").replace('\n', " ");
        text.push_str(&format!("| {name} | {cell} |\n"));
    }
    match evidence["markdown"].as_str() {
        Some(gate) => text.push_str(&format!("\n{gate}")),
        None => text.push_str(&format!("\n```json\n{evidence:#}\n```\n")),
    }
    text
}

fn cells(row: &AuditEntry) -> Vec<String> {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        row.seq.to_string(),
        moment(row.at),
        row.actor.clone(),
        row.action.clone(),
        row.target.clone(),
        or_dash(&row.from_state),
        or_dash(&row.to_state),
        row.reason.clone(),
    ]
}
