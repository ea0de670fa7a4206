//! `ficus override`: a signed token with which a tester chooses the side, for some routes and for a while.

use std::time::Duration;

use clap::Args;
use flags::Side;
use proxy::overrides::{self, Override, OverrideKey};
use proxy::shadow::now_ms;
use serde_json::json;

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::printer::Printer;
use super::settings::Files;

/// What the override is for.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The token goes into the header `x-ficus-override` or the cookie `ficus-override`. It holds at the stages \
    shadow, canary and native, and never against the kill switch. The key is `overrides.key` of the configuration or \
    FICUS_OVERRIDE_KEY; whoever has it can make overrides.\n\nExample:\n  ficus override --route 'GET /api/crm/tickets' \
    --serve native --for 2h --who ada"
)]
pub(crate) struct OverrideArgs {
    /// A route (`GET /api/x`) or a group for which it holds; may be repeated
    #[arg(long = "route", value_name = "ROUTE|GROUP", required = true, value_parser = overrides::scope)]
    routes: Vec<String>,

    /// The side that answers: native or legacy
    #[arg(long, value_name = "SIDE", value_parser = super::explain::side)]
    serve: Side,

    /// How long it holds, at most 168h (a week)
    #[arg(long = "for", value_name = "TIME", default_value = "8h", value_parser = overrides::lasting)]
    lasts: Duration,

    /// Who it is for: a word for the log
    #[arg(long, value_name = "NAME", default_value = "qa")]
    who: String,

    /// The key that signs it
    #[arg(
        long,
        value_name = "KEY",
        env = "FICUS_OVERRIDE_KEY",
        hide_env_values = true,
        hide = true
    )]
    key: Option<String>,

    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Signs and prints the token.
pub(crate) fn make(arguments: &OverrideArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let given = arguments.key.clone().filter(|key| !key.is_empty());
    let key = match given {
        Some(text) => Some(OverrideKey::new(text)?),
        None => arguments.files.override_key()?,
    };
    let key = key.ok_or_else(|| {
        Hinted::error(
            "there is no key to sign with",
            "set `overrides.key` in ficus.yaml to ${FICUS_OVERRIDE_KEY}, and that variable to `openssl rand -hex 32`",
        )
    })?;
    let now = now_ms() / 1_000;
    let told = Override::new(
        arguments.serve,
        arguments.routes.clone(),
        &arguments.who,
        now,
        arguments.lasts,
    );
    let token = key.sign(&told)?;
    if arguments.json {
        printer.json(&json!({
            "token": token,
            "header": overrides::HEADER,
            "cookie": overrides::COOKIE,
            "serve": told.serve,
            "routes": told.routes,
            "expires": told.exp,
        }))?;
    } else {
        printer.data(&format!("{token}\n"))?;
        printer.note(&format!(
            "{}: TOKEN, or Cookie: {}=TOKEN",
            overrides::HEADER,
            overrides::COOKIE
        ));
    }
    Ok(ExitStatus::Success)
}
