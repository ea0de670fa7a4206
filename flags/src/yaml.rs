//! YAML as a small tree in which everything knows its place.
//!
//! Only what a flag file needs: one document of mappings, lists and scalars. Anchors, aliases and tags are refused, which
//! also disarms the "billion laughs"; depth and size are bounded. Characters that a reader would not see as they take
//! effect (control characters, overrides of the writing direction) are refused before anything is parsed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::findings::{Findings, Place};
use build::Builder;

mod build;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text; `plain` when it stands there without quotes, so that `~`, `null` and nothing at all mean "no value".
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, without duplicate keys.
    Map(Vec<Entry>),
}

/// One line of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) value: Node,
}

/// Parses one document. `None` when there is nothing that could be read further; the reason is then in `findings`.
pub(crate) fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !check_characters(text, findings) {
        return None;
    }
    // The parser is not ours and asserts its own invariants; a fault in it must cost this reload and not the process.
    let built = catch_unwind(AssertUnwindSafe(|| Builder::new(findings).build(text)));
    built.unwrap_or_else(|_| {
        findings.add(Place { line: 1, column: 1 }, "the YAML parser failed on this text");
        None
    })
}

fn check_characters(text: &str, findings: &mut Findings) -> bool {
    let mut good = true;
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some((column, letter)) = line.chars().enumerate().find(|(_, letter)| is_unseen(*letter)) {
            let place = Place {
                line: index + 1,
                column: column + 1,
            };
            let message = format!(
                "the character U+{:04X} cannot be seen and is not allowed in a flag file",
                u32::from(letter)
            );
            findings.add(place, message);
            good = false;
        }
    }
    good
}

fn is_unseen(letter: char) -> bool {
    (letter.is_control() && letter != '\t')
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl Node {
    /// What the value is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            _ if self.is_missing() => "nothing",
            Value::Scalar { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Whether the value was left out: nothing, `~` or `null`, without quotes.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar that was not left out.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_missing() => Some(text),
            _ => None,
        }
    }

    /// The place of a character inside a scalar that stands on one line.
    pub(crate) fn place_inside(&self, offset: usize) -> Place {
        let quote = usize::from(matches!(self.value, Value::Scalar { plain: false, .. }));
        Place {
            line: self.place.line,
            column: self.place.column + quote + offset,
        }
    }
}

#[cfg(test)]
mod tests;
