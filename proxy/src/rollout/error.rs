//! Why a change is not made.

use std::io;
use std::path::PathBuf;

use flags::{EditError, Problems, Stage};

use super::gate::Verdict;
use crate::store::StoreError;

/// Why a change is not made. Nothing has happened then, unless the text says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// The flag file cannot be read or written.
    #[error("the flag file {path} cannot be used")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file as it stands is refused, so nothing can be changed in it.
    #[error("the flag file has problems of its own:\n{0}")]
    Broken(Problems),
    /// The file would be refused after the change.
    #[error("the flag file would be refused after this change:\n{0}")]
    Refused(Problems),
    /// The place in the file cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The file is not the one that the decision was about.
    #[error("the flags are at version {found}, not {expected}: somebody else has changed them; look again")]
    Moved {
        /// What the caller had seen.
        expected: String,
        /// What is there.
        found: String,
    },
    /// No route and no group has this name.
    #[error("`{0}` is neither a route nor a group of the flag file, nor a native handler; `ficus routes` lists them")]
    Unknown(String),
    /// There is no next step.
    #[error("{target} is at `{stage}`; there is no stage {direction} it")]
    NoStep {
        /// The route or group.
        target: String,
        /// Where it is.
        stage: Stage,
        /// `after` or `before`.
        direction: &'static str,
    },
    /// The members of the group are at two stages, so that no one stage can be meant.
    #[error(
        "{0} has a stage of its own for `reads`, so its members do not move together; change `stage` or `reads` by hand"
    )]
    Apart(String),
    /// It is there already.
    #[error("{0} is at that stage already")]
    AlreadyThere(String),
    /// The text is the one that is there.
    #[error("the flags are exactly this text already")]
    Unchanged,
    /// The database did not take a version. Whether it did is unknown only when the connection broke at the very end.
    #[error("the flags could not be published; `ficus history` says whether they were all the same")]
    NotPublished(#[source] StoreError),
    /// Nobody may change anything now.
    #[error("changes are frozen since {since} by {by}: {reason}")]
    Frozen {
        /// When, as text.
        since: String,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The step waits for a second person.
    #[error("{target} needs a second person for this step: it waits for approval, id {id}, until {until}")]
    WaitingForApproval {
        /// The route or group.
        target: String,
        /// The number of the request.
        id: i64,
        /// When it expires, as text.
        until: String,
    },
    /// A whole file would move a route forward that needs a second person.
    #[error("this would move {0} forward, which needs a second person; promote it by its name")]
    NeedsApproval(String),
    /// There is no such request.
    #[error("there is no approval request {0}; `ficus approvals` lists them")]
    NoRequest(i64),
    /// It was decided already, or nobody agreed in time.
    #[error("the approval request {id} is {status}; `ficus approvals` lists those that wait")]
    RequestClosed {
        /// Which.
        id: i64,
        /// What became of it.
        status: String,
    },
    /// Whoever asked cannot agree.
    #[error("the approval request {0} needs another person than the one who asked")]
    SamePerson(i64),
    /// The route has moved since.
    #[error("the approval request {0} is about a state that has changed since; decline it and ask again")]
    RequestOutdated(i64),
    /// The gate does not let it pass.
    #[error("{target} is {verdict} for this step; `ficus gate` says why")]
    NotReady {
        /// The route or group.
        target: String,
        /// The word of the gate.
        verdict: Verdict,
    },
    /// There is no such schedule.
    #[error("{0} has no schedule in force; `ficus schedule` lists them")]
    NoSchedule(String),
    /// A reason is missing.
    #[error("a change needs a reason; say it with --reason")]
    NoReason,
    /// There is no such version.
    #[error("there is no flag version {0}; `ficus history` lists them")]
    NoVersion(i64),
    /// There is nothing to take back.
    #[error("nothing is known of an earlier state of {0}")]
    NothingToUndo(String),
    /// The flags were changed and the store did not take the note of it.
    #[error("the flags were changed, but the audit log could not be written")]
    NotWrittenDown(#[source] StoreError),
    /// The store cannot be read.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
}
