//! What a command tells the shell.

use std::process::ExitCode;

/// How a command ended. The three values are the whole contract with scripts; `docs/operations/cli.md` lists them by command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: done, and the answer, where there is one, is yes.
    Success,
    /// 1: the command did its work and the answer is no, such as a flag file with problems.
    Failure,
    /// 2: the command could not do its work, such as a wrong argument or an unreadable file.
    Error,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Error => 2,
        })
    }
}
