//! The native endpoints that replace the legacy routes, and the kit they are written with.
//!
//! An endpoint is a function over a *unit of work* ([`kit::Reader`] or [`kit::Work`]) and an [`kit::Inbound`] request; it
//! reaches the database, the clock, ids, outside effects and calls only through them. That is what makes a dry run
//! ([`Native::dry_run`]), a safe fallback ([`Failure::may_fall_back`]) and deterministic tests possible.
//!
//! The crate knows nothing of flags or proxying and reads no environment: settings come in through
//! [`Settings::from_lookup`], everything replaceable through [`Seams`].

mod auth;
mod chat;
pub mod config;
mod crm;
pub mod domain;
pub mod kit;
mod native;
pub mod openapi;
mod public;
pub mod schema;

pub use auth::identity::Identity;
pub use config::{Secret, Settings, SettingsError};
pub use kit::{
    CommitState, DryRun, DryRunLimits, EffectRecord, Endpoint, Failure, FailureKind, Fault, Kind, NotComparable, Seams,
    Task,
};
pub use native::{Native, StartError};

use kit::{Routes, RoutesError, Table};

/// The routes of every area: the only list, from which the catalogue and the dispatcher are both made.
#[must_use]
pub fn routes() -> Vec<Routes> {
    vec![
        public::health::routes(),
        auth::backend::routes(),
        auth::login::routes(),
        auth::me::routes(),
        auth::otp::routes(),
        auth::session::routes(),
        chat::contacts::routes(),
        chat::messages::routes(),
        crm::tickets::routes(),
    ]
}

/// What this binary can answer natively. Needs no database and no settings.
#[must_use]
pub fn catalogue() -> Vec<Endpoint> {
    routes().iter().flat_map(Routes::endpoints).collect()
}

/// The match table of [`routes`]; fails when two routes claim the same method and path.
fn table(extra: Vec<Routes>) -> Result<Table, RoutesError> {
    Table::new(routes().into_iter().chain(extra))
}
