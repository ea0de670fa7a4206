//! The report for pull requests and wikis.

use super::csv::class;
use super::model::{Difference, Report, RouteReport, Totals};
use super::terminal::safe;
use super::words;

/// Causes shown of one route; the rest is counted.
const MOST_CAUSES: usize = 20;

/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 300;

/// The report as GitHub Markdown. What came from outside stands in code spans and cannot leave them.
#[must_use]
pub fn render_markdown(report: &Report) -> String {
    let mut page = format!("# {}\n\n", plain(&words::title(report)));
    page.push_str("| | samples | match | 95 % | mismatched | waived | noise | not compared |\n|---|--:|--:|---|--:|--:|--:|--:|\n");
    row(&mut page, "**all routes**", &report.totals);
    for (name, sum) in &report.phases {
        row(&mut page, &format!("phase {}", plain(name)), sum);
    }
    for (name, sum) in &report.groups {
        row(&mut page, &format!("group {}", plain(name)), sum);
    }
    for route in &report.routes {
        row(&mut page, &code(&route.route), &route.totals);
    }
    for one in &report.routes {
        route(&mut page, one);
    }
    if !report.waivers.is_empty() {
        page.push_str("\n## Waivers\n\n");
        for waiver in &report.waivers {
            page.push_str(&format!("- {}\n", code(&words::waiver(waiver))));
        }
    }
    page
}

fn row(page: &mut String, name: &str, totals: &Totals) {
    page.push_str(&format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} |\n",
        totals.samples,
        totals.match_rate.map_or_else(|| "–".to_owned(), words::percent),
        totals
            .match_rate
            .map_or_else(|| "–".to_owned(), |_| words::interval(totals).replacen("95 %: ", "", 1)),
        totals.mismatched,
        totals.waived,
        totals.noise,
        totals.not_compared
    ));
}

fn route(page: &mut String, route: &RouteReport) {
    page.push_str(&format!("\n## {}\n\n", code(&route.route)));
    let place = words::place(route);
    if !place.is_empty() {
        page.push_str(&format!("{}\n\n", plain(&place)));
    }
    page.push_str(&format!("- {}\n", words::totals(&route.totals)));
    if !route.statuses.is_empty() {
        page.push_str(&format!("- legacy answered {}\n", words::statuses(route)));
    }
    page.push_str(&format!("- latency: legacy {}; ", words::latency(route.legacy_latency)));
    page.push_str(&format!("native {}\n", words::latency(route.native_latency)));
    for (reason, n) in &route.reasons {
        page.push_str(&format!("- not compared: {n} × {}\n", plain(reason)));
    }
    for learned in &route.learned {
        page.push_str(&format!("- learned: {}\n", code(&words::learned(learned))));
    }
    for difference in route.differences.iter().take(MOST_CAUSES) {
        cause(page, difference);
    }
    let more = route.differences.len().saturating_sub(MOST_CAUSES);
    if more > 0 {
        page.push_str(&format!("\nAnd {more} more causes.\n"));
    }
    for place in &route.appeared {
        page.push_str(&format!("\nOnly under the new rules: {}\n", code(place)));
    }
}

fn cause(page: &mut String, difference: &Difference) {
    let group = &difference.group;
    page.push_str(&format!(
        "\n### {} ({})\n\n",
        code(&words::cause(group)),
        class(difference.class)
    ));
    page.push_str(&format!(
        "{}\n\n| legacy | native |\n|---|---|\n",
        plain(&words::seen(difference))
    ));
    let [legacy, native] = [&group.legacy_sample, &group.native_sample]
        .map(|sample| code(&words::value(sample.as_deref(), LONGEST_VALUE)).replace('|', "\\|"));
    page.push_str(&format!("| {legacy} | {native} |\n"));
    if let Some(reproducer) = &difference.reproducer {
        page.push_str(&format!("\n{}\n", code(reproducer)));
    }
    if let Some(again) = difference.again {
        page.push_str(&format!("\nUnder the new rules: {}\n", words::again(again)));
    }
}

/// A code span whose fence is longer than any run of backticks inside (CommonMark, section 6.1).
fn code(text: &str) -> String {
    let text = safe(text);
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text outside code, with everything escaped that Markdown or HTML would act on.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '<' => shown.push_str("&lt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                shown.push('\\');
                shown.push(character);
            }
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{code, plain};

    #[test]
    fn code_cannot_be_left_and_text_is_text() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("<img src=x>\n# b"), "`<img src=x>\\n# b`");
        assert_eq!(plain("<b>[x](y) *z*|"), "&lt;b>\\[x\\](y) \\*z\\*\\|");
    }
}
