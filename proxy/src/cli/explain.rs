//! `ficus explain METHOD PATH`: the decision for a request, and its reason, without sending one.

use clap::Args;
use flags::{Explanation, RoutePlan, Shadowing, Side};
use http::Method;
use proxy::report::safe;
use serde_json::{Value, json};

use super::exit::ExitStatus;
use super::failure::Hinted;
use super::native::{self, NativeRoute};
use super::printer::Printer;
use super::settings::Files;

/// The request in question.
#[derive(Debug, Args)]
#[command(after_long_help = "Example: ficus explain GET /api/crm/tickets/42 --flags flags.yaml")]
pub(crate) struct ExplainArgs {
    /// The method, such as GET
    #[arg(value_parser = method)]
    method: Method,

    /// The path as a client sends it; a query does not count
    #[arg(value_parser = path)]
    path: String,

    #[command(flatten)]
    files: Files,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
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
    let snapshot = text.snapshot(&native::inventory(&native))?;
    let explanation = flags::explain(&snapshot, &arguments.method, &arguments.path);
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

impl Answer<'_> {
    fn lines(&self) -> String {
        let explanation = &self.explanation;
        let mut lines = vec![
            ("answers", explanation.serve.to_string()),
            ("because", explanation.reason.clone()),
        ];
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
        Shadowing::SampledOut => "nothing: the sample of this route is 0%",
        _ => "nothing",
    }
}

fn fallback(plan: &RoutePlan) -> String {
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
