//! The database of the flags, in the text format of Prometheus.

use std::time::Duration;

use super::text::Text;
use crate::flag_database::SourceView;

/// Adds how the database of the flags is to `text`.
pub(crate) fn render_flag_source(rendered: &mut String, source: SourceView) {
    let mut text = Text::onto(rendered);
    let number = "Number of the version in force, as the database counts them; 0 while nothing is published.";
    text.single("ficus_flags_source_version", "gauge", number, source.number);
    let connected = "1 while the database of the flags answers.";
    text.single(
        "ficus_flags_source_connected",
        "gauge",
        connected,
        u8::from(source.connected),
    );
    let age = "Seconds since the database last said which version is the newest.";
    text.family("ficus_flags_source_age_seconds", "gauge", age);
    if let Some(age) = source.age_ms {
        let age = Duration::from_millis(age).as_secs_f64();
        text.line("ficus_flags_source_age_seconds", &[], age);
    }
    let losses = "How often the connection to the database of the flags was lost.";
    text.single("ficus_flags_source_losses_total", "counter", losses, source.losses);
    *rendered = text.into_string();
}
