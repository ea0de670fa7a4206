//! What is wrong with a flag file, where, and what to do about it.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// One thing that is wrong with a flag file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line in the file, from 1; 0 when the problem is about the whole file (it cannot be read).
    pub line: usize,
    /// Column in characters, from 1; 0 when the problem is about the whole file.
    pub column: usize,
    /// What is wrong, in one clause.
    pub message: String,
    /// What to write or do instead, when that is known.
    pub remedy: Option<String>,
}

/// Everything that is wrong with one flag file; never empty when it comes from this crate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Problems in the order of their places.
    #[must_use]
    pub fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|left, right| {
            (left.line, left.column, &left.message).cmp(&(right.line, right.column, &right.message))
        });
        Self(problems)
    }

    /// A problem of the file as a whole, with no place in it.
    #[must_use]
    pub fn of_file(message: impl Into<String>, remedy: Option<String>) -> Self {
        Self(vec![Problem {
            line: 0,
            column: 0,
            message: message.into(),
            remedy,
        }])
    }

    /// Adds a last word that stands behind all others, whatever its place.
    pub(crate) fn close_with(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The problems, ordered by place.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// The problems, ordered by place.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same list, printed with the real name of the file (`conf/flags.yaml:4:12: …`).
    #[must_use]
    pub fn named<'a>(&'a self, path: &'a Path) -> impl fmt::Display + 'a {
        Named {
            problems: self,
            name: path.display(),
        }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Named {
            problems: self,
            name: "flags.yaml",
        }
        .fmt(formatter)
    }
}

impl std::error::Error for Problems {}

struct Named<'a, N> {
    problems: &'a Problems,
    name: N,
}

impl<N: fmt::Display> fmt::Display for Named<'_, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{}:", self.name)?;
            if problem.line > 0 {
                write!(formatter, "{}:{}:", problem.line, problem.column)?;
            }
            write!(formatter, " {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.remedy {
            Some(remedy) => write!(formatter, " ({remedy})"),
            None => Ok(()),
        }
    }
}
