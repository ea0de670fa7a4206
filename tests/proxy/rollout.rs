//! The rollout commands as somebody at a terminal has them: what they say, as text and as JSON, and what they tell the shell.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const ROUTE: &str = "GET /api/health";
const FLAGS: &str = "\
version: 1
routes:
  - route: GET /api/health
    stage: legacy      # nobody yet
  - route: POST /api/chat/otp/request
    stage: legacy
    approval: required
    schedule:
      - { at: 2099-01-01T00:00Z, stage: shadow }
";
const MARKED: &str = "POST /api/chat/otp/request";

struct Desk {
    home: TempDir,
}

/// What a command left: its exit code and what it printed.
struct Said {
    code: Option<i32>,
    out: String,
    note: String,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("flags.yaml"), FLAGS).unwrap();
        Self { home }
    }

    fn flags(&self) -> PathBuf {
        self.home.path().join("flags.yaml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.flags()).unwrap()
    }

    fn say(&self, arguments: &[&str]) -> Said {
        ficus(arguments, self.home.path())
    }

    /// The exit code, with the document that `--json` prints.
    fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let said = self.say(&arguments);
        let document = serde_json::from_str(&said.out);
        (
            said.code,
            document.unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{}\n{}", said.out, said.note)),
        )
    }
}

fn ficus(arguments: &[&str], here: &Path) -> Said {
    let output = Command::new(harness::ficus())
        .args(arguments)
        .current_dir(here)
        .env_remove("FICUS_CONFIG")
        .env_remove("FICUS_FLAGS")
        .env("USER", "ana")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code(),
        out: text(output.stdout),
        note: text(output.stderr),
    }
}

#[test]
fn a_route_goes_forward_with_evidence_and_back_without() {
    let desk = Desk::new();
    let (code, judged) = desk.json(&["gate", ROUTE]);
    assert_eq!(
        (code, judged["evidence"]["verdict"].as_str()),
        (Some(1), Some("inconclusive"))
    );
    let (code, moved) = desk.json(&["promote", ROUTE, "--reason", "a look"]);
    assert_eq!(
        (code, moved["to"]["stage"].as_str()),
        (Some(0), Some("shadow")),
        "{moved}"
    );
    let (code, refused) = desk.json(&["promote", ROUTE, "--reason", "no patience"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        refused["evidence"]["routes"][0]["criteria"][0]["name"], "samples",
        "{refused}"
    );
    let forced = desk.say(&["promote", ROUTE, "--force", "--reason", "no patience"]);
    assert_eq!(forced.code, Some(0), "{}", forced.note);
    assert!(
        desk.text().contains("stage: canary      # nobody yet"),
        "{}",
        desk.text()
    );
    let stale = desk.say(&[
        "rollback",
        ROUTE,
        "--reason",
        "wrong totals",
        "--expect",
        "000000000000",
    ]);
    assert!(
        stale.code == Some(2) && stale.note.contains("somebody else has changed them"),
        "{}",
        stale.note
    );
    let (code, back) = desk.json(&["rollback", ROUTE, "--reason", "wrong totals"]);
    assert_eq!((code, back["to"]["stage"].as_str()), (Some(0), Some("shadow")));
    let (code, history) = desk.json(&["history"]);
    assert_eq!(
        (code, history["versions"].as_array().map(Vec::len)),
        (Some(0), Some(3)),
        "{history}"
    );
    let shown = desk.say(&["history", "--show", "2"]);
    assert!(
        shown.code == Some(0) && shown.out.contains("stage: canary"),
        "{}",
        shown.out
    );
    let (code, restored) = desk.json(&["rollback", "--to-version", "1", "--reason", "back to the first"]);
    assert_eq!((code, restored["restored"].as_i64()), (Some(0), Some(1)));
    let unknown = desk.say(&["promote", "GET /api/nowhere", "--reason", "x"]);
    assert!(
        unknown.code == Some(2) && unknown.note.contains("neither a route nor a group"),
        "{}",
        unknown.note
    );
}

#[test]
fn a_freeze_holds_up_promotions_and_the_audit_log_shows_who_touched_it() {
    let desk = Desk::new();
    let (code, frozen) = desk.json(&["freeze", "--reason", "the season", "--by", "ben"]);
    assert_eq!((code, frozen["entry"]["action"].as_str()), (Some(0), Some("freeze")));
    let held = desk.say(&["promote", ROUTE, "--reason", "now"]);
    assert!(
        held.code == Some(2) && held.note.contains("by ben: the season"),
        "{}",
        held.note
    );
    assert_eq!(desk.json(&["thaw", "--reason", "over"]).0, Some(0));
    assert_eq!(desk.say(&["promote", ROUTE, "--reason", "now"]).code, Some(0));
    let (code, entries) = desk.json(&["audit"]);
    let acts: Vec<&str> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    assert_eq!((code, acts), (Some(0), vec!["promote", "thaw", "freeze"]));
    let (code, verified) = desk.json(&["audit", "--verify"]);
    assert_eq!((code, verified["rows"].as_i64()), (Some(0), Some(3)));
}

#[test]
fn a_marked_route_needs_a_second_person() {
    let desk = Desk::new();
    let (code, waiting) = desk.json(&["promote", MARKED, "--reason", "first users"]);
    assert_eq!(
        (code, waiting["waiting"]["id"].as_i64()),
        (Some(1), Some(1)),
        "{waiting}"
    );
    let asked = desk.say(&["promote", MARKED, "--reason", "first users"]);
    assert!(
        asked.code == Some(1) && asked.note.contains("waiting for approval, id 1"),
        "{}",
        asked.note
    );
    let listed = desk.say(&["approvals"]);
    assert!(
        listed.code == Some(0) && listed.out.contains("first users"),
        "{}",
        listed.out
    );
    let same = desk.say(&["approve", "1", "--reason", "fine"]);
    assert!(
        same.code == Some(2) && same.note.contains("another person"),
        "{}",
        same.note
    );
    let (code, moved) = desk.json(&["approve", "1", "--reason", "fine", "--by", "ben"]);
    assert_eq!(
        (code, moved["to"]["stage"].as_str()),
        (Some(0), Some("shadow")),
        "{moved}"
    );
    assert_eq!(
        desk.say(&["decline", "1", "--reason", "too late", "--by", "ben"]).code,
        Some(2)
    );
    let (code, left) = desk.json(&["approvals"]);
    assert_eq!((code, left["requests"].as_array().map(Vec::len)), (Some(0), Some(0)));
    let (_, all) = desk.json(&["approvals", "--all"]);
    assert_eq!(all["requests"][0]["status"], "approved");
}

#[test]
fn schedules_are_listed_ended_and_begun_anew() {
    let desk = Desk::new();
    let (code, listed) = desk.json(&["schedule"]);
    assert_eq!(
        (code, listed["schedules"][0]["target"].as_str()),
        (Some(0), Some(MARKED)),
        "{listed}"
    );
    assert_eq!(
        listed["schedules"][0]["steps"][0]["at_ms"], 4_070_908_800_000_i64,
        "{listed}"
    );
    let (code, ended) = desk.json(&["schedule", "cancel", MARKED, "--reason", "after the holidays"]);
    assert_eq!((code, ended["entry"]["action"].as_str()), (Some(0), Some("unschedule")));
    let text = desk.say(&["schedule"]);
    assert!(
        text.out.contains("cancelled by ana: after the holidays"),
        "{}",
        text.out
    );
    assert_eq!(
        desk.json(&["schedule", "restart", MARKED, "--reason", "they are over"])
            .0,
        Some(0)
    );
    let text = desk.say(&["schedule"]);
    assert!(
        text.out.contains("running") && text.out.contains("2099-01-01"),
        "{}",
        text.out
    );
    let none = desk.say(&["schedule", "cancel", ROUTE, "--reason", "x"]);
    assert!(
        none.code == Some(2) && none.note.contains("no schedule in force"),
        "{}",
        none.note
    );
}

#[test]
fn a_route_whose_date_has_passed_is_a_warning_of_the_check_and_no_problem() {
    let desk = Desk::new();
    let expired = FLAGS.replace(
        "stage: legacy      # nobody yet",
        "stage: shadow\n    expires: 2020-12-31",
    );
    std::fs::write(desk.flags(), expired).unwrap();
    let said = desk.say(&["check"]);
    assert!(
        said.code == Some(0) && said.note.contains("its date, 2020-12-31, has passed"),
        "{}",
        said.note
    );
    let (code, document) = desk.json(&["check"]);
    assert_eq!(
        (code, document["forgotten"][0]["target"].as_str()),
        (Some(0), Some(ROUTE))
    );
}

#[test]
fn every_command_says_how_it_ends_and_shells_know_them_all() {
    let here = tempfile::tempdir().unwrap();
    let help = ficus(&["--help"], here.path());
    let listed = help
        .out
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap();
    let commands: Vec<&str> = listed
        .lines()
        .filter_map(|line| {
            line.strip_prefix("  ")?
                .split_whitespace()
                .next()
                .filter(|_| !line.starts_with("   "))
        })
        .collect();
    assert!(commands.len() > 20 && commands.contains(&"approve"), "{commands:?}");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations/cli.md")).unwrap();
    let codes = page
        .split("## Exit codes")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    for command in &commands {
        assert!(
            codes.contains(&format!("| `{command}`")),
            "docs/operations/cli.md has no exit codes of `{command}`"
        );
    }
    for shell in ["bash", "zsh", "fish"] {
        let said = ficus(&["completions", shell], here.path());
        assert_eq!((said.code, said.note.as_str()), (Some(0), ""), "{shell}");
        for command in &commands {
            assert!(said.out.contains(command), "{shell} does not know {command}");
        }
    }
    let script = here.path().join("ficus.bash");
    std::fs::write(&script, ficus(&["completions", "bash"], here.path()).out).unwrap();
    // What bash itself offers behind `ficus app` and two presses of the tab key.
    let ask =
        "source ficus.bash; COMP_WORDS=(ficus app); COMP_CWORD=1; _ficus ficus app ficus; echo \"${COMPREPLY[@]}\"";
    let offered = Command::new("bash")
        .args(["-c", ask])
        .current_dir(here.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(offered.stdout).unwrap().trim(), "approve approvals");
    assert_eq!(ficus(&["completions", "cobol"], here.path()).code, Some(2));
}
