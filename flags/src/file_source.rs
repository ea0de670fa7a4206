//! The flag file on disk, watched.

use std::path::{Path, PathBuf};

use crate::compile::compile;
use crate::inventory::Inventory;
use crate::problem::Problems;
use crate::snapshot::Snapshot;

/// Watches one flag file.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
}

/// What one look at the file brought.
#[derive(Debug)]
pub enum Poll {
    /// Nothing new since the last look.
    Unchanged,
    /// A new version that is good.
    Loaded(Snapshot),
    /// A new state of the file that is not good; the version in force must stay.
    Failed(Problems),
}

impl FileSource {
    /// Watches the file at this path, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file.
    pub fn poll(&mut self, inventory: &Inventory) -> Poll {
        match std::fs::read_to_string(&self.path).map(|text| compile(&text, inventory)) {
            Ok(Ok(snapshot)) => Poll::Loaded(snapshot),
            Ok(Err(problems)) => Poll::Failed(problems),
            Err(error) => Poll::Failed(Problems::of_file(
                format!("the flag file cannot be read: {error}"),
                None,
            )),
        }
    }
}
