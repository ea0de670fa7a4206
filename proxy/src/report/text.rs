//! The report for people at a terminal.

use super::model::{Class, Difference, Report, RouteReport};
use super::terminal::safe;
use super::words;

/// Causes shown of one route; the rest is counted.
const MOST_CAUSES: usize = 10;

/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 160;

/// The report as text. Everything that came from outside is safe to print.
#[must_use]
pub fn render_text(report: &Report) -> String {
    let mut text = String::new();
    line(&mut text, &words::title(report));
    line(&mut text, "");
    line(
        &mut text,
        &format!("  all routes      {}", words::totals(&report.totals)),
    );
    let phases = report.phases.iter().map(|(name, sum)| (format!("phase {name}"), sum));
    let groups = report.groups.iter().map(|(name, sum)| (format!("group {name}"), sum));
    for (name, sum) in phases.chain(groups) {
        line(&mut text, &format!("  {name:<15} {}", words::totals(sum)));
    }
    for report in &report.routes {
        line(&mut text, "");
        route(&mut text, report);
    }
    if report.routes.is_empty() {
        line(&mut text, "");
        line(
            &mut text,
            "Nothing was compared yet. Give a route the stage `shadow` and send it requests.",
        );
    }
    if !report.waivers.is_empty() {
        line(&mut text, "");
        line(&mut text, "Waivers");
        for waiver in &report.waivers {
            line(&mut text, &format!("  {}", words::waiver(waiver)));
        }
    }
    text
}

fn route(text: &mut String, report: &RouteReport) {
    let place = words::place(report);
    let place = if place.is_empty() {
        String::new()
    } else {
        format!("  ({place})")
    };
    line(text, &format!("{}{place}", report.route));
    line(text, &format!("  {}", words::totals(&report.totals)));
    if !report.statuses.is_empty() {
        line(text, &format!("  legacy answered {}", words::statuses(report)));
    }
    line(
        text,
        &format!(
            "  latency         legacy {}; native {}",
            words::latency(report.legacy_latency),
            words::latency(report.native_latency)
        ),
    );
    for (reason, n) in &report.reasons {
        line(text, &format!("  not compared    {n} × {reason}"));
    }
    for learned in &report.learned {
        line(text, &format!("  learned         {}", words::learned(learned)));
    }
    for difference in report.differences.iter().take(MOST_CAUSES) {
        cause(text, difference);
    }
    let more = report.differences.len().saturating_sub(MOST_CAUSES);
    if more > 0 {
        line(text, &format!("  and {more} more causes; the JSON report has them all"));
    }
    for place in &report.appeared {
        line(text, &format!("  + {place}  only under the new rules"));
    }
}

fn cause(text: &mut String, difference: &Difference) {
    let group = &difference.group;
    let mark = match difference.class {
        Class::Counts => "✗",
        Class::Waived => "– waived:",
        Class::Noise => "– noise:",
        Class::Explained => "– explained:",
    };
    line(
        text,
        &format!("  {mark} {}  {}", words::cause(group), words::seen(difference)),
    );
    for (side, sample) in [("legacy", &group.legacy_sample), ("native", &group.native_sample)] {
        let value = words::value(sample.as_deref(), LONGEST_VALUE);
        line(text, &format!("      {side}  {value}"));
    }
    if let Some(reproducer) = &difference.reproducer {
        line(text, &format!("      again   {reproducer}"));
    }
    if let Some(again) = difference.again {
        line(text, &format!("      rules   {}", words::again(again)));
    }
}

fn line(text: &mut String, content: &str) {
    text.push_str(&safe(content.trim_end()));
    text.push('\n');
}
