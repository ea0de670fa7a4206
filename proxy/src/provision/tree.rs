//! Trees of files: walked, hashed and mirrored.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::ProvisionError;

/// Names that a source tree may hold without being changed by them: what tools leave behind.
const NOT_SOURCE: [&str; 5] = ["node_modules", ".next", "next-env.d.ts", "tsconfig.tsbuildinfo", ".git"];

/// How files get into a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    /// As files of their own.
    Copied,
    /// As second names of the same files, which takes no room; copied where the file system refuses.
    Linked,
}

/// Makes `to` look like `from`; symbolic links stay symbolic links.
pub(super) fn mirror(from: &Path, to: &Path, files: Files) -> Result<(), ProvisionError> {
    copy(from, to, files).map_err(ProvisionError::io(format!(
        "cannot mirror {} to {}",
        from.display(),
        to.display()
    )))
}

fn copy(from: &Path, to: &Path, files: Files) -> io::Result<()> {
    let kind = from.symlink_metadata()?.file_type();
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if !kind.is_dir() {
        if files == Files::Linked && fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()), files)?;
    }
    Ok(())
}

/// `root` and everything below it, symbolic links not included.
pub(super) fn everything(root: &Path) -> Result<Vec<PathBuf>, ProvisionError> {
    fn walk(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
        let kind = path.symlink_metadata()?.file_type();
        if kind.is_symlink() {
            return Ok(());
        }
        found.push(path.to_path_buf());
        if kind.is_dir() {
            for entry in fs::read_dir(path)? {
                walk(&entry?.path(), found)?;
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(root, &mut found).map_err(ProvisionError::io(format!("cannot read {}", root.display())))?;
    Ok(found)
}

/// The source files below `root`, relative to it and sorted.
pub(super) fn sources(root: &Path) -> Result<Vec<PathBuf>, ProvisionError> {
    fn walk(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(root.join(below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if NOT_SOURCE.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                walk(root, &path, found)?;
            } else {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(root, Path::new(""), &mut found).map_err(ProvisionError::io(format!("cannot read {}", root.display())))?;
    found.sort();
    Ok(found)
}

/// Twelve hexadecimal digits that change with the name or the content of any of `files` below `root`.
pub(super) fn hash(root: &Path, files: &[PathBuf]) -> Result<String, ProvisionError> {
    let mut digest = Sha256::new();
    for file in files {
        let path = root.join(file);
        let content = fs::read(&path).map_err(ProvisionError::io(format!("cannot read {}", path.display())))?;
        digest.update(file.to_string_lossy().as_bytes());
        digest.update([0]);
        digest.update(content.len().to_be_bytes());
        digest.update(content);
    }
    Ok(digest
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_sees_names_and_content_but_not_what_tools_leave() {
        let root = tempfile::tempdir().unwrap();
        let now = || hash(root.path(), &sources(root.path()).unwrap()).unwrap();
        fs::create_dir_all(root.path().join("app/node_modules")).unwrap();
        fs::write(root.path().join("app/route.ts"), "one").unwrap();
        let first = now();
        fs::write(root.path().join("app/node_modules/x.js"), "x").unwrap();
        assert_eq!(now(), first);
        fs::write(root.path().join("app/route.ts"), "two").unwrap();
        let second = now();
        assert_ne!(second, first);
        fs::rename(root.path().join("app/route.ts"), root.path().join("app/page.ts")).unwrap();
        assert_ne!(now(), second);
    }

    #[test]
    fn a_mirror_keeps_links_and_content() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir_all(from.join("inner")).unwrap();
        fs::write(from.join("inner/file"), "text").unwrap();
        std::os::unix::fs::symlink("inner/file", from.join("link")).unwrap();
        mirror(&from, &to, Files::Linked).unwrap();
        assert_eq!(fs::read_to_string(to.join("link")).unwrap(), "text");
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("inner/file"));
        assert_eq!(everything(&to).unwrap().len(), 3);
    }
}
