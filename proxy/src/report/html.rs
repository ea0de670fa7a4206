//! The report as one HTML file that needs nothing else: no script, no font, no picture, no connection. Light and dark.

mod route;

use super::model::{Report, Totals};
use super::words;
use crate::console::html::Html;

/// The look of the console, and what only a report has.
const STYLE: [&str; 2] = [include_str!("../console/console.css"), include_str!("html/report.css")];

/// What a browser may do with the page: nothing but show it. Also sent as a header where the page is served.
pub const REPORT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document. Everything that came from outside is escaped.
#[must_use]
pub fn render_html(report: &Report) -> String {
    let mut html = Html::default();
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>Ficus: parity report</title>\n<style>\n");
    for style in STYLE {
        html.raw(style);
    }
    html.raw("</style>\n</head>\n<body>\n<header>\n");
    html.around("<h1>", words::title(report), "</h1>\n");
    html.around("<p>Made ", words::moment(report.made_ms), " by Ficus ");
    html.text(env!("CARGO_PKG_VERSION")).raw(".</p>\n</header>\n<main>\n");
    overview(&mut html, &report.totals);
    sums(&mut html, report);
    routes(&mut html, report);
    for (index, one) in report.routes.iter().enumerate() {
        route::section(&mut html, report, index, one);
    }
    waivers(&mut html, report);
    html.raw("</main>\n</body>\n</html>\n");
    html.finish()
}

fn overview(html: &mut Html, totals: &Totals) {
    html.raw("<section aria-label=\"Overview\" class=\"cards\">\n");
    html.raw("<article><h2>Match rate</h2>\n");
    html.raw(if totals.mismatched == 0 && totals.samples > 0 {
        "<p class=\"big good\">"
    } else {
        "<p class=\"big\">"
    });
    match totals.match_rate {
        None => html.raw("no samples</p>"),
        Some(rate) => html
            .text(words::percent(rate))
            .around("</p><p>", words::interval(totals), "</p>"),
    };
    html.raw("</article>\n<article><h2>Compared</h2>\n");
    html.around("<p class=\"big\">", totals.samples, "</p>");
    html.around("<p>", totals.matched, " matched, ")
        .text(totals.mismatched)
        .raw(" mismatched</p></article>\n");
    html.raw("<article><h2>Set apart</h2>\n");
    html.around(
        "<p class=\"big\">",
        totals.waived + totals.noise + totals.explained,
        "</p>",
    );
    html.around("<p>", totals.waived, " waived, ")
        .around("", totals.noise, " noise, ");
    html.around("", totals.explained, " explained</p></article>\n");
    html.raw("<article><h2>No verdict</h2>\n");
    let without = totals.transient + totals.legacy_failed + totals.not_compared;
    html.around("<p class=\"big\">", without, "</p>");
    html.around("<p>", totals.not_compared, " not compared, ")
        .around("", totals.transient, " transient, ");
    html.around("", totals.legacy_failed, " legacy failed</p></article>\n</section>\n");
}

/// Phases and groups.
fn sums(html: &mut Html, report: &Report) {
    let phases = report.phases.iter().map(|(name, sum)| (format!("Phase {name}"), sum));
    let groups = report.groups.iter().map(|(name, sum)| (format!("Group {name}"), sum));
    html.raw("<section aria-labelledby=\"sums\">\n<h2 id=\"sums\">Phases and groups</h2>\n");
    table_head(html, "sums", "<th scope=\"col\">Part</th>");
    for (name, sum) in phases.chain(groups) {
        html.around("<tr><th scope=\"row\">", name, "</th>");
        figures(html, sum);
        html.raw("</tr>\n");
    }
    html.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

fn routes(html: &mut Html, report: &Report) {
    html.raw("<section aria-labelledby=\"routes\">\n<h2 id=\"routes\">Routes</h2>\n");
    if report.routes.is_empty() {
        html.raw("<p>Nothing was compared yet. Give a route the stage <code>shadow</code> and send it requests.</p>\n</section>\n");
        return;
    }
    table_head(html, "routes", "<th scope=\"col\">Route</th>");
    for (index, route) in report.routes.iter().enumerate() {
        html.around("<tr><th scope=\"row\"><a href=\"#route-", index, "\"><code>");
        html.around("", &route.route, "</code></a></th>");
        figures(html, &route.totals);
        html.raw("</tr>\n");
    }
    html.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

fn table_head(html: &mut Html, labelled_by: &'static str, first: &'static str) {
    html.around(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"",
        labelled_by,
        "\">\n",
    );
    html.raw("<table>\n<thead><tr>").raw(first);
    html.raw("<th scope=\"col\" class=\"number\">Samples</th><th scope=\"col\" class=\"number\">Match</th>");
    html.raw("<th scope=\"col\">95 %</th><th scope=\"col\" class=\"number\">Mismatched</th>");
    html.raw("<th scope=\"col\" class=\"number\">Waived</th><th scope=\"col\" class=\"number\">Noise</th>");
    html.raw("<th scope=\"col\" class=\"number\">Not compared</th></tr></thead>\n<tbody>\n");
}

fn figures(html: &mut Html, totals: &Totals) {
    html.around("<td class=\"number\">", totals.samples, "</td>");
    match totals.match_rate {
        None => html.raw("<td class=\"number\">–</td><td>–</td>"),
        Some(rate) => {
            html.raw(match totals.mismatched {
                0 => "<td class=\"number good\">",
                _ => "<td class=\"number bad\">",
            });
            html.text(words::percent(rate));
            let (low, high) = (
                words::percent(totals.interval.low),
                words::percent(totals.interval.high),
            );
            html.around("</td><td class=\"range\">", low, " – ")
                .text(high)
                .raw("</td>")
        }
    };
    html.raw(match totals.mismatched {
        0 => "<td class=\"number\">",
        _ => "<td class=\"number bad\">",
    });
    html.text(totals.mismatched).raw("</td>");
    for count in [totals.waived, totals.noise, totals.not_compared] {
        html.around("<td class=\"number\">", count, "</td>");
    }
}

fn waivers(html: &mut Html, report: &Report) {
    if report.waivers.is_empty() {
        return;
    }
    html.raw("<section aria-labelledby=\"waivers\">\n<h2 id=\"waivers\">Waivers</h2>\n<ul class=\"plain\">\n");
    for waiver in &report.waivers {
        html.raw(if waiver.expired {
            "<li><span class=\"chip bad\">expired</span> "
        } else {
            "<li><span class=\"chip\">in force</span> "
        });
        html.text(words::waiver(waiver)).raw("</li>\n");
    }
    html.raw("</ul>\n</section>\n");
}
