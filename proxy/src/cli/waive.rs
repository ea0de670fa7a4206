//! `ficus waive`: differences that do not count for a while, kept in the store.

use clap::{Args, Subcommand};
use flags::{WAIVABLE_KINDS, Waiver, end_of_day_ms};
use proxy::report::safe;
use proxy::shadow::now_ms;
use proxy::store::{NewWaiver, Store, StoredWaiver};
use serde_json::json;

use super::evidence::StoreArgs;
use super::exit::ExitStatus;
use super::failure::Hinted;
use super::printer::Printer;
use super::settings::Files;

/// Keep, list and take back waivers.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example: ficus waive add 'GET /api/crm/*' --path '$.items[*].viewers' --owner ana --reason 'counts viewers' \
    --expires 2026-12-31\n\n\
    Waivers may also stand in the flag file, under `waivers:`. In all patterns * stands for anything. A waiver holds through its last \
    day (UTC); then its differences count again and `ficus report` lists it as expired.\n\n\
    Exit codes: 0 done; 1 there is no such waiver; 2 the store cannot be read or written."
)]
pub(crate) struct WaiveArgs {
    #[command(flatten)]
    files: Files,

    #[command(flatten)]
    store: StoreArgs,

    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Keep a waiver
    Add(AddArgs),
    /// List every waiver of the store
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Take a waiver back
    Remove {
        /// Its name, as `list` shows it
        id: String,

        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct AddArgs {
    /// The routes, such as 'GET /api/crm/*'
    #[arg(value_parser = stated)]
    route: String,

    /// The part of the answer: status, header, body, failure
    #[arg(long, value_parser = kind, default_value = "*")]
    kind: String,

    /// The path as the report shows it, such as '$.items[*].viewers'
    #[arg(long, value_parser = stated, default_value = "*")]
    path: String,

    /// Who answers for it
    #[arg(long, value_parser = stated)]
    owner: String,

    /// Why the difference is acceptable
    #[arg(long, value_parser = stated)]
    reason: String,

    /// Its last day, such as 2026-12-31
    #[arg(long, value_name = "DAY", value_parser = end_of_day)]
    expires: i64,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Does what is asked for.
pub(crate) async fn waive(arguments: WaiveArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let store = arguments.store.open(&arguments.files).await?;
    let done = act(&store, arguments.action, printer).await;
    store.close().await;
    done
}

async fn act(store: &Store, action: Action, printer: Printer) -> anyhow::Result<ExitStatus> {
    match action {
        Action::Add(new) => {
            let now = now_ms();
            if new.expires <= now {
                return Err(Hinted::error(
                    "the waiver would have expired already",
                    "name a day to come with --expires",
                ));
            }
            let waiver = Waiver {
                route: new.route,
                kind: new.kind,
                path: new.path,
                owner: new.owner,
                reason: new.reason,
                expires_ms: new.expires,
            };
            let id = store
                .add_waiver(&NewWaiver {
                    waiver,
                    created_at: now,
                })
                .await?;
            if new.json {
                printer.json(&json!({ "id": id }))?;
            } else {
                printer.data(&format!("{id}\n"))?;
            }
        }
        Action::List { json: true } => printer.json(&json!({ "waivers": store.waivers().await? }))?,
        Action::List { json: false } => {
            let now = now_ms();
            for waiver in store.waivers().await? {
                printer.data(&format!("{}\n", shown(&waiver, now)))?;
            }
        }
        Action::Remove { id, json } => {
            let removed = store.remove_waiver(&id).await?;
            if json {
                printer.json(&json!({ "id": id, "removed": removed }))?;
            }
            if !removed {
                printer.note(&format!("there is no waiver {}", safe(&id)));
                return Ok(ExitStatus::Failure);
            }
        }
    }
    Ok(ExitStatus::Success)
}

fn shown(waiver: &StoredWaiver, now_ms: i64) -> String {
    let days = (waiver.expires_at - now_ms).div_euclid(24 * 3_600_000);
    let left = match days {
        ..0 => "expired".to_owned(),
        0 => "last day".to_owned(),
        days => format!("{days} days left"),
    };
    safe(&format!(
        "{}  {} {} {}  {left}  {}: {}",
        waiver.id, waiver.route, waiver.kind, waiver.path, waiver.owner, waiver.reason
    ))
}

fn stated(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(text.to_owned())
}

fn kind(text: &str) -> Result<String, String> {
    if text == "*" || WAIVABLE_KINDS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("it is one of {}, or *", WAIVABLE_KINDS.join(", ")))
}

fn end_of_day(text: &str) -> Result<i64, String> {
    end_of_day_ms(text).ok_or_else(|| "it is a day such as 2026-12-31".to_owned())
}
