//! Where the flags of a rollout stand, and the one way in which they are replaced: read, check, edit, write, write down.

use super::audit::{Act, AuditEntry};
use super::{FlagFile, Rollout, RolloutError, flag_table};

/// Where the flags stand.
#[derive(Debug, Clone)]
pub enum FlagPlace {
    /// In a file of this machine.
    File(FlagFile),
    /// In the table of versions of the store, which must be PostgreSQL: all replicas follow the newest one.
    Store,
}

impl From<FlagFile> for FlagPlace {
    fn from(file: FlagFile) -> Self {
        Self::File(file)
    }
}

/// What is to stand there, and what the audit log says about it.
pub(super) struct Edit<T> {
    /// The whole new text, already checked.
    pub(super) text: String,
    /// What was done.
    pub(super) act: Act,
    /// What else the caller wants to know.
    pub(super) edited: T,
}

/// What was done.
pub(super) struct Replaced<T> {
    pub(super) edited: T,
    /// The version of the new text.
    pub(super) version: String,
    pub(super) entry: AuditEntry,
}

impl Rollout {
    /// Replaces the text by what `edit` makes of it, while nobody else does.
    pub(super) async fn replace<T>(
        &self,
        author: &str,
        edit: impl FnOnce(&str) -> Result<Edit<T>, RolloutError>,
    ) -> Result<Replaced<T>, RolloutError> {
        match &self.place {
            FlagPlace::File(file) => self.replace_in_file(file, author, edit).await,
            FlagPlace::Store => flag_table::replace(&self.store, author, self.now_ms(), edit).await,
        }
    }

    async fn replace_in_file<T>(
        &self,
        file: &FlagFile,
        author: &str,
        edit: impl FnOnce(&str) -> Result<Edit<T>, RolloutError>,
    ) -> Result<Replaced<T>, RolloutError> {
        let Edit { text, act, edited } = {
            let held = file.hold()?;
            let edit = edit(&file.read()?)?;
            held.replace(&edit.text)?;
            edit
        };
        let version = flags::version_of(&text);
        let entry = self.write_down(act).await.map_err(RolloutError::NotWrittenDown)?;
        self.keep_version(&version, &text, author)
            .await
            .map_err(RolloutError::NotWrittenDown)?;
        Ok(Replaced { edited, version, entry })
    }
}
