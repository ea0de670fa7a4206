//! `ficus explain METHOD PATH`: the decision for a request, and its reason, without sending one.

use std::net::IpAddr;

use clap::Args;
use flags::{Explanation, Facts, RoutePlan, Session, Shadowing, Side, Stage};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proxy::report::safe;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::native::{self, NativeRoute};
use super::printer::Printer;
use super::settings::Files;

/// The request in question.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  ficus explain GET /api/crm/tickets/42 --flags flags.yaml\n  ficus explain GET /api/crm/tickets \
    --user u1 --tenant acme --header 'x-client-id: c7'\n\nUser, tenant and role stand for what a verified session would say. \
    The kill file beside the flag file counts."
)]
pub(crate) struct ExplainArgs {
    /// The method, such as GET
    #[arg(value_parser = method)]
    method: Method,

    /// The path as a client sends it; a query does not count
    #[arg(value_parser = path)]
    path: String,

    #[command(flatten)]
    request: Asked,

    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What else is known of the request; targets and the share of a canary decide by it.
#[derive(Debug, Args)]
#[command(next_help_heading = "The request")]
struct Asked {
    /// The user of its session
    #[arg(long, value_name = "ID")]
    user: Option<String>,

    /// The tenant of its session
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// The role of its session
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,

    /// A header line, `name: value`; may be repeated
    #[arg(long = "header", value_name = "LINE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,

    /// The host that it asks for
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// The address of its client
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,

    /// The side that a signed override asks for
    #[arg(long = "override", value_name = "SIDE", value_parser = side)]
    wanted: Option<Side>,
}

/// The decision, and what only this binary knows about it.
struct Answer<'a> {
    explanation: Explanation,
    handler: Option<&'a NativeRoute>,
    file: String,
}

/// Prints who answers and why.
pub(crate) fn explain(arguments: &ExplainArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let native = native::routes()?;
    let text = arguments.files.read_flags()?;
    let snapshot = text.in_force(&native::inventory(&native))?;
    let headers: HeaderMap = arguments.request.headers.iter().cloned().collect();
    let facts = arguments.request.facts(&arguments.method, &arguments.path, &headers);
    let explanation = flags::explain(&snapshot, &facts);
    let key = explanation.plan.as_ref().map(|plan| &plan.key);
    let handler = native.iter().find(|route| Some(&route.key) == key);
    let answer = Answer {
        handler,
        file: text.name(),
        explanation,
    };
    if arguments.json {
        printer.json(&answer.to_json())?;
    } else {
        let heading = printer
            .paint()
            .bold(&safe(&format!("{} {}", arguments.method, arguments.path)));
        printer.data(&format!("{heading}\n{}", answer.lines()))?;
    }
    Ok(ExitStatus::Success)
}

impl Asked {
    /// Ticket 0 is inside every sample that is not empty, so the explanation shows what the route does when it is shadowed.
    fn facts<'a>(&'a self, method: &'a Method, path: &'a str, headers: &'a HeaderMap) -> Facts<'a> {
        Facts {
            headers: Some(headers),
            host: self.host.as_deref(),
            client: self.ip,
            session: Session {
                user: self.user.as_deref(),
                tenant: self.tenant.as_deref(),
                role: self.role.as_deref(),
            },
            wanted: self.wanted,
            ..Facts::new(method, path, 0)
        }
    }
}

impl Answer<'_> {
    fn lines(&self) -> String {
        let explanation = &self.explanation;
        let mut lines = vec![
            ("answers", explanation.serve.to_string()),
            ("because", explanation.reason.clone()),
        ];
        lines.extend(explanation.steps.iter().map(|step| ("asked", step.clone())));
        if let Some(plan) = &explanation.plan {
            self.plan_lines(plan, &mut lines);
        }
        lines.extend(explanation.notes.iter().map(|note| ("note", note.clone())));
        lines.push(("flags", format!("{} (version {})", self.file, explanation.version)));
        lines
            .into_iter()
            .map(|(name, value)| format!("  {name:<9} {}\n", safe(&value)))
            .collect()
    }

    fn plan_lines(&self, plan: &RoutePlan, lines: &mut Vec<(&'static str, String)>) {
        lines.push(("beside", beside(self.explanation.shadow).to_owned()));
        lines.push(("route", format!("{} ({}:{})", plan.key, self.file, plan.line)));
        lines.push(("stage", plan.stage.to_string()));
        if let Some(phase) = plan.phase {
            lines.push(("phase", phase.to_string()));
        }
        if self.explanation.serve == Side::Native {
            lines.push(("fallback", fallback(plan)));
        }
        lines.push((
            "handler",
            self.handler.map_or_else(|| "none in this binary".to_owned(), describe),
        ));
    }

    fn to_json(&self) -> Value {
        json!({
            "method": self.explanation.method,
            "path": self.explanation.path,
            "serve": self.explanation.serve,
            "shadow": self.explanation.shadow,
            "reason": self.explanation.reason,
            "label": self.explanation.label,
            "drawn": self.explanation.drawn,
            "steps": self.explanation.steps,
            "plan": self.explanation.plan,
            "handler": self.handler.map(NativeRoute::to_json),
            "notes": self.explanation.notes,
            "flags": { "file": self.file, "version": self.explanation.version },
        })
    }
}

fn beside(shadow: Shadowing) -> &'static str {
    match shadow {
        Shadowing::Native => "native, as a dry run; the answers are compared",
        Shadowing::Legacy => "legacy, for a sample of safe requests; the answers are compared",
        Shadowing::SampledOut => "nothing: the sample of this route is 0%",
        _ => "nothing",
    }
}

fn fallback(plan: &RoutePlan) -> String {
    if plan.stage == Stage::Retired {
        return "none: legacy is expected to be without the route".to_owned();
    }
    let on = plan.fallback;
    let words = [
        ("fault", on.fault),
        ("timeout", on.timeout),
        ("saturated", on.saturated),
        ("panic", on.panic),
    ];
    let chosen: Vec<&str> = words
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(word, _)| word)
        .collect();
    if chosen.is_empty() {
        "none: a native failure is the answer".to_owned()
    } else {
        format!("to legacy, while nothing is committed, on {}", chosen.join(", "))
    }
}

fn describe(handler: &NativeRoute) -> String {
    let needs = if handler.calls.is_empty() {
        String::new()
    } else {
        format!("; calls {}", handler.calls.join(", "))
    };
    format!("{} in {}{needs}", handler.kind, handler.area)
}

/// Methods are case-sensitive (RFC 9110, section 9.1), but a person at a terminal who types `get` means GET.
fn method(word: &str) -> anyhow::Result<Method> {
    Ok(Method::from_bytes(word.to_ascii_uppercase().as_bytes())?)
}

fn path(text: &str) -> anyhow::Result<String> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with('/') {
        Ok(path.to_owned())
    } else {
        Err(Hinted::error("a path starts with `/`", "leave the origin out"))
    }
}

/// `name: value`, as `curl --header` takes it.
fn header(line: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':').ok_or_else(|| {
        Hinted::error(
            "a header line is `name: value`",
            "for example --header 'x-client-id: c7'",
        )
    })?;
    Ok((name.trim().parse()?, value.trim().parse()?))
}

/// One of the two sides.
pub(super) fn side(word: &str) -> Result<Side, String> {
    match word {
        "native" => Ok(Side::Native),
        "legacy" => Ok(Side::Legacy),
        _ => Err("the sides are native and legacy".to_owned()),
    }
}
