//! The report for machines.

use super::model::Report;

/// Pretty JSON, with a line break at the end. Fields are only ever added.
///
/// # Errors
/// Never in practice: every value is a number, a text or a map with text keys.
pub fn render_json(report: &Report) -> Result<String, serde_json::Error> {
    Ok(format!("{}\n", serde_json::to_string_pretty(report)?))
}
