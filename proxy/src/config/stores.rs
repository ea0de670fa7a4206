//! `store:`, `database:` and `shadow:` of the configuration: where data is kept, and what comparing answers may cost.

use schemars::JsonSchema;
use serde::Deserialize;

/// Ficus's own store.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:` or `postgres:`; by default `ficus.db` beside the flag file, in memory without a flag file.
    pub url: Option<String>,
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
