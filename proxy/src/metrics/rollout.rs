//! What moves routes by itself, in the text format of Prometheus.

use super::text::Text;
use crate::rollout::GuardAccount;

/// Adds what guards have done to `text`.
pub fn render_guard(rendered: &mut String, guard: &GuardAccount) {
    let mut text = Text::onto(rendered);
    text.single(
        "ficus_guard_watched_routes",
        "gauge",
        "Routes that a guard judges at the moment.",
        guard.watched(),
    );
    text.family(
        "ficus_guard_acts_total",
        "counter",
        "Routes that a guard of this process has taken back, by what was broken.",
    );
    for (route, criterion, outcome, count) in guard.acts() {
        let labels = [
            ("route", route.as_str()),
            ("criterion", criterion.as_str()),
            ("outcome", outcome.as_str()),
        ];
        text.line("ficus_guard_acts_total", &labels, count);
    }
    *rendered = text.into_string();
}
