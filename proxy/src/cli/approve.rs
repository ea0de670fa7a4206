//! `ficus approve`, `decline` and `approvals`: the second person.

use clap::Args;
use proxy::report::moment;
use proxy::rollout::ApprovalRequest;
use serde_json::json;

use super::audit::entered;
use super::exit::ExitStatus;
use super::printer::Printer;
use super::promote::{Desk, Signature, say};
use super::table::Table;

/// Which request, who and why.
#[derive(Debug, Args)]
#[command(
    after_long_help = "`ficus promote` says the number; `ficus approvals` lists what waits. Whoever asked cannot agree, but may take the \
    request back with `ficus decline`. When somebody agrees, the gate is asked again.\n\nExit codes: 0 done; 2 it could not be \
    done: it is another person's, decided already, expired, about a state that has changed, or the gate says no."
)]
pub(crate) struct ApproveArgs {
    /// The number of the request
    #[arg(value_name = "ID")]
    id: i64,

    #[command(flatten)]
    signature: Signature,

    #[command(flatten)]
    desk: Desk,
}

/// What to list.
#[derive(Debug, Args)]
pub(crate) struct ApprovalsArgs {
    /// Those that were decided as well
    #[arg(long)]
    all: bool,

    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    most: i64,

    #[command(flatten)]
    desk: Desk,
}

/// Agrees, and takes the step.
pub(crate) async fn approve(arguments: ApproveArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let wish = arguments.signature.wish(json!({}), false);
    say(
        &rollout.approve(arguments.id, &wish).await?,
        arguments.desk.json,
        printer,
    )?;
    Ok(ExitStatus::Success)
}

/// Refuses.
pub(crate) async fn decline(arguments: ApproveArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let wish = arguments.signature.wish(json!({}), true);
    let entry = rollout.decline(arguments.id, &wish).await?;
    entered(&entry, "declined; nothing was moved", arguments.desk.json, printer)
}

/// Lists.
pub(crate) async fn approvals(arguments: ApprovalsArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let mut requests = rollout.approval_requests(arguments.most).await?;
    requests.retain(|request| arguments.all || request.status == ApprovalRequest::WAITING);
    if arguments.desk.json {
        printer.json(&json!({ "requests": requests }))?;
        return Ok(ExitStatus::Success);
    }
    let mut table = Table::new(&["ID", "STATUS", "TARGET", "FROM", "TO", "ASKED BY", "UNTIL", "WHY"]);
    for request in requests {
        table.row(vec![
            request.id.to_string(),
            request.status,
            request.target,
            request.from_state,
            request.to_state,
            request.requested_by,
            moment(request.expires_at),
            request.reason,
        ]);
    }
    printer.data(&table.render(printer.paint()))?;
    Ok(ExitStatus::Success)
}
