//! Running a command to its end, with a deadline.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{Progress, ProvisionError};

/// How much of what a failed command wrote goes into its error.
const FIRST_LINES: usize = 6;
const LAST_LINES: usize = 8;
/// How often long work says that it still runs.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Runs `command` and returns what it wrote to standard output. It is killed when the deadline passes or the caller goes away.
pub(super) async fn run(what: &str, mut command: Command, deadline: Duration) -> Result<String, ProvisionError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = tokio::time::timeout(deadline, command.output())
        .await
        .map_err(|_| ProvisionError::Deadline {
            what: what.to_owned(),
            after: deadline,
        })?
        .map_err(ProvisionError::io(what))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let detail = gist(&format!("{text}\n{errors}"));
    Err(ProvisionError::failed(
        what,
        if detail.is_empty() {
            output.status.to_string()
        } else {
            detail
        },
    ))
}

/// Like [`run`], and says every now and then that it still runs.
pub(super) async fn run_long(
    what: &str,
    command: Command,
    deadline: Duration,
    progress: &Progress,
) -> Result<String, ProvisionError> {
    let started = tokio::time::Instant::now();
    let mut running = std::pin::pin!(run(what, command, deadline));
    loop {
        match tokio::time::timeout(HEARTBEAT, &mut running).await {
            Ok(done) => return done,
            Err(_) => progress.say(&format!("  … {what}, {} s so far", started.elapsed().as_secs())),
        }
    }
}

/// The beginning and the end of `text`, without empty lines: some programs say first what is wrong, others last.
pub(super) fn gist(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.len() <= FIRST_LINES + LAST_LINES {
        return lines.join("\n");
    }
    let (first, last) = (&lines[..FIRST_LINES], &lines[lines.len() - LAST_LINES..]);
    [first, &["…"], last].concat().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_failure_carries_the_last_words() {
        let error = run("it", shell("echo first; echo last >&2; exit 3"), Duration::from_secs(5))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "it failed: first\nlast");
    }

    #[test]
    fn the_gist_has_both_ends() {
        let text: Vec<String> = (0..40).map(|line| line.to_string()).collect();
        let gist = gist(&text.join("\n\n"));
        assert!(
            gist.starts_with("0\n1\n") && gist.contains("\n5\n…\n32\n") && gist.ends_with("\n39"),
            "{gist}"
        );
    }

    #[tokio::test]
    async fn a_silent_failure_says_its_status() {
        let error = run("it", shell("exit 3"), Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.to_string(), "it failed: exit status: 3");
    }

    #[tokio::test]
    async fn nothing_runs_past_its_deadline() {
        let error = run("it", shell("sleep 60"), Duration::from_millis(50))
            .await
            .unwrap_err();
        assert!(matches!(error, ProvisionError::Deadline { .. }), "{error}");
    }
}
