//! The names of metrics: what the program has, what the documentation explains, what alerts and dashboards ask for.

use std::collections::BTreeSet;
use std::fs;

use super::tree::{Tree, root};

/// What Prometheus adds to the name of a histogram.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Every metric that the program has: a literal of its name in the room that renders them.
pub(crate) fn in_code(tree: &Tree) -> BTreeSet<String> {
    let code = tree.under("proxy/src/metrics").flat_map(|source| source.text.lines());
    code.filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(names)
        .collect()
}

/// Every metric that these files of the repository speak of.
pub(crate) fn in_files(files: &[&str]) -> BTreeSet<String> {
    files
        .iter()
        .flat_map(|file| names(&fs::read_to_string(root().join(file)).unwrap()))
        .collect()
}

/// The words that begin with `ficus_`, without a histogram's suffix.
fn names(text: &str) -> Vec<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = text
        .split(|character| !is_part(character))
        .filter(|word| word.starts_with("ficus_"));
    words
        .map(|word| {
            SUFFIXES
                .iter()
                .find_map(|suffix| word.strip_suffix(suffix))
                .unwrap_or(word)
                .to_owned()
        })
        .collect()
}

#[test]
fn a_histogram_has_one_name() {
    let text = r#"rate(ficus_request_seconds_bucket{job="x"}[5m]) / ficus_requests_total"#;
    assert_eq!(names(text), ["ficus_request_seconds", "ficus_requests_total"]);
}
