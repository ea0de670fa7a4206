//! `ficus gate`, `ficus promote` and `ficus rollback`: forward with evidence, back at any time.

use clap::Args;
use flags::Share;
use proxy::config::FlagSource;
use proxy::report::moment;
use proxy::rollout::{
    Changed, Evidence, FlagFile, FlagPlace, Rollout, RolloutError, State, Step, Verdict, Wish, after,
};
use proxy::shadow::now_ms;
use serde_json::{Value, json};

use super::evidence::StoreArgs;
use super::exit::ExitStatus;
use super::failure::Hinted;
use super::native;
use super::printer::Printer;
use super::settings::{Files, no_store_for_flags};

/// Whose flags and whose store, and how the answer is printed.
#[derive(Debug, Args)]
pub(super) struct Desk {
    #[command(flatten)]
    files: Files,

    #[command(flatten)]
    store: StoreArgs,

    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Who does it, and why; both go into the audit log.
#[derive(Debug, Args)]
pub(super) struct Signature {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Who
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,

    /// Only if the flags are still at this version
    #[arg(long, value_name = "VERSION")]
    expect: Option<String>,
}

/// What to judge.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Exit codes: 0 ready; 1 not ready, or inconclusive because too little was seen; 2 it could not be judged."
)]
pub(crate) struct GateArgs {
    /// A route (`GET /api/x`) or a group
    #[arg(value_name = "ROUTE|GROUP")]
    target: String,

    #[command(flatten)]
    desk: Desk,
}

/// What to move.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The steps: legacy, shadow, canary at 1 %, 5 %, 10 %, 25 % and 50 %, native, retired. Every step after the shadow \
    needs a gate that says ready; --force goes without, and the audit log says so.\n\nExamples:\n  ficus promote 'GET \
    /api/crm/tickets' --reason 'a week without a difference'\n  ficus promote auth --to canary --share 2% --reason 'first users'\n\n\
    Exit codes: 0 moved; 1 the gate says no, or it waits for a second person; 2 it could not be done."
)]
pub(crate) struct PromoteArgs {
    /// A route (`GET /api/x`) or a group
    #[arg(value_name = "ROUTE|GROUP")]
    target: String,

    /// The stage to go to [default: the next step]
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    to: Option<flags::Stage>,

    /// The share of a canary
    #[arg(long, value_name = "SHARE", requires = "to")]
    share: Option<Share>,

    /// Go without evidence
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    signature: Signature,

    #[command(flatten)]
    desk: Desk,
}

/// What to take back.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Without a history of its own a route goes one stage down. A freeze does not stop a rollback.\n\nExamples:\n  ficus \
    rollback 'GET /api/crm/tickets' --reason 'wrong totals'\n  ficus rollback --to-version 12 --reason 'back to Friday'"
)]
pub(crate) struct RollbackArgs {
    /// A route (`GET /api/x`) or a group
    #[arg(value_name = "ROUTE|GROUP", required_unless_present = "to_version")]
    target: Option<String>,

    /// Put this flag file of `ficus history` in force again, whole
    #[arg(long, value_name = "NUMBER", conflicts_with = "target")]
    to_version: Option<i64>,

    #[command(flatten)]
    signature: Signature,

    #[command(flatten)]
    desk: Desk,
}

impl Desk {
    /// The door to these files.
    pub(super) async fn open(&self) -> anyhow::Result<Rollout> {
        let place = match self.files.source()? {
            FlagSource::File(file) => FlagPlace::File(FlagFile::at(file)),
            FlagSource::Postgres(_) if !self.store.is_postgres(&self.files)? => return Err(no_store_for_flags()),
            FlagSource::Postgres(_) => FlagPlace::Store,
        };
        let store = self.store.open_or_make(&self.files).await?;
        let inventory = native::inventory(&native::routes()?);
        Ok(Rollout::new(store, place, inventory, now_ms))
    }
}

impl Signature {
    pub(super) fn wish(&self, evidence: Value, despite_freeze: bool) -> Wish {
        Wish {
            actor: self.by.clone(),
            reason: self.reason.clone(),
            expected: self.expect.clone(),
            evidence,
            despite_freeze,
        }
    }
}

/// Judges and prints.
pub(crate) async fn gate(arguments: GateArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let (target, state) = rollout.find(&arguments.target).await?;
    let Some(next) = after(state) else {
        return Err(Hinted::error(
            format!("{target} is at `{}`, the last stage", state.stage),
            "there is nothing left to judge",
        ));
    };
    let evidence = rollout.evidence(&arguments.target, next.stage).await?;
    if arguments.desk.json {
        printer.json(&json!({ "from": state, "to": next, "evidence": evidence }))?;
    } else {
        printer.data(&told(&evidence, state, next))?;
    }
    Ok(if evidence.verdict == Verdict::Ready {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// Moves, if the gate lets it.
pub(crate) async fn promote(arguments: PromoteArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let to = arguments.to.map(|stage| State {
        stage,
        share: arguments.share,
    });
    let wish = arguments.signature.wish(json!({}), false);
    match rollout.step(&arguments.target, to, arguments.force, wish).await {
        Ok(Step::Moved(changed)) => {
            say(&changed, arguments.desk.json, printer)?;
            Ok(ExitStatus::Success)
        }
        Ok(Step::Held(held)) if arguments.desk.json => {
            printer.json(&json!(held))?;
            Ok(ExitStatus::Failure)
        }
        Ok(Step::Held(held)) => {
            printer.data(&told(&held.evidence, held.from, held.to))?;
            printer.note("not moved; --force goes without evidence, and the audit log says so");
            Ok(ExitStatus::Failure)
        }
        Err(error @ RolloutError::NoStep { .. }) => Err(Hinted::error(
            error.to_string(),
            "`ficus decommission` says whether the legacy route can be deleted",
        )),
        Err(RolloutError::WaitingForApproval { id, .. }) => {
            let request = rollout.request(id).await?;
            if arguments.desk.json {
                printer.json(&json!({ "waiting": request }))?;
            }
            printer.note(&format!(
                "not moved: waiting for approval, id {id}, until {}; somebody else says `ficus approve {id} --reason …`",
                moment(request.expires_at)
            ));
            Ok(ExitStatus::Failure)
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes back.
pub(crate) async fn rollback(arguments: RollbackArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let rollout = arguments.desk.open().await?;
    let wish = arguments.signature.wish(json!({}), true);
    match (arguments.target, arguments.to_version) {
        (Some(target), _) => say(&rollout.roll_back(&target, &wish).await?, arguments.desk.json, printer)?,
        (None, Some(version)) => {
            let entry = rollout.restore(version, &wish).await?;
            if arguments.desk.json {
                printer.json(&json!({ "restored": version, "entry": entry }))?;
            } else {
                printer.note(&format!(
                    "the flag file of version {version} is in force again (audit {})",
                    entry.seq
                ));
            }
        }
        (None, None) => {}
    }
    Ok(ExitStatus::Success)
}

pub(super) fn say(changed: &Changed, as_json: bool, printer: Printer) -> anyhow::Result<()> {
    if as_json {
        return printer.json(&json!(changed));
    }
    printer.note(&format!(
        "{changed}; audit {} at {}",
        changed.entry.seq,
        moment(changed.entry.at)
    ));
    Ok(())
}

/// The verdict as text, a line a criterion.
fn told(evidence: &Evidence, from: State, to: State) -> String {
    let mut text = format!("{} from {from} to {to}: {}\n", evidence.target, evidence.verdict);
    for route in &evidence.routes {
        text.push_str(&format!("\n{}\n", route.route));
        for criterion in &route.readiness.criteria {
            text.push_str(&format!(
                "  {:<12}  {:<9} {}\n",
                criterion.verdict, criterion.name, criterion.detail
            ));
        }
    }
    text
}

fn stage(word: &str) -> Result<flags::Stage, String> {
    flags::Stage::from_word(word).ok_or_else(|| {
        let words = flags::Stage::ALL.map(flags::Stage::as_str).join(", ");
        format!("there is no such stage; write one of {words}")
    })
}
