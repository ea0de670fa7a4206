//! `ficus token`: a token for the admin API.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use proxy::admin::{LONGEST, Role, mint};
use proxy::config::Span;
use proxy::shadow::now_ms;
use serde_json::json;

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::printer::Printer;
use super::settings::Files;

/// Whom the token is for.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Roles, each with what those before it may do: viewer looks; qa waives differences and makes overrides; release \
    moves routes, takes them back, kills and revives; admin freezes, thaws and goes without the gate.\n\nThe first line of \
    `admin.auth.secret_file` signs; all lines are believed, so a new first line changes the secret without a restart. Whoever has \
    the file can make tokens.\n\nExample:\n  curl -H \"Authorization: Bearer $(ficus token --name ada --role release)\" \
    http://127.0.0.1:9090/api/flags"
)]
pub(crate) struct TokenArgs {
    /// Who holds it: the name in the audit log
    #[arg(long, value_name = "NAME", value_parser = filled)]
    name: String,

    /// What they may do: viewer, qa, release or admin
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,

    /// How long it holds, at most 720h (30 days)
    #[arg(long = "for", value_name = "TIME", default_value = "8h", value_parser = lasting)]
    lasts: Duration,

    /// The file of secrets [default: `admin.auth.secret_file`]
    #[arg(long, value_name = "FILE", env = "FICUS_ADMIN_SECRET_FILE")]
    secret_file: Option<PathBuf>,

    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Signs and prints the token.
pub(crate) fn make(arguments: &TokenArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let file = match &arguments.secret_file {
        Some(file) => Some(file.clone()),
        None => arguments.files.admin_secret_file()?,
    };
    let file = file.ok_or_else(|| {
        Hinted::error(
            "there is no secret to sign with",
            "write one with `openssl rand -hex 32 > admin.secret`, and name the file in `admin.auth.secret_file`",
        )
    })?;
    let now = now_ms() / 1_000;
    let token = mint(&file, &arguments.name, arguments.role, now, arguments.lasts)?;
    if arguments.json {
        let lasts = i64::try_from(arguments.lasts.as_secs()).unwrap_or(i64::MAX);
        printer.json(&json!({
            "token": token, "name": arguments.name, "role": arguments.role, "expires": now.saturating_add(lasts),
        }))?;
    } else {
        printer.data(&format!("{token}\n"))?;
    }
    Ok(ExitStatus::Success)
}

fn role(word: &str) -> Result<Role, String> {
    let words = || format!("write one of {}", Role::ALL.map(Role::as_str).join(", "));
    Role::from_word(word).ok_or_else(words)
}

fn filled(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("the audit log needs a name".to_owned());
    }
    Ok(name.to_owned())
}

fn lasting(text: &str) -> Result<Duration, String> {
    let Span(lasts) = text.parse()?;
    if lasts.is_zero() || lasts > LONGEST {
        return Err("a token holds for at least a moment and at most 720h".to_owned());
    }
    Ok(lasts)
}
