//! Every format says the same, and none of them can be broken by what an answer holds.

use std::sync::Arc;

use super::super::{Filter, Report, render_csv, render_html, render_json, render_junit, render_markdown, render_text};
use super::judging::{comparison, places, store};
use crate::store::{Comparison, FoundDifference, NewWaiver, Place};

/// What a stranger would send: to a browser, a terminal, a spreadsheet, an XML parser and a Markdown renderer.
const HOSTILE: &str = "\"</pre><script>alert(1)</script><img src=x onerror=alert(2)>\u{1b}[31m\u{202e}`|\u{0}]]>&\"";

async fn hostile() -> Report {
    let difference = FoundDifference {
        place: Place {
            kind: "body",
            path: "$[\"=cmd|' /c calc'!A1 <b>\"]".to_owned(),
        },
        detail: "changed",
        legacy: Some(HOSTILE.to_owned()),
        native: Some("=1+1".to_owned()),
    };
    let odd = Comparison {
        differences: vec![difference],
        client: Arc::from("c9"),
        ..comparison(&["$.x"])
    };
    let store = store([odd, comparison(&["$.waived"]), comparison(&[])]).await;
    let waiver = flags::Waiver {
        route: "*".to_owned(),
        kind: "*".to_owned(),
        path: "$.waived".to_owned(),
        owner: "<i>ana</i>".to_owned(),
        reason: HOSTILE.to_owned(),
        expires_ms: i64::MAX,
    };
    let new = NewWaiver { waiver, created_at: 0 };
    store.add_waiver(&new).await.expect("waiver");
    Report::load(&store, &Filter::default(), &places(""))
        .await
        .expect("report")
}

#[tokio::test]
async fn no_format_can_be_broken_by_what_an_answer_holds() {
    let report = hostile().await;
    let html = render_html(&report);
    for markup in ["<script", "<img", "<b>", "<i>"] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    assert!(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"));
    for link in ["http://", "https://", "src=", "@import", "url("] {
        assert!(
            !html.contains(link) || !html.replace("src=x", "").contains(link),
            "{link}"
        );
    }
    for (format, text) in [
        ("html", html),
        ("text", render_text(&report)),
        ("markdown", render_markdown(&report)),
        ("junit", render_junit(&report)),
        ("csv", render_csv(&report)),
    ] {
        let acts =
            |character: char| (character.is_control() && !matches!(character, '\n' | '\r')) || character == '\u{202e}';
        assert_eq!(text.find(acts), None, "{format}: {text}");
    }
    let csv = render_csv(&report);
    assert!(csv.contains("\"'=1+1\""), "{csv}");
    assert_eq!(csv.lines().count(), 3);
    let junit = render_junit(&report);
    assert!(
        junit.contains("&lt;script&gt;") && !junit.contains("<script"),
        "{junit}"
    );
}

#[tokio::test]
async fn every_format_says_the_same() {
    let report = hostile().await;
    let figures = "1 of 2 matched, 50.00 % (95 %: 9.45 % – 90.54 %), 1 mismatched, 1 waived";
    for (format, text) in [
        ("html", render_html(&report)),
        ("text", render_text(&report)),
        ("markdown", render_markdown(&report)),
        ("junit", render_junit(&report)),
    ] {
        assert!(text.contains(figures), "{format}: {text}");
        assert!(text.contains("1 client (c9)"), "{format}: {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&render_json(&report).expect("json")).expect("json");
    assert_eq!(
        (&json["totals"]["waived"], &json["totals"]["mismatched"]),
        (&1.into(), &1.into())
    );
    let classes = json["routes"][0]["differences"]
        .as_array()
        .expect("list")
        .iter()
        .map(|one| &one["class"]);
    let mut classes: Vec<_> = classes.filter_map(|class| class.as_str()).collect();
    classes.sort_unstable();
    assert_eq!(classes, ["counts", "waived"]);
    assert_eq!(json["waivers"][0]["expired"], false);
}

#[tokio::test]
async fn the_share_that_is_asked_for_is_asked_of_every_route_and_nothing_is_not_enough() {
    let report = hostile().await;
    assert!(report.reaches(5_000) && !report.reaches(5_001));
    let nothing = Report::load(&store([]).await, &Filter::default(), &places(""))
        .await
        .expect("report");
    assert!(!nothing.reaches(0));
    assert!(render_html(&nothing).contains("Nothing was compared yet"));
    assert!(render_junit(&nothing).contains("tests=\"0\" failures=\"0\" skipped=\"0\""));
}
