//! The result as one page that needs nothing else: no script, no font, no picture.

use super::super::outcome::{Outcome, Played, Replay, Tally};
use super::percent;
use crate::compare::Difference;
use crate::console::html::Html;

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Parity</title><style>\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2733;background:#fff}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d8dee4;vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}code,pre{font:13px/1.5 ui-monospace,monospace}\
pre{background:#f4f6f8;padding:.6rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}\
td code{overflow-wrap:anywhere}details{border:1px solid #d8dee4;border-radius:4px;margin:.6rem 0;padding:.4rem .8rem}\
summary{cursor:pointer}.bad{color:#a4001d}.good{color:#1a6b34}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}\
th,td,details{border-color:#30363d}.bad{color:#ff7b72}.good{color:#7ee787}}\
</style></head><body><h1>Parity with the recording</h1>";

/// One self-contained HTML document.
#[must_use]
pub fn render_html(replay: &Replay) -> String {
    let mut page = Html::default();
    page.raw(HEAD);
    table(&mut page, replay);
    let of = |wanted: fn(&Outcome) -> bool| replay.played.iter().filter(move |one| wanted(&one.outcome));
    section(
        &mut page,
        "Mismatches",
        of(|outcome| matches!(outcome, Outcome::Mismatched(..))),
        true,
    );
    section(
        &mut page,
        "Not comparable",
        of(|outcome| matches!(outcome, Outcome::NotComparable(_))),
        true,
    );
    section(
        &mut page,
        "Deviations on purpose",
        of(|outcome| matches!(outcome, Outcome::Deviates(_))),
        false,
    );
    section(
        &mut page,
        "Legacy answered 5xx, not counted",
        of(|outcome| matches!(outcome, Outcome::LegacyFailed(_))),
        false,
    );
    section(
        &mut page,
        "Masked requests that differ, not counted",
        of(|outcome| matches!(outcome, Outcome::Masked(_))),
        false,
    );
    page.raw("</body></html>\n");
    page.finish()
}

fn table(page: &mut Html, replay: &Replay) {
    page.raw(
        "<table><thead><tr><th>route<th class=n>entries<th class=n>matched<th class=n>deviates<th class=n>mismatched\
         <th class=n>not comparable<th class=n>legacy 5xx<th class=n>share<th>kinds</tr></thead><tbody>",
    );
    for (route, tally) in replay.by_route() {
        row(page, route, &tally);
    }
    row(page, "total", &replay.total());
    page.raw("</tbody></table><p>")
        .text(replay.without_handler())
        .raw(" entries have no native handler and are not counted.</p>");
}

fn row(page: &mut Html, route: &str, tally: &Tally) {
    page.around("<tr><td><code>", route, "</code>");
    let counts = [
        tally.entries,
        tally.matched,
        tally.deviates,
        tally.mismatched,
        tally.not_comparable,
        tally.legacy_failed,
    ];
    for count in counts {
        page.around("<td class=n>", count, "");
    }
    page.raw(if tally.share() == 10_000 {
        "<td class=\"n good\">"
    } else {
        "<td class=\"n bad\">"
    });
    let kinds: Vec<String> = tally
        .kinds
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    page.text(percent(tally.share()))
        .around("<td>", kinds.join(", "), "</tr>");
}

fn section<'r>(page: &mut Html, title: &'static str, entries: impl Iterator<Item = &'r Played>, open: bool) {
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() {
        return;
    }
    page.raw("<h2>").raw(title).raw(" (").text(entries.len()).raw(")</h2>");
    for one in entries {
        entry(page, one, open);
    }
}

fn entry(page: &mut Html, one: &Played, open: bool) {
    page.raw(if open { "<details open>" } else { "<details>" });
    page.around("<summary><strong>", &one.id, "</strong> ")
        .around("<code>", &one.route, "</code> ")
        .text(&one.file);
    if one.live {
        page.raw(", played live on a clone of the database");
    }
    page.raw("</summary>");
    match &one.outcome {
        Outcome::Mismatched(differences, rule) => mismatch(page, differences, rule.as_deref()),
        Outcome::Deviates(why) => drop(page.around("<p>", why, "</p>")),
        Outcome::NotComparable(why) => drop(page.around("<p class=bad>", why, "</p>")),
        Outcome::Masked(parts) => drop(page.around("<p>masked: ", parts, "</p>")),
        Outcome::LegacyFailed(Some(status)) => drop(page.around("<p>native answers ", status, "</p>")),
        Outcome::LegacyFailed(None) => drop(page.raw("<p class=bad>native does not answer</p>")),
        Outcome::Matched | Outcome::NoHandler => {}
    }
    page.around("<pre>", &one.curl, "</pre></details>");
}

fn mismatch(page: &mut Html, differences: &[Difference], rule: Option<&str>) {
    if let Some(why) = rule {
        page.around("<p class=bad>A deviation is not kept: ", why, "</p>");
    }
    page.raw("<table><thead><tr><th>part<th>place<th>how<th>legacy<th>native</tr></thead><tbody>");
    for one in differences {
        page.around("<tr><td>", one.kind, "")
            .around("<td><code>", &one.path, "</code>")
            .around("<td>", one.detail, "");
        for value in [&one.legacy, &one.native] {
            let shown = value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
            page.around("<td><code>", shown, "</code>");
        }
        page.raw("</tr>");
    }
    page.raw("</tbody></table>");
}

#[cfg(test)]
mod tests {
    use super::render_html;
    use crate::replay::{Outcome, Played, Replay};

    #[test]
    fn what_a_recording_says_cannot_become_markup() {
        let played = Played {
            id: "<script>alert(1)</script>".to_owned(),
            area: "a".to_owned(),
            route: "GET /<b>".to_owned(),
            file: "\"x".to_owned(),
            outcome: Outcome::NotComparable("<i>".to_owned()),
            live: true,
            curl: "curl '<u>'".to_owned(),
        };
        let page = render_html(&Replay { played: vec![played] });
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("<i>") && !page.contains("<u>"));
        assert!(page.contains("&lt;script&gt;") && page.contains("played live on a clone"));
    }
}
