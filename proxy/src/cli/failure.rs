//! Errors of commands: a chain of causes, and where one is known, a line that says what to do.

use std::fmt::{self, Display};

/// What to do about an error, attached to it as context. [`Printer::error`](super::printer::Printer::error) shows it last.
#[derive(Debug)]
pub(crate) struct Hinted {
    message: String,
    hint: String,
}

impl Hinted {
    /// What could not be done and what to do about it, as context for the cause.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// An error by itself: what is wrong, and what to do.
    pub(crate) fn error(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self::new(message, hint))
    }
}

impl Display for Hinted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Hinted {}

/// Adds what was tried and what to do to an error that came from below.
pub(crate) trait OrHint<T> {
    /// `message` says what could not be done, `hint` what the user can do about it.
    fn or_hint(self, message: impl FnOnce() -> String, hint: impl FnOnce() -> String) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrHint<T> for Result<T, E> {
    fn or_hint(self, message: impl FnOnce() -> String, hint: impl FnOnce() -> String) -> anyhow::Result<T> {
        self.map_err(|error| {
            error.into().context(Hinted {
                message: message(),
                hint: hint(),
            })
        })
    }
}

/// The hint nearest to the surface, if any error of the chain carries one.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<&str> {
    error.downcast_ref::<Hinted>().map(|hinted| hinted.hint.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Hinted, OrHint, hint_of};

    #[test]
    fn a_hint_survives_more_context() {
        let error = Hinted::error("no database", "set DATABASE_URL").context("cannot migrate");
        assert_eq!(hint_of(&error), Some("set DATABASE_URL"));
        assert_eq!(error.to_string(), "cannot migrate");
    }

    #[test]
    fn a_cause_is_kept_below_the_hint() {
        let result: Result<(), _> = Err(std::io::Error::other("connection refused"));
        let error = result
            .or_hint(|| "cannot reach it".to_owned(), || "start it".to_owned())
            .unwrap_err();
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        assert_eq!(chain, ["cannot reach it", "connection refused"]);
        assert_eq!(hint_of(&error), Some("start it"));
    }
}
