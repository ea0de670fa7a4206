//! The report for people at a terminal.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::macros::format_description;

use super::model::{Difference, Latency, Report, RouteReport, Totals};
use super::terminal::safe;

/// Causes shown of one route; the rest is counted.
const MOST_CAUSES: usize = 10;

/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 160;

/// The report as text. Everything that came from outside is safe to print.
#[must_use]
pub fn render_text(report: &Report) -> String {
    let mut text = String::new();
    line(
        &mut text,
        &format!(
            "Parity report{}",
            report
                .since_ms
                .map(|since| format!(", since {}", moment(since)))
                .unwrap_or_default()
        ),
    );
    line(&mut text, "");
    line(&mut text, &format!("  all routes      {}", totals(&report.totals)));
    for (phase, sum) in &report.phases {
        line(
            &mut text,
            &format!("  {:<15} {}", format!("phase {phase}"), totals(sum)),
        );
    }
    for (group, sum) in &report.groups {
        line(
            &mut text,
            &format!("  {:<15} {}", format!("group {}", safe(group)), totals(sum)),
        );
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
    text
}

fn route(text: &mut String, report: &RouteReport) {
    let place = [
        report.stage.clone(),
        report.phase.map(|phase| format!("phase {phase}")),
        report.group.as_ref().map(|group| format!("group {}", safe(group))),
    ];
    let place = place.into_iter().flatten().collect::<Vec<_>>().join(", ");
    line(
        text,
        &format!(
            "{}{}",
            safe(&report.route),
            if place.is_empty() {
                String::new()
            } else {
                format!("  ({place})")
            }
        ),
    );
    line(text, &format!("  {}", totals(&report.totals)));
    if !report.statuses.is_empty() {
        let statuses: Vec<_> = report
            .statuses
            .iter()
            .map(|(status, n)| format!("{status} × {n}"))
            .collect();
        line(text, &format!("  legacy answered {}", statuses.join(", ")));
    }
    line(
        text,
        &format!(
            "  latency         legacy {}; native {}",
            latency(report.legacy_latency),
            latency(report.native_latency)
        ),
    );
    for (reason, n) in &report.reasons {
        line(text, &format!("  not compared    {n} × {}", safe(reason)));
    }
    for difference in report.differences.iter().take(MOST_CAUSES) {
        cause(text, difference);
    }
    if let Some(more) = report
        .differences
        .len()
        .checked_sub(MOST_CAUSES)
        .filter(|more| *more > 0)
    {
        line(text, &format!("  and {more} more causes; the JSON report has them all"));
    }
}

fn cause(text: &mut String, difference: &Difference) {
    let group = &difference.group;
    let clients = if group.clients == 1 {
        "1 client".to_owned()
    } else {
        format!("{} clients or more", group.clients)
    };
    line(
        text,
        &format!(
            "  ✗ {}  {} ×, {clients}, {} … {}",
            safe(&group.place()),
            group.n,
            moment(group.first_seen),
            moment(group.last_seen)
        ),
    );
    line(
        text,
        &format!("      legacy  {}", value(group.legacy_sample.as_deref())),
    );
    line(
        text,
        &format!("      native  {}", value(group.native_sample.as_deref())),
    );
    if let Some(reproducer) = &difference.reproducer {
        line(text, &format!("      again   {}", safe(reproducer)));
    }
}

fn totals(totals: &Totals) -> String {
    let rate = totals.match_rate.map_or_else(
        || "no samples".to_owned(),
        |rate| {
            let interval = totals.interval;
            let samples = totals.samples;
            format!(
                "{} of {samples} matched, {} (95 %: {} – {})",
                totals.matched,
                percent(rate),
                percent(interval.low),
                percent(interval.high)
            )
        },
    );
    let mut rest = String::new();
    for (n, word) in [
        (totals.mismatched, "mismatched"),
        (totals.transient, "transient"),
        (totals.legacy_failed, "legacy failed"),
        (totals.not_compared, "not compared"),
    ] {
        if n > 0 {
            let _infallible = write!(rest, ", {n} {word}");
        }
    }
    format!("{rate}{rest}")
}

/// Rounded down: 99.996 % is not 100 %.
fn percent(share: f64) -> String {
    format!("{:.2} %", (share * 10_000.0).floor() / 100.0)
}

fn latency(latency: Latency) -> String {
    let shown = |micros: Option<i64>| {
        micros.map_or_else(
            || "–".to_owned(),
            |micros| format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        )
    };
    format!("p50 {} p99 {}", shown(latency.p50_us), shown(latency.p99_us))
}

fn value(sample: Option<&str>) -> String {
    let Some(sample) = sample else {
        return "(nothing)".to_owned();
    };
    let mut shown: String = sample.chars().take(LONGEST_VALUE).collect();
    if shown.len() < sample.len() {
        shown.push('…');
    }
    safe(&shown)
}

fn moment(milliseconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1_000))
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| milliseconds.to_string())
}

fn line(text: &mut String, content: &str) {
    text.push_str(content.trim_end());
    text.push('\n');
}
