//! The kill file: `<flag file>.kill`. While it is there, what it names goes to legacy; `flags::KillSet` says how it is read.
//!
//! A file, because it works while the flag file is broken, the store is gone and the process is too busy to be asked.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flags::KillSet;

/// A kill file is a handful of lines; what is longer is not read, and kills everything.
const MAX_BYTES: u64 = 64 * 1024;

/// Where the kill file of a flag file is.
#[must_use]
pub fn path_beside(flags: &Path) -> PathBuf {
    with_ending(flags, ".kill")
}

/// What the file kills: nothing when it is not there. A file that is there and cannot be read kills everything.
#[must_use]
pub fn read(path: &Path) -> KillSet {
    match text(path) {
        Ok(Some(text)) => KillSet::parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => KillSet::default(),
        Ok(None) | Err(_) => KillSet::everything(),
    }
}

fn text(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes)
        .ok()
        .filter(|text| u64::try_from(text.len()).is_ok_and(|length| length <= MAX_BYTES)))
}

/// Writes what is to be killed in one step, or takes the file away when that is nothing.
///
/// # Errors
/// When the file cannot be written or taken away.
pub fn write(path: &Path, set: &KillSet) -> io::Result<()> {
    if set.is_empty() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let draft = with_ending(path, ".draft");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(set.to_text().as_bytes())?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&draft, path)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_file_is_read_as_it_was_written_and_goes_when_it_is_empty() {
        let home = tempfile::tempdir().unwrap();
        let path = path_beside(&home.path().join("flags.yaml"));
        assert!(path.ends_with("flags.yaml.kill"));
        assert!(read(&path).is_empty());
        let mut set = KillSet::parse("auth\nGET /api/crm/tickets");
        write(&path, &set).unwrap();
        assert_eq!(read(&path), set);
        set.remove("auth");
        write(&path, &set).unwrap();
        assert_eq!(read(&path), set);
        write(&path, &KillSet::default()).unwrap();
        assert!(!path.exists());
        write(&path, &KillSet::default()).unwrap();
    }

    #[test]
    fn in_doubt_everything_is_killed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.kill");
        for bytes in [&b""[..], b"\xff\xfe", &[b'a'; 70_000]] {
            std::fs::write(&path, bytes).unwrap();
            assert!(read(&path).everything);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(read(&path).everything, "a directory cannot be read");
    }
}
