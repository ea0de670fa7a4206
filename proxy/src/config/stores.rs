//! `store:`, `database:` and `shadow:` of the configuration: where data is kept, and what comparing answers may cost.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problem, Span};

/// Ficus's own store.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:` or `postgres:`; by default `ficus.db` beside the flag file, in memory without a flag file.
    pub url: Option<String>,
    /// How long evidence is kept; 30 days by default.
    pub retention: Option<Span>,
}

/// How long evidence is kept when the configuration says nothing.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// The least that can be kept: counters are kept by the hour.
const LEAST_RETENTION: Duration = Duration::from_secs(3600);

impl StoreConfig {
    /// What contradicts itself although each value is well-formed.
    pub(super) fn problems(&self) -> Option<Problem> {
        let too_short = self.retention.is_some_and(|span| span.0 < LEAST_RETENTION);
        too_short.then(|| Problem::new("store.retention", "it must be at least 1h"))
    }
}

/// The app's database.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// A PostgreSQL URL.
    pub url: Option<String>,
}

/// What shadowing may cost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShadowConfig {
    /// Exchanges in hand at once; more are dropped and counted.
    pub queue: usize,
    /// Dry runs at once.
    pub concurrency: usize,
    /// Largest body that is held for comparison.
    pub body_bytes: usize,
    /// Bytes held by all of them together.
    pub total_bytes: usize,
}

impl Default for ShadowConfig {
    fn default() -> Self {
        Self {
            queue: 256,
            concurrency: 16,
            body_bytes: 1024 * 1024,
            total_bytes: 64 * 1024 * 1024,
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL has a password in it.
        formatter
            .debug_struct("Database")
            .field("set", &self.url.is_some())
            .finish()
    }
}
