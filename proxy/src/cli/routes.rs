//! `ficus routes`: what is flagged, what could be.

use std::collections::BTreeMap;

use clap::Args;
use flags::{Canary, RouteKey, RoutePlan, Share, Stage};
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::native::{self, NativeRoute};
use super::printer::Printer;
use super::settings::Files;
use super::table::Table;

/// Which routes to list.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Lists what the flag file names, in its order, then the native handlers that no flag names; those are \
    at stage `legacy`. Every other route of the app is legacy as well and is not listed."
)]
pub(crate) struct RoutesArgs {
    #[command(flatten)]
    files: Files,

    /// Only routes at this stage
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    stage: Option<Stage>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// One line of the list.
struct Row<'a> {
    key: &'a RouteKey,
    plan: Option<&'a RoutePlan>,
    handler: Option<&'a NativeRoute>,
    killed: bool,
}

/// Prints the list as a table or as JSON.
pub(crate) fn routes(arguments: &RoutesArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let native = native::routes()?;
    let snapshot = arguments.files.read_flags()?.in_force(&native::inventory(&native))?;
    let handlers: BTreeMap<&RouteKey, &NativeRoute> = native.iter().map(|route| (&route.key, route)).collect();
    let flagged = snapshot.plans().iter().map(|plan| Row {
        key: &plan.key,
        plan: Some(plan),
        handler: handlers.get(&plan.key).copied(),
        killed: snapshot.kills(plan),
    });
    let named = |key: &RouteKey| snapshot.plans().iter().any(|plan| plan.key == *key);
    let free = native.iter().filter(|route| !named(&route.key)).map(|route| Row {
        key: &route.key,
        plan: None,
        handler: Some(route),
        killed: snapshot.is_killed(),
    });
    let rows: Vec<Row<'_>> = flagged.chain(free).filter(|row| row.is_at(arguments.stage)).collect();
    if arguments.json {
        let routes: Vec<Value> = rows.iter().map(Row::to_json).collect();
        printer.json(&json!({ "version": snapshot.version(), "routes": routes }))?;
    } else {
        let mut table = Table::new(&[
            "ROUTE", "STAGE", "SHARE", "TARGETS", "SAMPLE", "PHASE", "GROUP", "NATIVE",
        ]);
        rows.iter().for_each(|row| table.row(row.cells()));
        printer.data(&table.render(printer.paint()))?;
    }
    Ok(ExitStatus::Success)
}

impl Row<'_> {
    fn stage(&self) -> Stage {
        self.plan.map_or(Stage::Legacy, |plan| plan.stage)
    }

    fn is_at(&self, wanted: Option<Stage>) -> bool {
        wanted.is_none_or(|stage| stage == self.stage())
    }

    /// The share of requests that the other side answers too.
    fn sample(&self) -> Option<Share> {
        let plan = self.plan?;
        match plan.stage {
            Stage::Shadow | Stage::Canary => Some(plan.sample),
            Stage::Native => Some(plan.reverse_sample).filter(|share| *share > Share::NONE),
            _ => None,
        }
    }

    /// The canary, at the stage where it counts.
    fn canary(&self) -> Option<&Canary> {
        let plan = self.plan.filter(|plan| plan.stage == Stage::Canary)?;
        plan.canary.as_ref()
    }

    fn targets(&self) -> Option<usize> {
        let plan = self.plan.filter(|plan| plan.stage == Stage::Canary)?;
        Some(plan.target.len()).filter(|count| *count > 0)
    }

    fn cells(&self) -> Vec<String> {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        vec![
            self.key.to_string(),
            format!("{}{}", self.stage(), if self.killed { " (killed)" } else { "" }),
            or_dash(self.canary().map(|canary| canary.share.to_string())),
            or_dash(self.targets().map(|count| count.to_string())),
            or_dash(self.sample().map(|share| share.to_string())),
            or_dash(self.plan.and_then(|plan| plan.phase).map(|phase| phase.to_string())),
            or_dash(self.plan.and_then(|plan| plan.group.clone())),
            self.handler
                .map_or_else(|| "none".to_owned(), |handler| handler.kind.to_owned()),
        ]
    }

    fn to_json(&self) -> Value {
        json!({
            "route": self.key,
            "flagged": self.plan.is_some(),
            "stage": self.stage(),
            "killed": self.killed,
            "canary": self.canary(),
            "targets": self.plan.map(|plan| &plan.target),
            "sample": self.sample(),
            "phase": self.plan.and_then(|plan| plan.phase),
            "group": self.plan.and_then(|plan| plan.group.as_deref()),
            "handler": self.handler.map(NativeRoute::to_json),
        })
    }
}

fn stage(word: &str) -> Result<Stage, String> {
    let known = || Stage::ALL.map(Stage::as_str).join(", ");
    Stage::from_word(word).ok_or_else(|| format!("the stages are {}", known()))
}
