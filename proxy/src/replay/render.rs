//! The result for a person, for a script and for a build server.

mod html;

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::outcome::{Outcome, Played, Replay, Tally};
use crate::compare::Difference;
use crate::report::safe;

pub use self::html::render_html;

/// A table by route, then every entry that needs a look.
#[must_use]
pub fn render_text(replay: &Replay) -> String {
    let mut text = String::new();
    let routes = replay.by_route();
    let width = routes.keys().map(|route| route.len()).max().unwrap_or(5).max(5);
    let _ = writeln!(
        text,
        "{:<width$}  entries  matched  deviates  mismatched  not comparable  legacy 5xx   share  kinds",
        "route"
    );
    let total = replay.total();
    for (route, tally) in routes.into_iter().chain([("total", total)]) {
        line(&mut text, route, width, &tally);
    }
    let _ = writeln!(text, "no handler: {} entries, not counted", replay.without_handler());
    let _ = writeln!(
        text,
        "masked and different: {} entries, not counted",
        replay.total().masked
    );
    for one in &replay.played {
        detail(&mut text, one);
    }
    text
}

fn line(text: &mut String, route: &str, width: usize, tally: &Tally) {
    let kinds: Vec<String> = tally
        .kinds
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    let row = format!(
        "{route:<width$}  {:>7}  {:>7}  {:>8}  {:>10}  {:>14}  {:>10}  {:>6}  {}",
        tally.entries,
        tally.matched,
        tally.deviates,
        tally.mismatched,
        tally.not_comparable,
        tally.legacy_failed,
        percent(tally.share()),
        kinds.join(", "),
    );
    let _ = writeln!(text, "{}", row.trim_end());
}

fn detail(text: &mut String, one: &Played) {
    let place = format!("{} ({}, {})", one.id, one.route, one.file);
    let place = if one.live {
        format!("{place}, live on a clone")
    } else {
        place
    };
    let place = safe(&place);
    match &one.outcome {
        Outcome::Matched | Outcome::NoHandler => {}
        Outcome::Deviates(why) => {
            let _ = writeln!(text, "\ndeviates  {place}\n  {}", safe(why));
        }
        Outcome::LegacyFailed(status) => {
            let status = status.map_or_else(|| "not at all".to_owned(), |status| status.to_string());
            let _ = writeln!(text, "\nlegacy 5xx  {place}\n  native answers {status}");
        }
        Outcome::Masked(parts) => {
            let _ = writeln!(
                text,
                "\nmasked  {place}\n  differs, but the recording has not its {}",
                safe(parts)
            );
        }
        Outcome::NotComparable(reason) => {
            let _ = writeln!(text, "\nnot comparable  {place}\n  {}", safe(reason));
        }
        Outcome::Mismatched(differences, rule) => {
            let _ = writeln!(text, "\nMISMATCH  {place}");
            if let Some(why) = rule {
                let _ = writeln!(text, "  a deviation is not kept: {}", safe(why));
            }
            for one in differences {
                let _ = writeln!(text, "  {}", safe(&shown(one)));
            }
            let _ = writeln!(text, "  {}", safe(&one.curl));
        }
    }
}

fn shown(difference: &Difference) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
    format!(
        "{} {} {}: legacy {}, native {}",
        difference.kind,
        difference.path,
        difference.detail,
        value(&difference.legacy),
        value(&difference.native),
    )
}

fn percent(share: usize) -> String {
    format!("{}.{:02}%", share / 100, share % 100)
}

/// One JSON document.
#[must_use]
pub fn render_json(replay: &Replay) -> Value {
    let routes: Vec<Value> = replay
        .by_route()
        .into_iter()
        .map(|(route, tally)| tally_to_json(route, &tally))
        .collect();
    let entries: Vec<Value> = replay.played.iter().map(entry_to_json).collect();
    json!({
        "total": tally_to_json("total", &replay.total()),
        "noHandler": replay.without_handler(),
        "routes": routes,
        "entries": entries,
    })
}

fn tally_to_json(name: &str, tally: &Tally) -> Value {
    json!({
        "route": name, "entries": tally.entries, "matched": tally.matched, "deviates": tally.deviates,
        "mismatched": tally.mismatched, "notComparable": tally.not_comparable,
        "legacyFailed": tally.legacy_failed, "masked": tally.masked, "shareBasisPoints": tally.share(), "kinds": tally.kinds,
    })
}

fn entry_to_json(one: &Played) -> Value {
    let (word, detail) = match &one.outcome {
        Outcome::Matched => ("matched", Value::Null),
        Outcome::NoHandler => ("no handler", Value::Null),
        Outcome::Deviates(why) => ("deviates", json!(why)),
        Outcome::LegacyFailed(status) => ("legacy failed", json!(status)),
        Outcome::NotComparable(reason) => ("not comparable", json!(reason)),
        Outcome::Masked(parts) => ("masked", json!(parts)),
        Outcome::Mismatched(differences, rule) => {
            let differences: Vec<Value> = differences
                .iter()
                .map(|one| {
                    json!({
                        "kind": one.kind.as_str(), "detail": one.detail.as_str(), "path": one.path,
                        "legacy": one.legacy, "native": one.native,
                    })
                })
                .collect();
            (
                "mismatched",
                json!({ "differences": differences, "rule": rule, "curl": one.curl }),
            )
        }
    };
    json!({
        "id": one.id, "area": one.area, "route": one.route, "file": one.file, "live": one.live, "outcome": word, "detail": detail,
    })
}

/// One test case for each entry with a handler, in the JUnit notation.
#[must_use]
pub fn render_junit(replay: &Replay) -> String {
    let tally = replay.total();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ficus replay\" tests=\"{}\" failures=\"{}\">\n",
        tally.entries + tally.legacy_failed + tally.masked,
        tally.mismatched + tally.not_comparable,
    );
    for one in &replay.played {
        let inside = match &one.outcome {
            Outcome::NoHandler => continue,
            Outcome::Matched | Outcome::Deviates(_) => String::new(),
            Outcome::Masked(_) => "<skipped message=\"the request is masked\"/>".to_owned(),
            Outcome::LegacyFailed(_) => "<skipped message=\"legacy answered 5xx\"/>".to_owned(),
            Outcome::NotComparable(reason) => format!("<failure message=\"{}\"/>", escaped(reason)),
            Outcome::Mismatched(differences, _) => {
                let lines: Vec<String> = differences.iter().map(shown).collect();
                format!("<failure message=\"mismatch\">{}</failure>", escaped(&lines.join("\n")))
            }
        };
        let _ = writeln!(
            text,
            "  <testcase classname=\"{}\" name=\"{}\">{inside}</testcase>",
            escaped(&one.route),
            escaped(&one.id)
        );
    }
    text.push_str("</testsuite>\n");
    text
}

/// XML 1.0 has no control characters but tab and line end, not even escaped.
fn escaped(text: &str) -> String {
    text.chars()
        .filter(|one| !one.is_control() || matches!(one, '\n' | '\t'))
        .map(|one| match one {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
