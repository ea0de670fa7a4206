//! The keys of `ficus.yaml`: what the program reads, and what the documentation explains.

use std::collections::BTreeSet;
use std::fs;

use super::tree::root;

/// Every key that the program reads, as its JSON Schema has it.
pub(crate) fn in_code() -> BTreeSet<String> {
    proxy::config::keys()
}

/// Every key in the table of `docs/configuration.md`.
pub(crate) fn in_documentation() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let section = text
        .split("## ")
        .find(|section| section.starts_with("Keys of"))
        .unwrap();
    let keys = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    keys.map(|(key, _)| key.to_owned()).collect()
}
