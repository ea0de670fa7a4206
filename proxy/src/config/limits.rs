//! `limits:` of the configuration: what a request may cost.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What a request may cost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest target, in bytes.
    pub uri_bytes: usize,
    /// Most header lines of a request.
    pub headers: usize,
    /// Largest head of a request, in bytes.
    pub head_bytes: usize,
    /// Largest body, in bytes; none is no limit.
    pub body_bytes: Option<u64>,
    /// Other limits for the bodies to some paths, by the beginning of the path; the longest beginning counts.
    pub body_bytes_by_path: BTreeMap<String, u64>,
    /// A body, and a client that takes its answer, may keep Ficus waiting for one second more for each of these bytes.
    pub client_bytes_per_second: u32,
    /// Most connections from one address, unless it is a trusted hop; none is no limit.
    pub connections_per_client: Option<usize>,
    /// Most requests in flight, over all cores.
    pub in_flight: usize,
    /// Idle connections to legacy, for each core.
    pub idle_connections: usize,
}

impl Limits {
    /// The largest body to a path.
    #[must_use]
    pub fn body_limit(&self, path: &str) -> Option<u64> {
        let own = self
            .body_bytes_by_path
            .iter()
            .filter(|(start, _)| path.starts_with(*start));
        own.max_by_key(|(start, _)| start.len())
            .map(|(_, bytes)| *bytes)
            .or(self.body_bytes)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            uri_bytes: 16 * 1024,
            headers: 100,
            head_bytes: 64 * 1024,
            body_bytes: None,
            body_bytes_by_path: BTreeMap::new(),
            client_bytes_per_second: 256,
            connections_per_client: None,
            in_flight: 10_000,
            idle_connections: 256,
        }
    }
}
