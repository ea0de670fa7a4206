//! `ficus report` and `ficus waive` as people and build servers run them, and the report in the console.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use harness::{Client, TestProxy};
use proxy::store::{Comparison, FoundDifference, Outcome, Place, Record, Recorder, Store};
use tempfile::TempDir;
use test_support::legacy::FakeLegacy;
use tokio_util::sync::CancellationToken;

const FLAGS: &str = "version: 1\nroutes:\n  - { route: \"GET /api/health\", stage: shadow, phase: 1 }\n";

/// A folder with a flag file and a store in which one of four exchanges differed.
async fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("flags.yaml"), FLAGS).unwrap();
    let url = Store::url_beside(&folder.path().join("flags.yaml"));
    fill(&url).await;
    folder
}

async fn fill(url: &str) {
    let store = Store::open(url).await.unwrap();
    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(3_600), proxy::shadow::now_ms);
    for outcome in [Outcome::Match, Outcome::Match, Outcome::Match, Outcome::Mismatch] {
        recorder.record(Record::Compared(Box::new(comparison(&recorder, outcome))));
    }
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    task.run(shutdown).await;
    store.close().await;
}

fn comparison(recorder: &Recorder, outcome: Outcome) -> Comparison {
    let difference = FoundDifference {
        place: Place {
            kind: "body",
            path: "$.backend".to_owned(),
        },
        detail: "changed",
        legacy: Some("\"a\"".to_owned()),
        native: Some("\"<b>\"".to_owned()),
    };
    Comparison {
        route: Arc::from("GET /api/health"),
        outcome,
        status: 200,
        flag_version: 1,
        at_ms: proxy::shadow::now_ms(),
        legacy_took: Duration::from_millis(12),
        native_took: Some(Duration::from_millis(3)),
        client: recorder.client_mark("192.0.2.7".parse().ok()),
        differences: if outcome == Outcome::Mismatch {
            vec![difference]
        } else {
            Vec::new()
        },
        control: None,
        sample: None,
    }
}

fn ficus(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(harness::ficus());
    command.current_dir(folder).args(arguments).env_clear();
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn the_report_has_every_format_and_its_exit_code_is_a_gate() {
    let folder = folder().await;
    let run = |arguments: &[&str]| ficus(folder.path(), arguments);
    for (format, words) in [
        ("text", "✗ body $.backend  1 ×, 1 client ("),
        ("json", "\"path_template\": \"$.backend\""),
        ("markdown", "### `body $.backend` (counts)"),
        ("junit", "<failure message=\"1 mismatched\">"),
        ("html", "&lt;b&gt;"),
        ("csv", "\"body\",\"$.backend\""),
    ] {
        let output = run(&["report", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{format}: {output:?}");
        assert!(said(&output).contains(words), "{format}: {}", said(&output));
    }
    assert_eq!(
        said(&run(&["report", "--json"])).len(),
        said(&run(&["report", "--format", "json"])).len()
    );
    for (share, code) in [("75%", 0), ("75.01%", 1), ("100", 2)] {
        assert_eq!(
            run(&["report", "--min-match", share]).status.code(),
            Some(code),
            "{share}"
        );
    }
    assert_eq!(
        run(&["report", "--min-match", "0%", "--route", "nowhere"])
            .status
            .code(),
        Some(1)
    );
    for (filter, found) in [
        (["--client", "192.0.2.7"], true),
        (["--client", "192.0.2.8"], false),
        (["--phase", "1"], true),
        (["--group", "none"], false),
        (["--since", "2h"], true),
        (["--until", "2020-01-01"], false),
    ] {
        let output = run(&["report", filter[0], filter[1]]);
        assert_eq!(
            said(&output).contains("$.backend"),
            found,
            "{filter:?}: {}",
            said(&output)
        );
    }
}

#[tokio::test]
async fn a_waiver_is_given_listed_obeyed_and_taken_back() {
    let folder = folder().await;
    let run = |arguments: &[&str]| ficus(folder.path(), arguments);
    let add = |expires: &str| {
        run(&[
            "waive",
            "add",
            "GET /api/*",
            "--path",
            "$.backend",
            "--owner",
            "ana",
            "--reason",
            "agreed",
            "--expires",
            expires,
        ])
    };
    assert_eq!(add("tomorrow").status.code(), Some(2));
    assert_eq!(add("2020-01-01").status.code(), Some(2));
    let added = add("2199-12-31");
    assert_eq!(added.status.code(), Some(0), "{added:?}");
    let id = said(&added).trim().to_owned();
    let listed = said(&run(&["waive", "list"]));
    assert!(listed.contains(&id) && listed.contains("ana: agreed"), "{listed}");
    let report = run(&["report", "--min-match", "100%"]);
    assert_eq!(report.status.code(), Some(0));
    assert!(said(&report).contains("– waived: body $.backend"), "{}", said(&report));
    assert_eq!(run(&["waive", "remove", &id]).status.code(), Some(0));
    assert_eq!(run(&["waive", "remove", &id]).status.code(), Some(1));
    assert_eq!(run(&["report", "--min-match", "100%"]).status.code(), Some(1));
}

#[tokio::test]
async fn judging_again_needs_good_rules() {
    let folder = folder().await;
    let flags = folder.path().join("flags.yaml");
    let output = ficus(folder.path(), &["report", "--rejudge"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        said(&output).contains("no sample could be judged again"),
        "{}",
        said(&output)
    );
    std::fs::write(&flags, "version: 2\n").unwrap();
    assert_eq!(ficus(folder.path(), &["report", "--rejudge"]).status.code(), Some(2));
    assert_eq!(
        ficus(folder.path(), &["report"]).status.code(),
        Some(0),
        "the evidence alone needs no flags"
    );
}

#[tokio::test]
async fn the_console_shows_the_same_report() {
    let home = TempDir::new().unwrap();
    let url = Store::url_beside(&home.path().join("flags.yaml"));
    fill(&url).await;
    let legacy = FakeLegacy::start().await;
    let proxy = TestProxy::builder().legacy(&legacy).store(&url).spawn().await;
    let console = Client::of_origin(proxy.admin());
    let page = console.get("/report").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("body $.backend"), "{}", page.text());
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(
        console
            .get("/report?route=nowhere")
            .await
            .text()
            .contains("Nothing was compared yet")
    );
    assert!(console.get("/").await.text().contains("href=\"/report\""));
}
