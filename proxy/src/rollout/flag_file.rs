//! The flag file as something that is changed: one writer at a time, and never half a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::RolloutError;

/// A flag file.
#[derive(Debug, Clone)]
pub struct FlagFile {
    path: PathBuf,
}

/// The file while nobody else changes it.
#[derive(Debug)]
pub(super) struct Held<'a> {
    file: &'a FlagFile,
    /// The lock goes with it.
    _lock: File,
}

impl FlagFile {
    /// The file at this path.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<String, RolloutError> {
        fs::read_to_string(&self.path).map_err(|source| self.failed(source))
    }

    /// Keeps every other Ficus from changing it. Editors are not kept out: their change is noticed by its version.
    pub(super) fn hold(&self) -> Result<Held<'_>, RolloutError> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.with_file_name(name))
            .and_then(|lock| lock.lock().map(|()| lock))
            .map_err(|source| self.failed(source))?;
        Ok(Held {
            file: self,
            _lock: lock,
        })
    }

    fn failed(&self, source: io::Error) -> RolloutError {
        RolloutError::File {
            path: self.path.clone(),
            source,
        }
    }
}

impl Held<'_> {
    /// Replaces the text in one step; whoever reads sees the old one or the new one. A link stays a link, and the permissions
    /// stay as they are.
    pub(super) fn replace(&self, text: &str) -> Result<(), RolloutError> {
        let failed = |source| self.file.failed(source);
        let target = fs::canonicalize(&self.file.path).map_err(failed)?;
        let directory = target.parent().unwrap_or(Path::new("."));
        let permissions = fs::metadata(&target).map_err(failed)?.permissions();
        let mut draft = tempfile::Builder::new()
            .prefix(".ficus-flags-")
            .tempfile_in(directory)
            .map_err(failed)?;
        draft.write_all(text.as_bytes()).map_err(failed)?;
        draft.as_file().set_permissions(permissions).map_err(failed)?;
        draft.as_file().sync_all().map_err(failed)?;
        draft.persist(&target).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
