//! The keys of `ficus.yaml`: what the program reads, and what the documentation explains.

use std::collections::BTreeSet;
use std::fs;

use super::tree::root;

/// The fields of the configuration that hold a section or are not read from the file.
const NO_KEYS: [&str; 10] = [
    "admin",
    "database",
    "environment",
    "health",
    "legacy",
    "limits",
    "shadow",
    "store",
    "timeouts",
    "tls",
];

/// The files with the structures of the configuration.
const STRUCTURES: [&str; 2] = ["proxy/src/config.rs", "proxy/src/config/legacy.rs"];

/// The last part of every key that the structures of the configuration have.
pub(crate) fn in_code() -> BTreeSet<String> {
    let text: String = STRUCTURES
        .iter()
        .map(|file| fs::read_to_string(root().join(file)).unwrap())
        .collect();
    let fields = text
        .lines()
        .filter_map(|line| line.strip_prefix("    pub ")?.split_once(": "));
    let names = fields
        .map(|(name, _)| name)
        .filter(|name| !name.contains(' ') && !NO_KEYS.contains(name));
    names.map(str::to_owned).collect()
}

/// The last part of every key in the table of `docs/configuration.md`.
pub(crate) fn in_documentation() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let section = text
        .split("## ")
        .find(|section| section.starts_with("Keys of"))
        .unwrap();
    let keys = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    keys.map(|(key, _)| key.rsplit('.').next().unwrap_or_default().to_owned())
        .collect()
}
