//! Bringing what the demo and the tests stand on: a PostgreSQL server and the legacy Next.js app.
//!
//! Nothing here touches the machine outside of throw-away directories and `target/`. Whatever is started dies with its owner,
//! even if the owner is killed: see [`supervisor`]. What is missing is named in one line, with what to install.

pub mod legacy;
pub mod postgres;

mod command;
mod identity;
mod node;
mod space;
mod supervisor;
mod tree;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Where words about long work go: one call is one line for a person.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    /// Hands every line to `say`.
    pub fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self::new(|_| ())
    }

    /// Says one line.
    pub fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Progress")
    }
}

/// Why something could not be brought or started. `Display` is one line, but for the last words of a command that failed.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The machine lacks something.
    #[error("{what}: {remedy}")]
    Missing {
        /// What is not there.
        what: String,
        /// What to install or set.
        remedy: String,
    },
    /// A command or a server ended with an error.
    #[error("{what} failed: {detail}")]
    Failed {
        /// What was done.
        what: String,
        /// The last lines it wrote, or its exit status.
        detail: String,
    },
    /// Something took longer than it may.
    #[error("{what} took longer than {} s", after.as_secs())]
    Deadline {
        /// What was waited for.
        what: String,
        /// The time it had.
        after: Duration,
    },
    /// A file or a process could not be used.
    #[error("{what}: {source}")]
    Io {
        /// What was done.
        what: String,
        /// What the system answered.
        source: io::Error,
    },
}

impl ProvisionError {
    fn missing(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Missing {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    fn failed(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Failed {
            what: what.into(),
            detail: detail.into(),
        }
    }

    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
