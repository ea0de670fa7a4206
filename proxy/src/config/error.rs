//! What is wrong with a configuration, and where.

use std::fmt;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong.
    pub message: String,
    /// Line and column, counted from 1, when the place is known.
    pub place: Option<(usize, usize)>,
}

/// A value that contradicts another one, or that is out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, from the top of the file: `listeners[0].tls`.
    pub path: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.path, self.message)
    }
}

impl ConfigError {
    /// A problem of the whole file.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
        }
    }

    /// A problem at a place.
    #[must_use]
    pub fn at(message: impl Into<String>, line: usize, column: usize) -> Self {
        Self {
            message: message.into(),
            place: Some((line, column)),
        }
    }

    pub(super) fn of_yaml(error: &serde_yaml::Error) -> Self {
        let place = error.location().map(|location| (location.line(), location.column()));
        let text = error.to_string();
        // The place is said separately.
        let message = place
            .and_then(|_| text.rsplit_once(" at line "))
            .map_or(text.as_str(), |(message, _)| message);
        Self {
            message: message.to_owned(),
            place,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(formatter, "line {line}, column {column}: ")?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
