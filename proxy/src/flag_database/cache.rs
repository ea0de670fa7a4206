//! The copy of the last good version on this machine. Its first line says which version it is, and the text below must have that
//! hash: a copy that somebody edited was never published, and is not used.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flags::{MAX_FILE_BYTES, version_of};

use super::Published;

/// How the first line begins; number and hash follow.
const HEAD: &str = "# ficus-flags ";
/// How it ends.
const TAIL: &str = " kept for a start without the database; edits are refused";

/// Where the copy is.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    path: PathBuf,
}

/// The copy cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error("the copy of the flags at {path} cannot be read or written: {source}")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the copy of the flags at {path} is not as Ficus has written it, and is not used")]
    Changed { path: PathBuf },
}

impl Cache {
    pub(super) const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The copy; none where there is none.
    pub(super) fn read(&self) -> Result<Option<Published>, CacheError> {
        let text = match fs::metadata(&self.path) {
            Ok(file) if file.len() > (MAX_FILE_BYTES as u64).saturating_mul(2) => return Err(self.changed()),
            Ok(_) => fs::read_to_string(&self.path),
            Err(source) => Err(source),
        };
        match text {
            Ok(text) => parsed(&text).map(Some).ok_or_else(|| self.changed()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Replaces the copy in one step.
    pub(super) fn write(&self, published: &Published) -> Result<(), CacheError> {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let replaced = || -> io::Result<()> {
            let mut draft = tempfile::Builder::new()
                .prefix(".ficus-cache-")
                .tempfile_in(directory.unwrap_or(Path::new(".")))?;
            let Published { number, hash, text } = published;
            write!(draft, "{HEAD}{number} {hash}{TAIL}\n{text}")?;
            draft.as_file().sync_all()?;
            draft.persist(&self.path).map_err(|error| error.error)?;
            Ok(())
        };
        replaced().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> CacheError {
        CacheError::File {
            path: self.path.clone(),
            source,
        }
    }

    fn changed(&self) -> CacheError {
        CacheError::Changed {
            path: self.path.clone(),
        }
    }
}

fn parsed(copy: &str) -> Option<Published> {
    let (head, text) = copy.split_once('\n')?;
    let (number, hash) = head.strip_prefix(HEAD)?.strip_suffix(TAIL)?.split_once(' ')?;
    let published = Published {
        number: number.parse().ok()?,
        hash: hash.to_owned(),
        text: text.to_owned(),
    };
    (version_of(&published.text) == published.hash).then_some(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_read_as_it_was_written_and_an_edited_one_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::at(home.path().join("flags.cache.yaml"));
        assert_eq!(cache.read().unwrap(), None);
        let text = "version: 1\nroutes: [] # none\n".to_owned();
        let published = Published {
            number: 12,
            hash: version_of(&text),
            text,
        };
        cache.write(&published).unwrap();
        assert_eq!(cache.read().unwrap(), Some(published));
        let written = fs::read_to_string(&cache.path).unwrap();
        for edited in [
            written.replace("none", "some"),
            written.replace(" 12 ", " x "),
            "version: 1\n".to_owned(),
            String::new(),
        ] {
            fs::write(&cache.path, &edited).unwrap();
            assert!(matches!(cache.read(), Err(CacheError::Changed { .. })), "{edited}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_no_panic() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::at(home.path().join("missing/flags.cache.yaml"));
        let published = Published {
            number: 1,
            hash: String::new(),
            text: String::new(),
        };
        assert!(matches!(cache.write(&published), Err(CacheError::File { .. })));
    }
}
