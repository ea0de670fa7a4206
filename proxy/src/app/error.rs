//! Why an application does not start, and why one ended otherwise than by draining.

use std::io;

use flags::Problems;

use crate::config::ListenAddress;
use crate::flag_database::FlagDatabaseError;
use crate::store::StoreError;
use crate::tls::CertificateError;
use crate::upstream::TlsError;

/// Why an application does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: ListenAddress,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The flag file is not there or is refused.
    #[error("the flags cannot be used:\n{0}")]
    Flags(Problems),
    /// There are no flags in PostgreSQL to begin with.
    #[error("the flags cannot be used")]
    FlagDatabase(#[from] FlagDatabaseError),
    /// The sockets that were passed on to this process cannot be used.
    #[error("the inherited sockets cannot be used")]
    Inherited(#[source] io::Error),
    /// Certificates cannot be used.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
    /// TLS to the legacy app cannot be set up.
    #[error("legacy cannot be reached")]
    Upstream(#[from] TlsError),
    /// The file of the access log cannot be opened.
    #[error("the access log cannot be written")]
    AccessLog(#[source] io::Error),
    /// The native handlers cannot start.
    #[error("the native handlers cannot start: {0}")]
    Native(String),
    /// The client that asks legacy again for comparison cannot be made.
    #[error("the client for comparisons cannot be made")]
    Control(#[from] reqwest::Error),
}

/// Why an application ended otherwise than by draining.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A core could not start or failed.
    #[error("a data plane thread failed")]
    Core(#[source] io::Error),
    /// Some connections did not finish in time.
    #[error("{0} connections were cut because they did not finish in time")]
    Cut(usize),
}
