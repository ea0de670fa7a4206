//! "I cannot answer": why a unit of work was given up.

use std::fmt;

use http::StatusCode;

use super::error::ApiError;
use super::reply::Reply;

/// What an endpoint returns.
pub type Outcome = Result<Reply, Stop>;

/// Why an endpoint stopped before its end; `?` makes one of an [`ApiError`], a [`Fault`] or a database error.
#[derive(Debug)]
pub enum Stop {
    /// The contract has an answer for this: it counts as a reply.
    Answer(Box<ApiError>),
    /// No answer is possible: everything is rolled back and another side may answer.
    Fault(Fault),
    /// A dry run came to a call that it must not make; the name of the outside service.
    Needs(&'static str),
}

/// The kinds of fault, as counters name them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// The database refused or broke off.
    Database,
    /// No connection was free within the time allowed.
    Saturated,
    /// A statement or the whole unit of work took too long.
    Timeout,
    /// A row was locked by another transaction for longer than allowed.
    Locked,
    /// An outside service did not answer.
    Outside,
    /// The endpoint found a state that it cannot answer for.
    State,
}

/// "I cannot answer". Nothing happened: the transaction is rolled back.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind, for counters and for the decision to fall back.
    pub kind: FaultKind,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault with a text for the log. The text must not carry personal data or secrets.
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Database => "database",
            Self::Saturated => "saturated",
            Self::Timeout => "timeout",
            Self::Locked => "locked",
            Self::Outside => "outside",
            Self::State => "state",
        })
    }
}

/// SQLSTATE `query_canceled`: `statement_timeout` ran out or the statement was cancelled.
const QUERY_CANCELED: &str = "57014";
/// SQLSTATE `lock_not_available`: `lock_timeout` ran out.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// SQLSTATE `character_not_in_repertoire`: a NUL in a text.
const NOT_IN_REPERTOIRE: &str = "22021";

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(|code| code.into_owned()));
        let (kind, message) = match (&error, code.as_deref()) {
            (sqlx::Error::PoolTimedOut, _) => (FaultKind::Saturated, "no database connection was free".to_owned()),
            (_, Some(QUERY_CANCELED)) => (FaultKind::Timeout, "a statement took too long".to_owned()),
            (_, Some(LOCK_NOT_AVAILABLE)) => (FaultKind::Locked, "a row was locked for too long".to_owned()),
            // The server's text can quote values of the row; only the code is safe to log.
            (_, Some(code)) => (
                FaultKind::Database,
                format!("the database refused a statement (SQLSTATE {code})"),
            ),
            _ => (FaultKind::Database, "the database could not be used".to_owned()),
        };
        Self::new(kind, message).caused_by(error)
    }
}

impl From<sqlx::Error> for Stop {
    /// A NUL in a text can never be stored or match: the caller's mistake, whatever the column.
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(|code| code.into_owned()));
        if code.as_deref() == Some(NOT_IN_REPERTOIRE) {
            return ApiError::bare(StatusCode::BAD_REQUEST, "Invalid text")
                .rolled_back()
                .caused_by(error)
                .into();
        }
        Self::Fault(error.into())
    }
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Answer(Box::new(error))
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Translates the breach of a named constraint into the answer that the contract has for it.
pub trait OnConstraint<T> {
    /// `answer` when `constraint` was broken; other errors stay faults. The broken transaction is rolled back.
    ///
    /// # Errors
    /// The answer, or the fault that the database error is.
    fn on_constraint(self, constraint: &str, answer: impl FnOnce() -> ApiError) -> Result<T, Stop>;
}

impl<T> OnConstraint<T> for sqlx::Result<T> {
    fn on_constraint(self, constraint: &str, answer: impl FnOnce() -> ApiError) -> Result<T, Stop> {
        self.map_err(|error| {
            let broken = error.as_database_error().and_then(|error| error.constraint());
            if broken == Some(constraint) {
                answer().rolled_back().caused_by(error).into()
            } else {
                error.into()
            }
        })
    }
}

impl<T> OnConstraint<T> for Result<T, Stop> {
    fn on_constraint(self, constraint: &str, answer: impl FnOnce() -> ApiError) -> Self {
        self.map_err(|stop| match stop {
            Stop::Fault(fault) if fault.constraint() == Some(constraint) => {
                answer().rolled_back().caused_by(fault).into()
            }
            other => other,
        })
    }
}

impl Fault {
    /// The named constraint that was broken, if that was the cause.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        self.source
            .as_ref()?
            .downcast_ref::<sqlx::Error>()?
            .as_database_error()?
            .constraint()
    }
}
