//! The status page: is it well, what is in force, how does each route do.

use std::time::Duration;

use super::html::Html;
use super::view::{FlagsView, LegacyView, NativeView, RouteView, StatusView};

/// How long a page stays before it loads itself again; long enough to read a table and to select text.
const REFRESH: &str = r#"<meta http-equiv="refresh" content="15">"#;

/// The whole document. `refreshing` pages load themselves again and offer to stop.
pub(super) fn page(view: &StatusView, refreshing: bool) -> String {
    let mut html = Html::default();
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    if refreshing {
        html.raw(REFRESH).raw("\n");
    }
    html.raw("<title>Ficus: status</title>\n<link rel=\"icon\" href=\"/console.svg\">\n");
    html.raw("<link rel=\"stylesheet\" href=\"/console.css\">\n</head>\n<body>\n");
    header(&mut html, view, refreshing);
    html.raw("<main>\n");
    notices(&mut html, view);
    html.raw("<section aria-label=\"Overview\" class=\"cards\">\n");
    flags_card(&mut html, &view.flags);
    native_card(&mut html, &view.native);
    legacy_card(&mut html, &view.legacy);
    html.raw("</section>\n");
    routes(&mut html, view);
    html.raw("</main>\n</body>\n</html>\n");
    html.finish()
}

fn header(html: &mut Html, view: &StatusView, refreshing: bool) {
    html.raw("<header>\n<h1>Ficus</h1>\n<p>Version ")
        .text(env!("CARGO_PKG_VERSION"));
    html.around(", serving for ", duration(view.uptime), ". ");
    html.raw(if refreshing {
        "This page updates itself every 15 seconds. <a href=\"/?refresh=off\">Stop updating</a>"
    } else {
        "This page does not update itself. <a href=\"/\">Keep it updated</a>"
    });
    html.raw(
        "</p>\n<nav aria-label=\"More\"><a href=\"/report\">Parity report</a> <a href=\"/health\">Health</a> <a href=\"/ready\">Readiness</a> ",
    );
    html.raw("<a href=\"/metrics\">Metrics</a></nav>\n</header>\n");
}

/// What somebody should act upon, before everything else.
fn notices(html: &mut Html, view: &StatusView) {
    if view.draining {
        html.raw(
            "<p class=\"notice bad\" role=\"status\"><strong>Draining.</strong> No new connections are taken.</p>\n",
        );
    }
    if view.flags.killed {
        html.raw(
            "<p class=\"notice bad\" role=\"status\"><strong>Kill switch on.</strong> Legacy answers everything.</p>\n",
        );
    }
    if !view.flags.killed_names.is_empty() {
        let names = view.flags.killed_names.join(", ");
        html.raw("<p class=\"notice bad\" role=\"status\"><strong>Kill switch on.</strong> Legacy answers ")
            .around("<code>", names, "</code>.</p>\n");
    }
    if !view.flags.kill_unknown.is_empty() {
        let names = view.flags.kill_unknown.join(", ");
        html.raw("<p class=\"notice bad\" role=\"status\"><strong>The kill switch names what is not there:</strong> ")
            .around("<code>", names, "</code>. Nothing is killed by that.</p>\n");
    }
    for problem in &view.certificates {
        html.raw("<div class=\"notice bad\" role=\"status\"><strong>New certificates were refused.</strong> ");
        html.around("The last good ones stay in force.<pre>", problem, "</pre></div>\n");
    }
    for notice in &view.notices {
        html.around("<div class=\"notice\" role=\"status\">", notice, "</div>\n");
    }
    if let Some(problem) = &view.flags.problem {
        html.raw("<div class=\"notice bad\" role=\"status\"><strong>The newest flag file was refused.</strong> ");
        html.around("The last good flags stay in force.<pre>", problem, "</pre></div>\n");
    }
}

fn flags_card(html: &mut Html, flags: &FlagsView) {
    html.raw("<article><h2>Flags</h2>\n");
    match &flags.file {
        None => html.raw("<p class=\"big\">none</p><p>No flag file: legacy answers everything.</p>"),
        Some(file) => {
            html.around("<p class=\"big\"><code>", &flags.version, "</code></p>");
            html.around("<p><code>", file, "</code></p>");
            html.around("<p>Loaded ", times(flags.loaded), ", ");
            html.around("refused ", times(flags.failed), ".</p>")
        }
    };
    html.raw("</article>\n");
}

fn native_card(html: &mut Html, native: &NativeView) {
    html.raw("<article><h2>Native handlers</h2>\n");
    match native {
        NativeView::On { handlers } => {
            html.raw("<p class=\"big good\">on</p>")
                .around("<p>", handlers, " endpoints.</p>")
        }
        NativeView::Off { reason } => html.raw("<p class=\"big\">off</p>").around("<p>", reason, "</p>"),
    };
    html.raw("</article>\n");
}

fn legacy_card(html: &mut Html, legacy: &LegacyView) {
    html.raw("<article><h2>Legacy</h2>\n");
    html.raw(match legacy.reachable {
        Some(true) => "<p class=\"big good\">reachable</p>",
        Some(false) => "<p class=\"big bad\">not reachable</p>",
        None => "<p class=\"big\">not asked yet</p>",
    });
    html.around("<p><code>", &legacy.url, "</code></p>");
    if let Some(detail) = &legacy.detail {
        html.around("<p>", detail, "</p>");
    }
    html.raw("</article>\n");
}

fn routes(html: &mut Html, view: &StatusView) {
    html.raw("<section aria-labelledby=\"routes\">\n<h2 id=\"routes\">Routes</h2>\n");
    if view.routes.is_empty() {
        html.raw("<p>No flag names a route, so legacy answers all of them.</p>\n");
    } else {
        html.raw(
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"routes\" tabindex=\"0\">\n<table>\n<thead><tr>",
        );
        html.raw("<th scope=\"col\">Route</th><th scope=\"col\">Phase</th><th scope=\"col\">Stage</th>");
        html.raw("<th scope=\"col\" class=\"number\">Legacy</th><th scope=\"col\" class=\"number\">Native</th>");
        html.raw("<th scope=\"col\" class=\"number\">Compared</th><th scope=\"col\" class=\"number\">Match</th>");
        html.raw("<th scope=\"col\">Last difference</th></tr></thead>\n<tbody>\n");
        view.routes.iter().for_each(|route| row(html, route));
        html.raw("</tbody>\n</table>\n</div>\n");
    }
    html.around(
        "<p>Requests on routes without a flag: ",
        grouped(view.unflagged),
        ".</p>\n</section>\n",
    );
}

fn row(html: &mut Html, route: &RouteView) {
    html.around("<tr><th scope=\"row\"><code>", &route.route, "</code></th>");
    html.around(
        "<td>",
        route.phase.map_or_else(|| "–".to_owned(), |phase| phase.to_string()),
        "</td>",
    );
    html.around("<td><span class=\"stage ", &route.stage, "\">")
        .around("", &route.stage, "</span>");
    if let Some(share) = &route.share {
        html.around(" ", share, "");
    }
    for (is_so, word) in [(route.killed, "killed"), (route.skipped, "native is skipped")] {
        if is_so {
            html.around(" <strong class=\"bad\">", word, "</strong>");
        }
    }
    html.raw("</td>");
    for count in [route.legacy, route.native, route.compared] {
        html.around("<td class=\"number\">", grouped(count), "</td>");
    }
    match route.match_basis_points() {
        None => html.raw("<td class=\"number\">–</td>"),
        Some(10_000) => html.raw("<td class=\"number good\">100 %</td>"),
        Some(points) => html.around(
            "<td class=\"number bad\">",
            format_args!("{}.{:02}", points / 100, points % 100),
            " %</td>",
        ),
    };
    html.around("<td>", route.last_difference.as_deref().unwrap_or("–"), "</td></tr>\n");
}

fn times(count: u64) -> String {
    if count == 1 {
        "once".to_owned()
    } else {
        format!("{} times", grouped(count))
    }
}

/// `1234567` as `1 234 567`, with narrow spaces that do not break.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The two largest units, whole.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests;
