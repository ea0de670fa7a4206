//! What moves routes by itself, in the text format of Prometheus.

use super::text::Text;
use crate::rollout::RolloutAccount;

/// Adds what guards and schedules have done, and what waits for a person, to `text`.
pub fn render_rollout(rendered: &mut String, account: &RolloutAccount) {
    let mut text = Text::onto(rendered);
    guards(&mut text, account);
    let steps = "Steps of schedules that this process has taken, and schedules that it has cancelled.";
    text.family("ficus_schedule_steps_total", "counter", steps);
    for (outcome, count) in account.steps() {
        text.line("ficus_schedule_steps_total", &[("outcome", outcome)], count);
    }
    let news = account.news();
    let running = "Schedules that go on.";
    text.single("ficus_schedules_running", "gauge", running, news.running);
    let waiting = "Steps that wait for a second person.";
    text.single("ficus_approvals_waiting", "gauge", waiting, news.waiting.len());
    let forgotten = "1 for each route or group whose date has passed, or that nobody has moved for long.";
    text.family("ficus_rollout_forgotten", "gauge", forgotten);
    for one in &news.forgotten {
        text.line("ficus_rollout_forgotten", &[("target", &one.target)], 1);
    }
    *rendered = text.into_string();
}

fn guards(text: &mut Text, account: &RolloutAccount) {
    let guard = &account.guard;
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
}
