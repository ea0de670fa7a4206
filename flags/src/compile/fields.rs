//! The keys of one mapping: known ones are handed out, all others are refused.
//!
//! A key that is not known is never passed over: a misspelt or too new safety setting that silently does nothing is worse
//! than a file that is refused.

use crate::findings::{Findings, Place};
use crate::suggest::nearest;
use crate::yaml::{Entry, Node, Value};

/// Keys of later versions: refused like any other, but with a better reason.
const LATER: [&str; 2] = ["retire_after", "freeze"];

/// The keys of one mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'n> {
    entries: &'n [Entry],
    place: Place,
}

impl<'n> Fields<'n> {
    /// Opens a mapping whose only keys are `known`. `what` names it in problems ("a route").
    pub(super) fn open(node: &'n Node, what: &str, known: &[&str], findings: &mut Findings) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let message = format!("{what} is a mapping, not {}", node.kind());
            findings.add_with_remedy(node.place, message, format!("its keys are {}", list(known)));
            return None;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            refuse(entry, what, known, findings);
        }
        Some(Self {
            entries,
            place: node.place,
        })
    }

    /// The value of a key that may be left out.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its place.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The place of the mapping.
    pub(super) fn place(&self) -> Place {
        self.place
    }
}

fn refuse(entry: &Entry, what: &str, known: &[&str], findings: &mut Findings) {
    let key = &entry.key;
    if LATER.contains(&key.as_str()) {
        let message = format!("`{key}` is not known to this version of Ficus");
        let remedy =
            "leave it out, or run a version that knows it: a safety setting that is passed over would protect nobody";
        return findings.add_with_remedy(entry.key_place, message, remedy);
    }
    let remedy = match nearest(key, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("its keys are {}", list(known)),
    };
    findings.add_with_remedy(entry.key_place, format!("{what} has no key `{key}`"), remedy);
}

/// Words as a sentence lists them.
pub(super) fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
