//! The flag file on disk, watched.
//!
//! A look costs one `stat` while nothing changes; what changed is read and hashed, and only new content is compiled. A file
//! that is replaced (renamed over, a symlink swapped, a config map mounted anew) is read at once. A file that is being
//! written in place is read when it has stood still from one look to the next, because the first half of a flag file can be
//! a good flag file. Changes are recognised by difference and never by order, so a clock that is set back does no harm.

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::compile::{MAX_FILE_BYTES, compile, too_large};
use crate::inventory::Inventory;
use crate::problem::{Problem, Problems};
use crate::snapshot::Snapshot;
use identity::Identity;

mod identity;

/// After so many looks the content is hashed although the metadata are the same: file systems differ in how finely they
/// keep time.
const REREAD_AFTER: u32 = 16;
/// After so many looks a file that never stands still is read nevertheless.
const SETTLED_AFTER: u32 = 8;

/// Watches one flag file.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    seen: Seen,
    identity: Option<Identity>,
    looks_since_read: u32,
    moving: Option<(Identity, u32)>,
}

/// What one look at the file brought.
#[derive(Debug)]
pub enum Poll {
    /// Nothing new since the last look.
    Unchanged,
    /// A new version that is good.
    Loaded(Snapshot),
    /// A new state of the file that is not good; the version in force must stay. Reported once for each such state.
    Failed(Problems),
}

/// The state of the file at the last reading.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    Unreadable(String),
    Content([u8; 32]),
}

impl FileSource {
    /// Watches the file at this path, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            seen: Seen::Nothing,
            identity: None,
            looks_since_read: 0,
            moving: None,
        }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file. Blocks for as long as the file system takes to read at most [`MAX_FILE_BYTES`].
    pub fn poll(&mut self, inventory: &Inventory) -> Poll {
        let identity = match Identity::of(&self.path) {
            Ok(identity) => identity,
            Err(error) => return self.unreadable(&error),
        };
        if !self.is_due(identity) {
            return Poll::Unchanged;
        }
        let bytes = match read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(&error),
        };
        if !Identity::of(&self.path).is_ok_and(|after| after == identity) && !self.has_moved_long() {
            return Poll::Unchanged;
        }
        self.identity = Some(identity);
        self.looks_since_read = 0;
        self.moving = None;
        let seen = Seen::Content(Sha256::digest(&bytes).into());
        if self.seen == seen {
            return Poll::Unchanged;
        }
        self.seen = seen;
        match compile_bytes(&bytes, inventory) {
            Ok(snapshot) => Poll::Loaded(snapshot),
            Err(problems) => Poll::Failed(problems),
        }
    }

    /// Whether the file is to be read now.
    fn is_due(&mut self, identity: Identity) -> bool {
        let Some(known) = self.identity else {
            return true;
        };
        if known == identity {
            self.moving = None;
            self.looks_since_read += 1;
            return self.looks_since_read >= REREAD_AFTER;
        }
        if !known.is_same_file(identity) {
            return true;
        }
        let (last, looks) = self.moving.unwrap_or((known, 0));
        self.moving = Some((identity, looks + 1));
        last == identity || self.has_moved_long()
    }

    fn has_moved_long(&self) -> bool {
        self.moving.is_some_and(|(_, looks)| looks >= SETTLED_AFTER)
    }

    fn unreadable(&mut self, error: &std::io::Error) -> Poll {
        self.identity = None;
        self.moving = None;
        let seen = Seen::Unreadable(error.to_string());
        if self.seen == seen {
            return Poll::Unchanged;
        }
        self.seen = seen;
        let remedy = "the flags that are in force stay; put the file back, or correct its permissions";
        Poll::Failed(Problems::of_file(
            format!("the flag file cannot be read: {error}"),
            Some(remedy.to_owned()),
        ))
    }
}

/// Reads one byte more than is allowed, so that a file that is too large shows.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn compile_bytes(bytes: &[u8], inventory: &Inventory) -> Result<Snapshot, Problems> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(too_large());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => compile(text, inventory),
        Err(error) => Err(not_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default())),
    }
}

/// The place of the first byte that is not UTF-8, counted in what stands before it.
fn not_utf8(before: &[u8]) -> Problems {
    let before = String::from_utf8_lossy(before);
    let line = before.split('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let remedy = Some("save it as UTF-8".to_owned());
    Problems::new(vec![Problem {
        line,
        column,
        message: "the flag file is not UTF-8".to_owned(),
        remedy,
    }])
}

#[cfg(test)]
mod tests;
