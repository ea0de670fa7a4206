//! What every unit of work is given.

use std::sync::Arc;

use super::calls::CallPolicy;
use super::clock::Clock;
use super::database::{Database, Opening};
use super::dry_run::DryRunLimits;
use super::ids::Ids;
use super::rate_limit::RateLimit;
use super::touch::later::Later;
use crate::config::Settings;

/// The surroundings of one run.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time.
    pub clock: Clock,
    /// Ids and chance.
    pub ids: Ids,
    /// The settings of the application.
    pub settings: Arc<Settings>,
    /// Holds back calls that a compatibility switch admits without a token.
    pub compat_limit: Arc<RateLimit>,
    pub(crate) database: Database,
    /// Writes what may be written late.
    pub(crate) touches: Later,
    pub(crate) calls: CallPolicy,
    pub(crate) request_id: Option<String>,
    /// Set in a dry run.
    pub(crate) dry: Option<DryRunLimits>,
}

impl Context {
    /// Whether nothing of this run will last. Endpoints do not ask; ports and limits do.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry.is_some()
    }

    pub(crate) fn opening(&self, read_only: bool) -> Opening {
        Opening {
            read_only,
            dry: self.dry,
        }
    }
}
