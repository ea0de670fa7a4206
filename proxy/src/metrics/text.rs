//! The counters in the text format of Prometheus. A route is labelled by its pattern, never by a path.

use std::fmt::{Display, Write};

use super::Totals;
use super::route::{EDGES_MICROS, SideTotals, reason_labels};
use crate::backend::circuit::Circuits;
use crate::record;
use crate::store::Recorder;

/// Renders the counters of the data plane and what `flags` says of the flag file.
#[must_use]
pub fn render(totals: &Totals, flags: &flags::Status) -> String {
    let mut text = Text::default();
    requests(&mut text, totals);
    decisions(&mut text, totals);
    connections(&mut text, totals);
    upstream(&mut text, totals);
    flag_file(&mut text, flags);
    text.0
}

fn requests(text: &mut Text, totals: &Totals) {
    text.family(
        "ficus_requests_total",
        "counter",
        "Answers by route, side and status class.",
    );
    each_side(totals, |route, side, counts| {
        for (index, count) in counts.classes.iter().enumerate().filter(|(_, count)| **count > 0) {
            let class = format!("{}xx", index + 1);
            let labels = [("route", route), ("side", side), ("class", &class)];
            text.line("ficus_requests_total", &labels, count);
        }
    });
    text.family("ficus_request_seconds", "histogram", "Time to the head of the answer.");
    each_side(totals, |route, side, counts| histogram(text, route, side, counts));
    text.family("ficus_refused_total", "counter", "Requests turned away, by reason.");
    for (reason, count) in &totals.refused {
        text.line("ficus_refused_total", &[("reason", reason)], count);
    }
    text.family(
        "ficus_fallbacks_total",
        "counter",
        "Requests that native handed to legacy, by cause.",
    );
    for (cause, count) in &totals.fallbacks {
        text.line("ficus_fallbacks_total", &[("cause", cause)], count);
    }
}

fn decisions(text: &mut Text, totals: &Totals) {
    text.family(
        "ficus_decisions_total",
        "counter",
        "Answers by route, side and why this side answered.",
    );
    each_side(totals, |route, side, counts| {
        let reasons = reason_labels().zip(counts.reasons);
        for (reason, count) in reasons.filter(|(_, count)| *count > 0) {
            let labels = [("route", route), ("side", side), ("reason", reason)];
            text.line("ficus_decisions_total", &labels, count);
        }
    });
    let why = "Native failures that legacy could not answer instead, by what forbade it.";
    text.family("ficus_fallbacks_refused_total", "counter", why);
    for (why, count) in &totals.fallbacks_refused {
        text.line("ficus_fallbacks_refused_total", &[("why", why)], count);
    }
    let skipped = "Request bodies that were not kept, so that the request had no fallback.";
    text.family("ficus_fallback_bodies_skipped_total", "counter", skipped);
    for (why, count) in &totals.bodies_not_kept {
        text.line("ficus_fallback_bodies_skipped_total", &[("why", why)], count);
    }
    let overrides = "Overrides that requests carried, by what they were worth.";
    text.family("ficus_overrides_total", "counter", overrides);
    for (outcome, count) in &totals.overrides {
        text.line("ficus_overrides_total", &[("outcome", outcome)], count);
    }
}

/// Adds the circuits of native routes to `text`.
pub fn render_circuits(rendered: &mut String, circuits: &Circuits) {
    let mut text = Text(std::mem::take(rendered));
    let view = circuits.view();
    text.family(
        "ficus_circuit_open",
        "gauge",
        "1 while native is skipped on a route because it kept failing.",
    );
    for (route, circuit) in &view {
        text.line(
            "ficus_circuit_open",
            &[("route", &route.to_string())],
            u8::from(circuit.open),
        );
    }
    text.family(
        "ficus_circuit_opened_total",
        "counter",
        "How often the circuit of a route has opened.",
    );
    for (route, circuit) in &view {
        text.line(
            "ficus_circuit_opened_total",
            &[("route", &route.to_string())],
            circuit.opened,
        );
    }
    *rendered = text.0;
}

fn upstream(text: &mut Text, totals: &Totals) {
    text.family(
        "ficus_upstream_events_total",
        "counter",
        "What happened on the way to legacy, by kind.",
    );
    for (event, count) in &totals.upstream {
        text.line("ficus_upstream_events_total", &[("event", event)], count);
    }
    let known = "Addresses of legacy.";
    text.single("ficus_upstream_addresses", "gauge", known, totals.addresses);
    let out = "Addresses of legacy that are left out because they keep failing.";
    text.single("ficus_upstream_addresses_out", "gauge", out, totals.addresses_out);
}

fn connections(text: &mut Text, totals: &Totals) {
    let retries = "Requests sent to legacy a second time.";
    text.single("ficus_upstream_retries_total", "counter", retries, totals.retries);
    text.single(
        "ficus_connections_total",
        "counter",
        "Client connections accepted.",
        totals.connections,
    );
    text.single(
        "ficus_access_log_dropped_total",
        "counter",
        "Lines of the access log that were dropped because writing was slow or failed.",
        totals.dropped_log_lines,
    );
    text.single(
        "ficus_requests_in_flight",
        "gauge",
        "Requests being answered.",
        totals.in_flight,
    );
    text.single(
        "ficus_tunnels_open",
        "gauge",
        "Upgraded connections open.",
        totals.tunnels,
    );
    // Absent until the first attempt: an alert must not ring for a process that nobody has asked anything yet.
    if let Some(reachable) = totals.legacy_reachable {
        text.single(
            "ficus_legacy_reachable",
            "gauge",
            "1 if the newest attempt to connect to legacy worked.",
            u8::from(reachable),
        );
    }
}

fn flag_file(text: &mut Text, flags: &flags::Status) {
    let stale = u8::from(flags.last_failure.is_some());
    text.single(
        "ficus_flags_loaded_total",
        "counter",
        "Flag versions put in force.",
        flags.loaded,
    );
    text.single(
        "ficus_flags_refused_total",
        "counter",
        "Flag versions refused.",
        flags.failed,
    );
    text.single(
        "ficus_flags_stale",
        "gauge",
        "1 while the newest flag file is not in force.",
        stale,
    );
    text.single(
        "ficus_flags_killed",
        "gauge",
        "1 while the kill switch is on for everything.",
        u8::from(flags.killed),
    );
    let named = flags.kill.groups.len() + flags.kill.routes.len();
    text.single(
        "ficus_flags_killed_names",
        "gauge",
        "Routes and groups that the kill switch names.",
        named,
    );
    text.family("ficus_flags_info", "gauge", "The flag version in force.");
    text.line("ficus_flags_info", &[("version", &flags.version)], 1);
}

/// Adds the counters of the shadow to `text`.
pub fn render_shadow(rendered: &mut String, recorder: &Recorder) {
    let mut text = Text::onto(rendered);
    text.family(
        "ficus_shadow_total",
        "counter",
        "Requests of shadowed routes, by what came of the comparison.",
    );
    for (route, outcome, count) in recorder.totals() {
        text.line("ficus_shadow_total", &[("route", &route), ("outcome", &outcome)], count);
    }
    text.single(
        "ficus_store_dropped_total",
        "counter",
        "Facts about comparisons that were dropped because the store was slow.",
        recorder.dropped(),
    );
    text.single(
        "ficus_store_failed_writes_total",
        "counter",
        "Batches that the store did not take.",
        recorder.failed_writes(),
    );
    *rendered = text.0;
}

/// Adds what recordings took.
pub fn render_record(rendered: &mut String, totals: record::Totals) {
    let mut text = Text(std::mem::take(rendered));
    let name = "ficus_record_total";
    text.family(
        name,
        "counter",
        "Exchanges offered to recordings, by what became of them.",
    );
    for (outcome, count) in [
        ("recorded", totals.recorded),
        ("dropped", totals.dropped),
        ("skipped", totals.skipped),
    ] {
        text.line(name, &[("outcome", outcome)], count);
    }
    *rendered = text.0;
}

fn each_side(totals: &Totals, mut visit: impl FnMut(&str, &str, &SideTotals)) {
    for (route, counts) in &totals.routes {
        for (side, counts) in [("legacy", &counts.legacy), ("native", &counts.native)] {
            if counts.answers() > 0 {
                visit(route, side, counts);
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a histogram edge in seconds needs no more precision than a double has"
)]
fn histogram(text: &mut Text, route: &str, side: &str, counts: &SideTotals) {
    let mut below = 0;
    for (edge, count) in EDGES_MICROS.iter().zip(&counts.buckets) {
        below += count;
        let edge = (*edge as f64 / 1e6).to_string();
        text.line(
            "ficus_request_seconds_bucket",
            &[("route", route), ("side", side), ("le", &edge)],
            below,
        );
    }
    let labels = [("route", route), ("side", side)];
    text.line(
        "ficus_request_seconds_bucket",
        &[labels[0], labels[1], ("le", "+Inf")],
        counts.answers(),
    );
    text.line("ficus_request_seconds_sum", &labels, counts.micros as f64 / 1e6);
    text.line("ficus_request_seconds_count", &labels, counts.answers());
}

#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// Continues a text; [`Self::into_string`] gives it back.
    pub(super) fn onto(rendered: &mut String) -> Self {
        Self(std::mem::take(rendered))
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.push(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.line(name, &[], value);
    }

    pub(super) fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        if labels.is_empty() {
            self.push(format_args!("{name} {value}\n"));
        } else {
            self.push(format_args!("{name}{{{}}} {value}\n", labels.join(",")));
        }
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        self.0.write_fmt(text).ok();
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
