//! Turns the text of one file into plain data: what it imports, what it exports, and what each top-level item uses.

mod calls;
mod declare;
mod names;
mod visitor;

use std::collections::{BTreeMap, BTreeSet};

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use serde_json::Value;

use super::model::{CallSite, Note};
use super::rules::Rules;

/// One parsed file.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) file: String,
    pub(crate) items: Vec<Item>,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    pub(crate) stars: Vec<Star>,
    /// Every other file or package that the file names, types included.
    pub(crate) links: Vec<String>,
    /// Literal top-level `export const` values.
    pub(crate) constants: BTreeMap<String, Value>,
    /// What `export default` is, when it can be read.
    pub(crate) default: Option<super::literal::Read>,
    pub(crate) notes: Vec<Note>,
}

/// A top-level declaration, or (without names) a statement that runs on import.
#[derive(Debug, Default)]
pub(crate) struct Item {
    pub(crate) names: Vec<String>,
    pub(crate) line: u32,
    /// The value is a literal that counts as false: no handler.
    pub(crate) falsy: bool,
    pub(crate) facts: Facts,
}

/// What the code of an item does.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) uses: BTreeSet<String>,
    pub(crate) members: BTreeSet<(String, String)>,
    /// `import("x")` and `require("x")`.
    pub(crate) loads: BTreeSet<String>,
    pub(crate) environment: Vec<(String, u32)>,
    pub(crate) hosts: Vec<(String, u32)>,
    pub(crate) writes: Vec<u32>,
    pub(crate) composed_sql: Vec<u32>,
    pub(crate) calls: Vec<CallSite>,
    /// Methods that the code compares `req.method` with.
    pub(crate) methods: BTreeSet<String>,
    pub(crate) unclear: Vec<(u32, String)>,
}

/// One imported name.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) local: String,
    pub(crate) imported: Imported,
    pub(crate) source: String,
}

/// What an import takes from its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Imported {
    /// One export; `default` is one.
    Name(String),
    /// The whole module.
    Namespace,
}

/// One exported name.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) value: Exported,
    pub(crate) line: u32,
}

/// Where the value of an export comes from.
#[derive(Debug)]
pub(crate) enum Exported {
    /// A top-level name of the same file.
    Local(String),
    /// Another module.
    From(String, Imported),
}

/// `export * from "source"`.
#[derive(Debug)]
pub(crate) struct Star {
    pub(crate) source: String,
    pub(crate) line: u32,
}

/// The name of the item that an anonymous `export default` makes; no identifier can be equal to it.
pub(super) const DEFAULT_ITEM: &str = "*default*";

/// Parses one file. A syntax error is a note; what stands in the file is then left out as a whole.
pub(crate) fn module(file: &str, text: &str, rules: &Rules) -> Module {
    let mut module = Module {
        file: file.to_owned(),
        ..Module::default()
    };
    let allocator = Allocator::default();
    let kind = SourceType::from_path(file).unwrap_or_default();
    let kind = if file.ends_with(".js") || file.ends_with(".jsx") {
        kind.with_jsx(true).with_unambiguous(true)
    } else {
        kind
    };
    let parsed = Parser::new(&allocator, text, kind).parse();
    let lines = Lines::new(text);
    if let Some(error) = parsed.diagnostics.first() {
        let offset = error.labels.first().map_or(0, |label| label.offset());
        module.notes.push(Note::new(
            file,
            lines.at(offset),
            format!("does not parse: {}", error.message),
        ));
        return module;
    }
    declare::collect(&parsed.program, &lines, rules, &mut module);
    module
}

/// From byte offsets to lines.
#[derive(Debug)]
pub(super) struct Lines(Vec<u32>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        Self(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .filter_map(|(at, _)| u32::try_from(at).ok())
                .collect(),
        )
    }

    /// The line of a byte, from 1.
    pub(super) fn at(&self, offset: u32) -> u32 {
        u32::try_from(self.0.partition_point(|&end| end < offset)).unwrap_or(u32::MAX - 1) + 1
    }
}
