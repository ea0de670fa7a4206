//! `ficus demo`: a database, the legacy app and Ficus in front of it on this machine, and a walk through one migration.
//!
//! Everything is throw-away, listens on loopback and ends with this process. The walk is not a show: each step asserts what it
//! says, through the public door only, and `ficus demo --check` is the same walk with an exit code.

mod database;
mod evidence;
mod flag_file;
mod front;
mod parts;
mod visitor;
mod walk;

use std::net::SocketAddr;

use crate::provision::{Progress, ProvisionError};

use self::parts::Parts;

/// What the demo can be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A PostgreSQL server where it may create a database; none means a throw-away cluster.
    pub database_url: Option<String>,
    /// Where Ficus listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the console listens; port 0 takes a free one.
    pub admin: SocketAddr,
}

impl Default for Settings {
    fn default() -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            database_url: None,
            listen: anywhere,
            admin: anywhere,
        }
    }
}

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// PostgreSQL or the legacy app could not be brought.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// One of our own parts could not be started.
    #[error("{part} could not be started: {reason}")]
    Start {
        /// Which part.
        part: &'static str,
        /// What it said.
        reason: String,
    },
    /// A step of the walk saw something else than it says.
    #[error("step {number}, {title}: {reason}")]
    Step {
        /// Which step, from 1.
        number: usize,
        /// What the step is about.
        title: &'static str,
        /// What was seen instead.
        reason: String,
    },
}

/// The running demo. Dropping it begins the end of everything.
#[derive(Debug)]
pub struct Demo {
    parts: Parts,
}

impl Demo {
    /// Brings and starts everything: PostgreSQL, the legacy app on a filled database, Ficus in front with every route legacy.
    ///
    /// # Errors
    /// When something is missing or does not start; what was started is stopped.
    pub async fn start(settings: Settings, progress: &Progress) -> Result<Self, DemoError> {
        Ok(Self {
            parts: Parts::start(settings, progress).await?,
        })
    }

    /// The one address for browsers and clients: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        self.parts.origin()
    }

    /// The address of the status page.
    pub fn console(&self) -> String {
        self.parts.console()
    }

    /// What to try by hand, one line each.
    pub fn invitation(&self) -> Vec<String> {
        let (origin, console) = (self.origin(), self.console());
        let flags = self.parts.flags.path().display();
        vec![
            format!("the app           {origin}/"),
            format!(
                "tickets           curl -H 'authorization: Bearer {}' '{origin}/api/crm/tickets?tenantId={}&limit=3'",
                visitor::SESSION,
                visitor::TENANT
            ),
            format!("the console       {console}/"),
            format!("the flags         {flags}   (edit a stage; the next request follows it)"),
            format!("the report        ficus report --flags {flags}"),
            format!(
                "differences       {}   (legacy's own mistakes, see tests/legacy/README.md)",
                self.parts.legacy.differences_file().display()
            ),
        ]
    }

    /// Walks through one migration and says each step as it holds.
    ///
    /// # Errors
    /// With the first step that does not hold.
    pub async fn walk(&mut self, progress: &Progress) -> Result<(), DemoError> {
        walk::walk(&mut self.parts, progress).await
    }

    /// Ends everything in order and waits for the end.
    pub async fn stop(self) {
        self.parts.stop().await;
    }
}
