//! Reads a Next.js source tree and says which routes it has, what each of them touches and who calls it.
//!
//! The way of a tree: [`tree`] lists and reads the files → [`parse`] turns each into plain data (two threads) →
//! [`segments`] makes patterns of paths → [`exports`] follows every method to its definition → [`reach`] collects what a
//! method touches → [`call_sites`] finds who calls it. Nothing is guessed: what cannot be decided is a [`Note`] with its
//! file and line. The outputs ([`flag_file`], [`tracker`], [`graph`]) and the drift check ([`check`]) read only the result.

mod app;
pub mod call_sites;
pub mod check;
mod exports;
pub mod flag_file;
mod flag_text;
pub mod graph;
mod literal;
mod model;
mod next_config;
mod parse;
pub mod phases;
mod reach;
mod resolve;
mod rules;
mod segments;
mod sql;
pub mod tracker;
pub(crate) mod tree;
mod workspace;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use flag_text::stages;
pub use model::{
    App, CallSite, Configuration, Inventory, Kind, MethodEntry, Mutates, Note, Place, Route, SharedModule,
};
pub use rules::{AreaRule, Category, Rules, RulesError};
pub use tree::ReadError;

pub(crate) use workspace::Workspace;

/// Reads the tree under `directory`.
///
/// # Errors
/// When the directory itself cannot be read. A file that cannot be read or parsed costs that file only, and is a note.
pub fn read(directory: &Path, rules: &Rules) -> Result<Inventory, ReadError> {
    Ok(Workspace::read(directory, rules)?.inventory(rules))
}
