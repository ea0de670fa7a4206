//! One route of the HTML report: figures, why requests were not compared, what was learned, and the causes.

use super::super::csv::class;
use super::super::model::{Class, Difference, Report, RouteReport};
use super::super::words;
use crate::console::html::Html;

/// Causes shown of one route; the rest is counted.
const MOST_CAUSES: usize = 100;

/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 2_000;

/// The section of one route, open when a difference counts.
pub(super) fn section(html: &mut Html, report: &Report, index: usize, route: &RouteReport) {
    html.around("<section aria-labelledby=\"route-", index, "\">\n");
    html.raw(match route.totals.mismatched {
        0 => "<details>\n<summary>",
        _ => "<details open>\n<summary>",
    });
    html.around("<h2 id=\"route-", index, "\"><code>");
    html.around("", &route.route, "</code></h2> ");
    html.around(
        "<span class=\"quiet\">",
        words::place(route),
        "</span></summary>\n<dl class=\"facts\">\n",
    );
    fact(html, "Compared", &words::totals(&route.totals));
    if !route.statuses.is_empty() {
        fact(html, "Legacy answered", &words::statuses(route));
    }
    fact(html, "Latency of legacy", &words::latency(route.legacy_latency));
    fact(html, "Latency of native", &words::latency(route.native_latency));
    for (reason, n) in &route.reasons {
        fact(html, "Not compared", &format!("{n} × {reason}"));
    }
    for learned in &route.learned {
        fact(html, "Learned", &words::learned(learned));
    }
    for place in &route.appeared {
        fact(html, "Only under the new rules", place);
    }
    html.raw("</dl>\n");
    for difference in route.differences.iter().take(MOST_CAUSES) {
        cause(html, report, difference);
    }
    let more = route.differences.len().saturating_sub(MOST_CAUSES);
    if more > 0 {
        html.around("<p>And ", more, " more causes; the JSON report has them all.</p>\n");
    }
    html.raw("</details>\n</section>\n");
}

fn fact(html: &mut Html, name: &'static str, value: &str) {
    html.raw("<dt>").raw(name).around("</dt><dd>", value, "</dd>\n");
}

fn cause(html: &mut Html, report: &Report, difference: &Difference) {
    let group = &difference.group;
    html.raw(match difference.class {
        Class::Counts => "<article class=\"cause counts\">\n<h3><span class=\"chip bad\">",
        Class::Waived | Class::Noise | Class::Explained => "<article class=\"cause\">\n<h3><span class=\"chip\">",
    });
    html.raw(class(difference.class))
        .around("</span> <code>", words::cause(group), "</code></h3>\n");
    html.around("<p class=\"quiet\">", words::seen(difference), "</p>\n");
    if let Some(waiver) = difference.waiver.and_then(|index| report.waivers.get(index)) {
        html.around("<p>Waiver: ", words::waiver(waiver), "</p>\n");
    }
    html.raw("<div class=\"sides\">\n");
    for (side, sample) in [("Legacy", &group.legacy_sample), ("Native", &group.native_sample)] {
        html.raw("<div><h4>").raw(side).raw("</h4>");
        html.around(
            "<pre>",
            words::value(sample.as_deref(), LONGEST_VALUE),
            "</pre></div>\n",
        );
    }
    html.raw("</div>\n");
    if let Some(reproducer) = &difference.reproducer {
        html.around("<h4>Again</h4><pre>", reproducer, "</pre>\n");
    }
    if let Some(again) = difference.again {
        html.around("<p>Under the new rules: ", words::again(again), "</p>\n");
    }
    html.raw("</article>\n");
}
