//! `ficus upgrade`: tell the process that runs to make way for a new one, and see it happen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::exit::ExitStatus;
use super::failure::{Hinted, OrHint as _};
use super::printer::Printer;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(50);
/// What `timeouts.upgrade` is by default, and some time for the file.
const WAIT_SECONDS: u64 = 65;

/// Which process.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The process is found by the file that `ficus run --pid-file FILE` writes. It starts its program file \
    again, under the same name and with the same arguments, hands its listening sockets over, and drains once the new process \
    serves. Replace the program file before (by `mv`, not by writing into it).\n\nExit codes: 0 the new process serves; \
    1 it does not, and the old one goes on; 2 there is no process to ask."
)]
pub(crate) struct UpgradeArgs {
    /// The file that `ficus run --pid-file` writes
    #[arg(long, value_name = "FILE", env = "FICUS_PID_FILE")]
    pid_file: PathBuf,

    /// How long to wait, in seconds; longer than `timeouts.upgrade`
    #[arg(long, value_name = "SECONDS", default_value_t = WAIT_SECONDS)]
    wait: u64,
}

/// Asks, and waits for another process id in the file.
pub(crate) async fn upgrade(arguments: UpgradeArgs, printer: Printer) -> anyhow::Result<ExitStatus> {
    let file = arguments.pid_file;
    let old = read(&file)?;
    kill_process(old, Signal::USR2).or_hint(
        || format!("process {} cannot be asked", old.as_raw_nonzero()),
        || {
            format!(
                "`{}` may be older than the last stop; start with `ficus run`",
                file.display()
            )
        },
    )?;
    let changed = async {
        loop {
            tokio::time::sleep(EVERY).await;
            match read(&file) {
                Ok(new) if new != old => return Some(new),
                _ if test_kill_process(old).is_err() => return None,
                _ => {}
            }
        }
    };
    match tokio::time::timeout(Duration::from_secs(arguments.wait), changed).await {
        Ok(Some(new)) => {
            let (new, old) = (new.as_raw_nonzero(), old.as_raw_nonzero());
            printer.note(&format!(
                "process {new} serves; process {old} finishes what it has begun"
            ));
            Ok(ExitStatus::Success)
        }
        Ok(None) => Err(Hinted::error(
            "the old process has ended and no new one has said that it serves",
            "see its log",
        )),
        Err(_) => {
            printer.warning("no new process serves; the old one goes on, and its log says why");
            Ok(ExitStatus::Failure)
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Pid> {
    let text = std::fs::read_to_string(file).or_hint(
        || format!("`{}` cannot be read", file.display()),
        || "it is written by `ficus run --pid-file FILE`".to_owned(),
    )?;
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number| *number > 1)
        .and_then(Pid::from_raw);
    number.ok_or_else(|| Hinted::error(format!("`{}` holds no process id", file.display()), "name another file"))
}
