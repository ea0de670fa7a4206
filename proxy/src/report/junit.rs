//! The report for build servers: a test for each route, which fails when a difference of it counts.

use super::model::{Class, Report, RouteReport};
use super::terminal::safe;
use super::words;

/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 400;

/// The report as one JUnit test suite. Routes that were not compared are skipped tests, never passed ones.
#[must_use]
pub fn render_junit(report: &Report) -> String {
    let failures = report.routes.iter().filter(|route| route.totals.mismatched > 0).count();
    let skipped = report.routes.iter().filter(|route| route.totals.samples == 0).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ficus report\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">\n",
        report.routes.len(),
    );
    for route in &report.routes {
        text.push_str(&test(route));
    }
    text.push_str("</testsuite>\n");
    text
}

fn test(route: &RouteReport) -> String {
    let group = route.group.clone().unwrap_or_else(|| "routes".to_owned());
    let outcome = if route.totals.mismatched > 0 {
        let causes = route
            .differences
            .iter()
            .filter(|difference| difference.class == Class::Counts);
        let lines: Vec<String> = causes
            .flat_map(|difference| {
                let value = |sample: &Option<String>| words::value(sample.as_deref(), LONGEST_VALUE);
                [
                    format!("{}  {}", words::cause(&difference.group), words::seen(difference)),
                    format!("  legacy  {}", value(&difference.group.legacy_sample)),
                    format!("  native  {}", value(&difference.group.native_sample)),
                    format!(
                        "  again   {}",
                        difference.reproducer.as_deref().unwrap_or("(no sample)")
                    ),
                ]
            })
            .collect();
        let lines = lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n");
        format!(
            "    <failure message=\"{} mismatched\">\n{lines}\n    </failure>\n",
            route.totals.mismatched
        )
    } else if route.totals.samples == 0 {
        "    <skipped message=\"nothing was compared\"/>\n".to_owned()
    } else {
        String::new()
    };
    format!(
        "  <testcase classname=\"{}\" name=\"{}\">\n{outcome}    <system-out>{}</system-out>\n  </testcase>\n",
        escaped(&group),
        escaped(&route.route),
        escaped(&words::totals(&route.totals))
    )
}

/// Text for XML 1.0, which has no control characters, not even escaped; they are written out.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            other => shown.push(other),
        }
    }
    shown
}
