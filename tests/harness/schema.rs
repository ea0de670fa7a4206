//! The schema of the legacy app as SQL, for what is to find it without Ficus's own tables.

use std::path::{Path, PathBuf};

/// The baseline of the migrations.
///
/// # Panics
/// When it cannot be read.
pub fn legacy_schema() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/app");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the migrations")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.to_string_lossy().contains("_baseline_"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("a migration");
    files.iter().map(read).collect()
}
