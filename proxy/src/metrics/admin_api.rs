//! Who was not let into the admin API, in the text format of Prometheus.

use super::text::Text;

/// Adds the counters to `text`.
pub(crate) fn render_admin_api(rendered: &mut String, refused: &[(&str, u64)], locked_out: u64, forbidden: u64) {
    let mut text = Text::onto(rendered);
    let name = "ficus_admin_tokens_refused_total";
    text.family(
        name,
        "counter",
        "Requests to the admin API without a token that is taken, by what was wrong with it.",
    );
    for (reason, count) in refused {
        text.line(name, &[("reason", reason)], count);
    }
    let help = "Requests to the admin API of an address that had too many tokens refused.";
    text.single("ficus_admin_locked_out_total", "counter", help, locked_out);
    let help = "Requests to the admin API whose role did not allow them.";
    text.single("ficus_admin_forbidden_total", "counter", help, forbidden);
    *rendered = text.into_string();
}
