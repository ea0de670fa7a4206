//! `ficus schedule`: the schedules of the flags, how far each has come, and what to do about one.

use clap::{Args, Subcommand};
use proxy::report::moment;
use proxy::rollout::{ScheduleRow, ScheduleView};
use serde_json::json;

use super::audit::entered;
use super::exit::ExitStatus;
use super::printer::Printer;
use super::promote::{Desk, Signature};
use super::table::Table;

/// What to do.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Schedules stand in the flag file (docs/flags.md); this lists them and says what each waits for or why it ended.\n\n\
    Examples:\n  ficus schedule\n  ficus schedule cancel otp --reason 'after the holidays'\n\n\
    Exit codes: 0 done; 2 it could not be done, such as for a route without a schedule."
)]
pub(crate) struct ScheduleArgs {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    desk: Desk,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// End one where it is
    Cancel(OneArgs),
    /// Begin one anew from where its route is
    Restart(OneArgs),
}

#[derive(Debug, Args)]
struct OneArgs {
    /// A route (`GET /api/x`) or a group
    #[arg(value_name = "ROUTE|GROUP")]
    target: String,

    #[command(flatten)]
    signature: Signature,

    #[command(flatten)]
    desk: Desk,
}

/// Does what is asked for.
pub(crate) async fn schedule(arguments: ScheduleArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    match arguments.action {
        Some(Action::Cancel(one)) => {
            let (rollout, wish) = (one.desk.open().await?, one.signature.wish(json!({}), true));
            let entry = rollout.cancel_schedule(&one.target, &wish).await?;
            entered(&entry, "cancelled; the route stays where it is", one.desk.json, printer)
        }
        Some(Action::Restart(one)) => {
            let (rollout, wish) = (one.desk.open().await?, one.signature.wish(json!({}), false));
            let entry = rollout.restart_schedule(&one.target, &wish).await?;
            entered(&entry, "begun anew", one.desk.json, printer)
        }
        None => {
            let views = arguments.desk.open().await?.schedules().await?;
            if arguments.desk.json {
                printer.json(&json!({ "schedules": views }))?;
            } else {
                let mut table = Table::new(&["TARGET", "STATE", "STATUS", "STEP", "NEXT", "NOTE"]);
                views.iter().for_each(|view| table.row(cells(view)));
                printer.data(&table.render(printer.paint()))?;
            }
            Ok(ExitStatus::Success)
        }
    }
}

fn cells(view: &ScheduleView) -> Vec<String> {
    let seen = view.progress.as_ref();
    let taken = seen.map_or(0, |row| usize::try_from(row.next_step).unwrap_or_default());
    let next = view
        .steps
        .get(taken)
        .filter(|_| seen.is_none_or(|row| row.status == ScheduleRow::RUNNING));
    let next = next.map_or_else(
        || "-".to_owned(),
        |step| {
            let when = match step.when {
                flags::StepTime::At(at) => moment(at),
                pause @ flags::StepTime::After(_) => pause.to_string(),
            };
            let share = step.share.map_or_else(String::new, |share| format!(" {share}"));
            format!("{}{share}, {when}", step.stage)
        },
    );
    vec![
        view.target.clone(),
        view.state.to_string(),
        seen.map_or("not seen yet", |row| row.status.as_str()).to_owned(),
        format!("{taken} of {}", view.steps.len()),
        next,
        seen.map_or_else(String::new, |row| row.note.clone()),
    ]
}
