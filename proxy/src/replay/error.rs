//! Why a replay could not be done at all.

use std::path::PathBuf;

use crate::provision::ProvisionError;

/// The lab could not be set up or the recording could not be read. Differences are no errors.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the place where it is known.
        problem: String,
    },
    /// There is no database server.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The lab's database refused something.
    #[error("{what}")]
    Database {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// The lab's database cannot be given the tables of Ficus.
    #[error("the schema of the recording cannot be used")]
    Schema(#[from] handlers::schema::SchemaError),
    /// The native side does not start.
    #[error("the native handlers cannot be started: {0}")]
    Native(String),
}

impl ReplayError {
    pub(super) fn database(what: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let what = what.into();
        move |source| Self::Database { what, source }
    }

    pub(super) fn malformed(path: &std::path::Path, problem: impl std::fmt::Display) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}
