//! The whole of it: PostgreSQL, a real Next.js app, Ficus, and one migration from beginning to end.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// The first run installs and builds the legacy app.
const DEADLINE: Duration = Duration::from_secs(600);

#[tokio::test]
async fn the_demo_checks_itself() {
    let mut demo = Command::new(harness::ficus());
    demo.args(["demo", "--check"]).env_remove("DATABASE_URL").stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE, demo.output()).await.expect("the demo ends").unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{complained}");
    for step in 1..=7 {
        let begins = format!("{step}. ");
        let told = said.lines().chain(complained.lines()).any(|line| line.trim_start().starts_with(&begins));
        assert!(told, "step {step} was not told:\n{said}\n{complained}");
    }
}
