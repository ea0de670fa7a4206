//! A new version of the program takes over without a gap: it is started with the listening sockets of this process, says when
//! it serves, and only then this process drains. A new version that does not get that far changes nothing.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use socket2::Socket;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::listen::inherit;

/// What the new process says when it serves.
const WORD: &[u8] = b"ready\n";

/// How this process was started, so that its successor can be started in the same way.
#[derive(Debug, Clone)]
pub struct Program {
    /// The file of the program. A new version is found under the same name.
    pub file: PathBuf,
    /// The arguments behind it.
    pub arguments: Vec<OsString>,
}

/// Why a new version did not take over. This process goes on.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// This process is on its way out already.
    #[error("this process is draining and has nothing to hand over")]
    Draining,
    /// It cannot be started.
    #[error("`{file}` cannot be started: {source}")]
    Start {
        /// The program.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It ended before it served.
    #[error("the new process ended before it served; its last lines in the log say why")]
    Ended,
    /// It took too long.
    #[error("the new process did not serve within {} s (`timeouts.upgrade`)", .0.as_secs())]
    Slow(Duration),
}

/// A child that is killed unless it has proven itself.
struct Candidate(Option<Child>);

impl Candidate {
    fn succeed(mut self) -> u32 {
        self.0.take().map_or(0, |child| child.id())
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended by itself; either way it must not stay behind as a zombie.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Starts the successor with these sockets, and waits until it serves. Returns its process id.
pub(crate) async fn start(program: &Program, sockets: Vec<Socket>, limit: Duration) -> Result<u32, UpgradeError> {
    let failed = |source| UpgradeError::Start {
        file: program.file.clone(),
        source,
    };
    let (candidate, ear) = spawn(program, sockets).map_err(failed)?;
    let mut ear = UnixStream::from_std(ear).map_err(failed)?;
    let mut word = [0; WORD.len()];
    match timeout(limit, ear.read_exact(&mut word)).await {
        Err(_) => Err(UpgradeError::Slow(limit)),
        Ok(Ok(_)) if word == WORD => Ok(candidate.succeed()),
        Ok(_) => Err(UpgradeError::Ended),
    }
}

fn spawn(program: &Program, sockets: Vec<Socket>) -> io::Result<(Candidate, StdUnixStream)> {
    let (ear, mouth) = StdUnixStream::pair()?;
    ear.set_nonblocking(true)?;
    let mouth = Socket::from(std::os::fd::OwnedFd::from(mouth));
    mouth.set_cloexec(false)?;
    let mut command = Command::new(&program.file);
    command
        .args(&program.arguments)
        .env(inherit::SOCKETS, inherit::list(&sockets))
        .env(inherit::READY, mouth.as_raw_fd().to_string())
        .stdin(Stdio::null());
    for name in inherit::OF_SYSTEMD {
        command.env_remove(name);
    }
    let child = command.spawn()?;
    // What was only open to be inherited is closed: with our copy of `mouth` open, the end of the child would go unnoticed.
    drop((sockets, mouth));
    Ok((Candidate(Some(child)), ear))
}

/// Tells the process that this one replaces that it may drain.
pub(crate) fn say_ready(mouth: &StdUnixStream) {
    use std::io::Write as _;
    if let Err(error) = (&*mouth).write_all(WORD) {
        tracing::warn!(%error, "the process that this one replaces could not be told so");
    }
}
