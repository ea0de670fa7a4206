//! A server process that never outlives its owner.
//!
//! Between us and the server stands a small shell that holds the read end of a pipe. The write end is ours alone; when we close
//! it, by intent, by exit or by being killed, the shell stops the server, removes its directory and ends. A second pipe, held by
//! the server and its children, tells us when the last of them is gone. No signal handler and no unsafe code is needed.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use super::ProvisionError;
use super::identity::Identity;

/// Arguments: seconds of grace, signal, directory to remove (or nothing), the server's command line. A line on the pipe names
/// another signal; its end means the usual one. The shell leads a process group of its own, so that Ctrl-C in the owner's
/// terminal does not reach the server, and so that the last line ends whatever the server left behind, and the shell itself.
const SCRIPT: &str = r#"
grace=$1; signal=$2; directory=$3; shift 3
exec 3<&0 </dev/null 4>&1 >&2
"$@" 3<&- & server=$!
exec 4>&-
read -r other <&3 && signal=$other
kill -s "$signal" "$server" 2>/dev/null
(sleep "$grace"; kill -s KILL "$server" 2>/dev/null) &
wait "$server"
if [ -n "$directory" ]; then rm -rf -- "$directory"; fi
kill -s KILL 0
"#;

/// How long the shell may take beyond the grace, to remove files.
const CLEANING: Duration = Duration::from_secs(20);

/// What to start, and how to end it.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// The working directory; the user of the server must be able to enter it.
    pub(super) directory: PathBuf,
    pub(super) identity: Option<Identity>,
    /// Where its output goes.
    pub(super) log: PathBuf,
    /// The name of the signal that asks it to stop, and how long it then has.
    pub(super) stop: (&'static str, Duration),
    /// Removed after the end.
    pub(super) remove: Option<PathBuf>,
}

/// A running server. Dropping it begins the end and does not wait for it.
#[derive(Debug)]
pub(super) struct Supervised {
    shell: Child,
    leash: Option<ChildStdin>,
    life: pipe::Receiver,
    log: PathBuf,
    patience: Duration,
}

impl Supervised {
    /// Starts it. That it works is for the caller to find out.
    pub(super) fn start(service: &Service) -> Result<Self, ProvisionError> {
        let what = format!("cannot start {}", service.program.display());
        let log = File::create(&service.log).map_err(ProvisionError::io(what.clone()))?;
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "ficus-supervisor"])
            .arg(service.stop.1.as_secs().to_string())
            .arg(service.stop.0)
            .arg(service.remove.as_deref().unwrap_or(Path::new("")))
            .arg(&service.program)
            .args(&service.arguments)
            .envs(service.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&service.directory)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .identity(service.identity)
            .spawn()
            .map_err(ProvisionError::io(what.clone()))?;
        let (leash, life) = (shell.stdin.take(), shell.stdout.take());
        let life = life.ok_or_else(|| ProvisionError::failed(&what, "no pipe"))?;
        let life = pipe::Receiver::from_owned_fd(life.into()).map_err(ProvisionError::io(what))?;
        Ok(Self {
            shell,
            leash,
            life,
            log: service.log.clone(),
            patience: service.stop.1 + CLEANING,
        })
    }

    /// Waits until the server and all its children are gone. Never returns while one of them lives. Cancel safe.
    pub(super) async fn gone(&mut self) {
        let mut nothing = [0; 1];
        while matches!(self.life.read(&mut nothing).await, Ok(read) if read > 0) {}
    }

    /// The gist of what it wrote.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        super::command::gist(&String::from_utf8_lossy(&text))
    }

    /// Ends it in the usual way and waits for the shell.
    pub(super) async fn stop(mut self) {
        self.leash = None;
        self.finish().await;
    }

    /// Ends it at once, as a crash would, and waits for the shell.
    pub(super) async fn kill(mut self) {
        if let Some(mut leash) = self.leash.take() {
            // A shell that is gone already needs no order.
            let _ = leash.write_all(b"KILL\n");
        }
        self.finish().await;
    }

    async fn finish(&mut self) {
        let deadline = tokio::time::Instant::now() + self.patience;
        while matches!(self.shell.try_wait(), Ok(None)) && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// [`Identity::lend`] for the standard library's command, in a chain.
trait LendTo {
    fn identity(&mut self, identity: Option<Identity>) -> &mut Self;
}

impl LendTo for Command {
    fn identity(&mut self, identity: Option<Identity>) -> &mut Self {
        match identity {
            Some(Identity { user, group }) => self.uid(user).gid(group),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests;
