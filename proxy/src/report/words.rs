//! Figures in words, the same in every format for people.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::macros::format_description;

use super::model::{Again, Difference, Latency, Learned, Report, RouteReport, Totals, WaiverReport};
use crate::store::DifferenceGroup;

/// What the whole report is about: `Parity report, since 2026-11-22 19:34:00Z`.
pub(super) fn title(report: &Report) -> String {
    let mut title = "Parity report".to_owned();
    if let Some(since) = report.since_ms {
        let _infallible = write!(title, ", since {}", moment(since));
    }
    if let Some(until) = report.until_ms {
        let _infallible = write!(title, ", until {}", moment(until));
    }
    if let Some(client) = &report.client {
        let _infallible = write!(title, ", client {client}");
    }
    if report.rejudged {
        title.push_str(", samples judged again");
    }
    title
}

/// Stage, phase and group of a route.
pub(super) fn place(route: &RouteReport) -> String {
    let place = [
        route.stage.clone(),
        route.phase.map(|phase| format!("phase {phase}")),
        route.group.as_ref().map(|group| format!("group {group}")),
    ];
    place.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `4982 of 4990 matched, 99.83 % (95 %: 99.68 % – 99.92 %), 8 mismatched`.
pub(super) fn totals(totals: &Totals) -> String {
    let mut words = totals.match_rate.map_or_else(
        || "no samples".to_owned(),
        |rate| {
            format!(
                "{} of {} matched, {} ({})",
                totals.matched,
                totals.samples,
                percent(rate),
                interval(totals)
            )
        },
    );
    for (n, word) in [
        (totals.mismatched, "mismatched"),
        (totals.waived, "waived"),
        (totals.noise, "noise"),
        (totals.explained, "explained by the new rules"),
        (totals.transient, "transient"),
        (totals.legacy_failed, "legacy failed"),
        (totals.not_compared, "not compared"),
    ] {
        if n > 0 {
            let _infallible = write!(words, ", {n} {word}");
        }
    }
    words
}

/// The confidence interval.
pub(super) fn interval(totals: &Totals) -> String {
    let interval = totals.interval;
    format!("95 %: {} – {}", percent(interval.low), percent(interval.high))
}

/// Rounded down: 99.996 % is not 100 %.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", (share * 10_000.0).floor() / 100.0)
}

/// Median and 99th percentile.
pub(super) fn latency(latency: Latency) -> String {
    format!(
        "p50 {} p99 {}",
        milliseconds(latency.p50_us),
        milliseconds(latency.p99_us)
    )
}

fn milliseconds(micros: Option<i64>) -> String {
    micros.map_or_else(
        || "–".to_owned(),
        |micros| format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
    )
}

/// Which statuses legacy gave.
pub(super) fn statuses(route: &RouteReport) -> String {
    let statuses = route.statuses.iter().map(|(status, n)| format!("{status} × {n}"));
    statuses.collect::<Vec<_>>().join(", ")
}

/// `body $.items[*].name missing`.
pub(super) fn cause(group: &DifferenceGroup) -> String {
    match group.detail.as_str() {
        // The ordinary case needs no word.
        "" | "changed" => group.place(),
        detail => format!("{} {detail}", group.place()),
    }
}

/// How often, from whom, from when to when.
pub(super) fn seen(difference: &Difference) -> String {
    let group = &difference.group;
    format!(
        "{} ×, {}, {} … {}",
        group.n,
        clients(difference),
        moment(group.first_seen),
        moment(group.last_seen)
    )
}

/// One client is named by its mark; so is one that brings nearly all of it about.
fn clients(difference: &Difference) -> String {
    let group = &difference.group;
    let busiest = difference.busiest.first();
    if group.clients <= 1 {
        return busiest.map_or_else(
            || "1 client".to_owned(),
            |client| format!("1 client ({})", client.client),
        );
    }
    let all = format!("{} clients", group.clients);
    // The counts by client are of all time; only within them a share means something.
    let sum: i64 = difference.busiest.iter().map(|client| client.n).sum();
    match busiest.filter(|client| client.n.saturating_mul(10) >= sum.saturating_mul(9)) {
        Some(client) => format!("{all}, nearly all from {}", client.client),
        None => all,
    }
}

/// What judging the samples of a cause again came to.
pub(super) fn again(again: Again) -> String {
    let judged = again.still + again.gone;
    let mut words = match (judged, again.still) {
        (0, _) => "no sample could be judged again".to_owned(),
        (judged, 0) => format!("gone from all {judged} samples"),
        (judged, still) => format!("still in {still} of {judged} samples"),
    };
    if judged > 0 && again.unknown > 0 {
        let _infallible = write!(words, ", {} could not be judged again", again.unknown);
    }
    words
}

/// What asking legacy twice has shown at one place.
pub(super) fn learned(learned: &Learned) -> String {
    let figures = &learned.figures;
    let verdict = if learned.counts { "counts" } else { "noise" };
    format!(
        "{} {}: native differs {} ×, legacy from itself {} ×, of {} asked twice: {verdict}",
        figures.kind, figures.path_template, figures.raw, figures.noise, figures.exchanges
    )
}

/// Who waived what until when, and why.
pub(super) fn waiver(report: &WaiverReport) -> String {
    let waiver = &report.waiver;
    let name = report
        .id
        .as_ref()
        .map_or_else(|| "flag file".to_owned(), |id| format!("store, {id}"));
    format!(
        "{} {} {}, {} {} by {}: {} ({name}; {})",
        waiver.route,
        waiver.kind,
        waiver.path,
        if report.expired { "expired on" } else { "until" },
        last_day(waiver.expires_ms),
        waiver.owner,
        waiver.reason,
        match report.causes {
            1 => "1 cause".to_owned(),
            causes => format!("{causes} causes"),
        }
    )
}

/// The day before the moment at which a waiver ends.
fn last_day(expires_ms: i64) -> String {
    moment(expires_ms.saturating_sub(1)).chars().take(10).collect()
}

/// A stored value, or the word for its absence, cut to so many characters.
pub(super) fn value(sample: Option<&str>, longest: usize) -> String {
    let Some(sample) = sample else {
        return "(nothing)".to_owned();
    };
    let mut shown: String = sample.chars().take(longest).collect();
    if shown.len() < sample.len() {
        shown.push('…');
    }
    shown
}

/// A moment in UTC, to the second.
pub(super) fn moment(milliseconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1_000))
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| milliseconds.to_string())
}
