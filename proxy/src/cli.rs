//! The command line: one file a subcommand, each an `async fn` from its arguments to an [`ExitStatus`].
//!
//! Data goes to standard output, everything said to a person to standard error, both through the [`Printer`]. An error
//! travels up as a chain of causes and is printed once, here.

mod approve;
mod audit;
mod check;
mod completions;
mod config;
mod decommission;
mod demo;
mod deviations;
mod evidence;
mod exit;
mod explain;
mod failure;
mod flags;
mod global;
mod inventory;
mod kill;
mod logging;
mod migrate;
mod moment;
mod native;
mod openapi;
mod override_token;
mod printer;
mod promote;
mod record;
mod replay;
mod report;
mod routes;
mod run;
mod schedule;
mod settings;
mod signals;
mod supervisor;
mod table;
mod token;
mod upgrade;
mod waive;

use std::future::Future;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::ExitStatus;
use global::Global;
use printer::Printer;

/// What the exit codes mean, below every long help text.
const EXIT_CODES: &str =
    "Exit codes: 0 done and the answer is yes; 1 done and the answer is no; 2 it could not be done.";

/// Ficus stands in front of a Next.js app and moves its API, endpoint by endpoint, to native handlers: with proof before
/// every step and a way back after every step.
#[derive(Debug, Parser)]
#[command(name = "ficus", version, after_help = EXIT_CODES, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stand in front of the legacy app
    Run(run::RunArgs),
    /// Let a new version of the program take over from the one that runs, without a gap
    Upgrade(upgrade::UpgradeArgs),
    /// Say everything that is wrong with the configuration and the flags, at once
    Check(check::CheckArgs),
    /// Say what can stand in ficus.yaml
    Config(config::ConfigArgs),
    /// List every route that a flag or a native handler names, and its stage
    Routes(routes::RoutesArgs),
    /// Say who answers a request, and why
    Explain(explain::ExplainArgs),
    /// Say whether a route or group is ready for its next step, and why
    Gate(promote::GateArgs),
    /// Move a route or group one step forward, if it is ready
    Promote(promote::PromoteArgs),
    /// Take the last step of a route or group back, or put an earlier flag file in force
    Rollback(promote::RollbackArgs),
    /// Agree to a step that somebody else has asked for, and take it
    Approve(approve::ApproveArgs),
    /// Refuse a step that waits for a second person
    Decline(approve::ApproveArgs),
    /// List the steps that wait for a second person
    Approvals(approve::ApprovalsArgs),
    /// List the schedules of the flags and how far each has come; cancel one, or begin it anew
    Schedule(schedule::ScheduleArgs),
    /// Put a whole flag file in force, or print the one that is
    Flags(flags::FlagsArgs),
    /// Let nobody promote until it thaws
    Freeze(audit::FreezeArgs),
    /// Let promotions go on
    Thaw(audit::FreezeArgs),
    /// List the flag files that were in force
    History(audit::HistoryArgs),
    /// List who changed what, when and why, and check that nothing is missing
    Audit(audit::AuditArgs),
    /// Send everything, a group or a route to legacy at once
    Kill(kill::KillArgs),
    /// Take a kill back
    Revive(kill::ReviveArgs),
    /// Make a signed override, with which a tester chooses the side
    Override(override_token::OverrideArgs),
    /// Make a token for the admin API
    Token(token::TokenArgs),
    /// Bring the app's database and Ficus's own store up to date
    Migrate(migrate::MigrateArgs),
    /// Record what the legacy app answers to live traffic, for `replay`
    Record(record::RecordArgs),
    /// Play a recording of the legacy app against the native handlers, without the legacy app
    Replay(replay::ReplayArgs),
    /// Print the page of deviations on purpose, from their rules
    Deviations(deviations::DeviationsArgs),
    /// Show what the comparisons of native and legacy answers found
    Report(report::ReportArgs),
    /// Say that a difference does not count for a while, and who answers for it
    Waive(waive::WaiveArgs),
    /// Show all of it on this machine: a legacy app, a database, and Ficus in front
    Demo(demo::DemoArgs),
    /// Read a Next.js tree: its routes, the first flag file, the tracker, and what has drifted
    Inventory(inventory::InventoryArgs),
    /// Say whether a retired route can be deleted, and print the patch that does it
    Decommission(decommission::DecommissionArgs),
    /// Print what a shell needs to complete this command line
    Completions(completions::CompletionsArgs),
    /// Print the OpenAPI document of the native endpoints, or TypeScript types made from it, or what a copy lacks
    Openapi(openapi::OpenapiArgs),
}

/// Parses the arguments, runs the command and says how it went.
pub(crate) fn main() -> ExitCode {
    // Clap prints its own usage errors and leaves with 2, which is our code for them as well.
    let cli = Cli::parse();
    let printer = Printer::new(&cli.global);
    let status = logging::start(&cli.global).and_then(|()| dispatch(cli.command, printer));
    status
        .unwrap_or_else(|error| {
            printer.error(&error, failure::hint_of(&error));
            ExitStatus::Error
        })
        .into()
}

fn dispatch(command: Command, printer: Printer) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Run(arguments) => block_on(run::run(arguments, printer)),
        Command::Upgrade(arguments) => block_on(upgrade::upgrade(arguments, printer)),
        Command::Inventory(arguments) => block_on(inventory::inventory(&arguments, printer)),
        Command::Decommission(arguments) => block_on(decommission::decommission(&arguments, printer)),
        Command::Deviations(arguments) => deviations::deviations(&arguments, printer),
        Command::Openapi(arguments) => openapi::openapi(&arguments, printer),
        Command::Check(arguments) => check::check(&arguments, printer),
        Command::Config(arguments) => config::config(&arguments, printer),
        Command::Routes(arguments) => routes::routes(&arguments, printer),
        Command::Explain(arguments) => explain::explain(&arguments, printer),
        Command::Gate(arguments) => block_on(promote::gate(arguments, printer)),
        Command::Promote(arguments) => block_on(promote::promote(arguments, printer)),
        Command::Rollback(arguments) => block_on(promote::rollback(arguments, printer)),
        Command::Approve(arguments) => block_on(approve::approve(arguments, printer)),
        Command::Decline(arguments) => block_on(approve::decline(arguments, printer)),
        Command::Approvals(arguments) => block_on(approve::approvals(arguments, printer)),
        Command::Schedule(arguments) => block_on(schedule::schedule(arguments, printer)),
        Command::Completions(arguments) => {
            completions::completions(&arguments, <Cli as clap::CommandFactory>::command(), printer)
        }
        Command::Flags(arguments) => block_on(flags::flags(arguments, printer)),
        Command::Freeze(arguments) => block_on(audit::freeze(arguments, printer)),
        Command::Thaw(arguments) => block_on(audit::thaw(arguments, printer)),
        Command::History(arguments) => block_on(audit::history(arguments, printer)),
        Command::Audit(arguments) => block_on(audit::audit(arguments, printer)),
        Command::Kill(arguments) => kill::kill(&arguments, printer),
        Command::Revive(arguments) => kill::revive(&arguments, printer),
        Command::Override(arguments) => override_token::make(&arguments, printer),
        Command::Token(arguments) => token::make(&arguments, printer),
        Command::Migrate(arguments) => block_on(migrate::migrate(arguments, printer)),
        Command::Record(arguments) => block_on(record::record(arguments, printer)),
        Command::Replay(arguments) => block_on(replay::replay(arguments, printer)),
        Command::Report(arguments) => block_on(report::report(arguments, printer)),
        Command::Waive(arguments) => block_on(waive::waive(arguments, printer)),
        Command::Demo(arguments) => block_on(demo::demo(arguments, printer)),
    }
}

/// This runtime is what the app calls the workshop: everything runs on it but the data plane, whose threads have their own.
fn block_on(command: impl Future<Output = anyhow::Result<ExitStatus>>) -> anyhow::Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    // Not waiting for what may hang is the point of a second Ctrl-C; whatever has to be finished is awaited by the command.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
