//! The parity lab on a small recording made by hand, on the seed of `tests/legacy`.

use std::path::{Path, PathBuf};

use harness::legacy_schema;
use proxy::compare::Kind;
use proxy::provision::Progress;
use proxy::replay::{Outcome, Plan, Replay, render_junit, render_text, replay};
use tempfile::TempDir;

/// The recording, or what `change` makes of it, played.
async fn play(compat: bool, change: impl Fn(String) -> String) -> Replay {
    let place = TempDir::new().expect("a directory");
    let recording = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("parity/tickets.har"));
    let file = write(&place, "tickets.har", &change(recording));
    let plan = Plan {
        compat,
        ..plan(&place, file)
    };
    replay(&plan, &Progress::silent()).await.expect("a replay")
}

/// A recording on the seed of the legacy app.
pub(crate) fn plan(place: &TempDir, file: PathBuf) -> Plan {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    Plan {
        files: vec![file],
        schema: write(place, "schema.sql", &legacy_schema()),
        seed: tests.join("legacy/seed.sql"),
        deviations: Some(tests.join("parity/deviations.yaml")),
        area: None,
        only: None,
        compat: false,
        secret: Some("a secret of the tests".to_owned()),
        database_url: None,
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}

pub(crate) fn write(place: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = place.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

fn outcome<'r>(replay: &'r Replay, id: &str) -> &'r Outcome {
    let found = replay.played.iter().find(|one| one.id == id);
    &found.expect("the entry was played").outcome
}

#[tokio::test]
async fn every_entry_is_judged_by_itself() {
    let replay = play(true, |recording| recording).await;
    let shown = render_text(&replay);
    for id in ["list.no-tenant", "create.no-tenant", "create", "list.no-match"] {
        assert!(matches!(outcome(&replay, id), Outcome::Matched), "{id}: {shown}");
    }
    assert!(matches!(outcome(&replay, "health"), Outcome::Deviates(_)), "{shown}");
    assert!(
        matches!(outcome(&replay, "create.failed"), Outcome::LegacyFailed(Some(400))),
        "{shown}"
    );
    assert!(matches!(outcome(&replay, "nowhere"), Outcome::NoHandler), "{shown}");
    assert!(replay.reaches(10_000), "{shown}");
    assert_eq!((replay.total().entries, replay.without_handler()), (5, 1));
    assert!(render_junit(&replay).contains("tests=\"6\" failures=\"0\""));
}

#[tokio::test]
async fn without_the_switch_the_hole_is_closed_as_its_rule_says() {
    let replay = play(false, |recording| recording).await;
    let shown = render_text(&replay);
    for id in ["create", "list.no-match"] {
        assert!(matches!(outcome(&replay, id), Outcome::Deviates(_)), "{id}: {shown}");
    }
}

#[tokio::test]
async fn another_row_and_another_member_are_found() {
    let replay = play(true, |recording| {
        recording
            .replace("\"priority\": \"medium\"", "\"priority\": \"high\"")
            .replace("\\\"tickets\\\": []", "\\\"tickets\\\": [1]")
    })
    .await;
    let kinds = |id: &str| match outcome(&replay, id) {
        Outcome::Mismatched(differences, _) => differences.iter().map(|one| one.kind).collect(),
        _ => Vec::new(),
    };
    assert_eq!(kinds("create"), [Kind::Rows], "{}", render_text(&replay));
    assert_eq!(kinds("list.no-match"), [Kind::Body]);
    assert!(!replay.reaches(9_900));
}
