//! Collects problems while a file is read, so that all of them are reported at once.

use crate::problem::{Problem, Problems};

/// The most problems that are listed; the rest is counted.
const MAX_LISTED: usize = 200;

/// A place in the file; both numbers count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The problems that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    listed: Vec<Problem>,
    unlisted: usize,
}

impl Findings {
    /// Adds a problem for which there is nothing to suggest.
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.push(place, message.into(), None);
    }

    /// Adds a problem and what to do about it.
    pub(crate) fn add_with_remedy(&mut self, place: Place, message: impl Into<String>, remedy: impl Into<String>) {
        self.push(place, message.into(), Some(remedy.into()));
    }

    /// Whether further problems are only counted, so that costly suggestions are not worth making.
    pub(crate) fn is_full(&self) -> bool {
        self.listed.len() >= MAX_LISTED
    }

    /// Whether anything was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Everything that was found; the last one says how many more there are, if they were not listed.
    pub(crate) fn into_problems(self) -> Problems {
        let mut problems = Problems::new(self.listed);
        if self.unlisted > 0 {
            problems.close_with(Problem {
                line: 0,
                column: 0,
                message: format!("{} more problems are not listed", self.unlisted),
                remedy: None,
            });
        }
        problems
    }

    fn push(&mut self, place: Place, message: String, remedy: Option<String>) {
        if self.is_full() {
            self.unlisted += 1;
            return;
        }
        self.listed.push(Problem {
            line: place.line,
            column: place.column,
            message,
            remedy,
        });
    }
}
