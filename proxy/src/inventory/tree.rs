//! Lists the tree and reads its source files, on two threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::model::Note;
use super::parse::{self, Module};
use super::rules::Rules;

/// Folders that never hold source code of the app.
const SKIPPED: [&str; 8] = [
    "node_modules",
    ".next",
    ".git",
    ".turbo",
    ".vercel",
    "dist",
    "coverage",
    "target",
];
/// A source file above this size is generated; it is noted and passed over.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;
/// A tree deeper than this is a loop or an attack.
const MAX_DEPTH: usize = 64;
/// How many threads parse; more does not help trees of a few thousand files.
const THREADS: usize = 2;
/// What can hold code.
const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];
/// Files that are no code and yet decide how code is found.
const MANIFESTS: [&str; 3] = ["package.json", "tsconfig.json", "jsconfig.json"];

/// Why a tree cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct ReadError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// The files of a tree: every path, the parsed modules and the text of the manifests.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) paths: Vec<String>,
    pub(crate) modules: Vec<Module>,
    pub(crate) manifests: BTreeMap<String, String>,
    pub(crate) notes: Vec<Note>,
}

/// Reads the whole tree.
pub(crate) fn read(root: &Path, rules: &Rules) -> Result<Tree, ReadError> {
    let mut tree = Tree::default();
    std::fs::read_dir(root).map_err(|source| ReadError {
        path: root.to_owned(),
        source,
    })?;
    list(root, "", 0, &mut tree);
    tree.paths.sort();
    for path in tree.paths.iter().filter(|path| is_manifest(path)) {
        match std::fs::read_to_string(root.join(path)) {
            Ok(text) => {
                tree.manifests.insert(path.clone(), text);
            }
            Err(error) => tree.notes.push(Note::new(path, 1, format!("cannot be read: {error}"))),
        }
    }
    let sources: Vec<&str> = tree
        .paths
        .iter()
        .map(String::as_str)
        .filter(|path| is_source(path))
        .collect();
    let (modules, notes) = parse_all(root, &sources, rules);
    tree.modules = modules;
    tree.notes.extend(notes);
    Ok(tree)
}

fn list(root: &Path, below: &str, depth: usize, tree: &mut Tree) {
    if depth > MAX_DEPTH {
        return tree.notes.push(Note::new(
            below,
            1,
            "the folders are too deep; what is below was not read",
        ));
    }
    let entries = match std::fs::read_dir(root.join(below)) {
        Ok(entries) => entries,
        Err(error) => {
            return tree.notes.push(Note::new(below, 1, format!("cannot be read: {error}")));
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            tree.notes
                .push(Note::new(below, 1, "a file name is not UTF-8 and was passed over"));
            continue;
        };
        let path = if below.is_empty() {
            name.to_owned()
        } else {
            format!("{below}/{name}")
        };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !SKIPPED.contains(&name) => list(root, &path, depth + 1, tree),
            Ok(kind) if kind.is_file() => tree.paths.push(path),
            Ok(kind) if kind.is_symlink() => tree.notes.push(Note::new(&path, 1, "a symbolic link was not followed")),
            _ => {}
        }
    }
}

fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    MANIFESTS.contains(&name) || (name.starts_with("tsconfig.") && name.ends_with(".json"))
}

fn is_source(path: &str) -> bool {
    let declaration = path.ends_with(".d.ts") || path.ends_with(".d.mts") || path.ends_with(".d.cts");
    !declaration
        && path
            .rsplit_once('.')
            .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

fn parse_all(root: &Path, sources: &[&str], rules: &Rules) -> (Vec<Module>, Vec<Note>) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = (Vec::new(), Vec::new());
        while let Some(path) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            match read_source(root, path) {
                Ok(text) => done.0.push(parse::module(path, &text, rules)),
                Err(note) => done.1.push(note),
            }
        }
        done
    };
    let (mut modules, mut notes) = std::thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok((modules, notes)) => {
                    all.0.extend(modules);
                    all.1.extend(notes);
                }
                Err(_) => all.1.push(Note::new(
                    "",
                    1,
                    "a reader thread ended early; some files were not read",
                )),
            }
        }
        all
    });
    modules.sort_by(|a, b| a.file.cmp(&b.file));
    notes.sort();
    (modules, notes)
}

fn read_source(root: &Path, path: &str) -> Result<String, Note> {
    let full = root.join(path);
    let failed = |error: std::io::Error| Note::new(path, 1, format!("cannot be read: {error}"));
    if std::fs::metadata(&full).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(Note::new(path, 1, "is larger than 2 MiB and was passed over"));
    }
    std::fs::read_to_string(&full).map_err(failed)
}
