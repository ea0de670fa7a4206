//! `ofrep:` of the configuration: flags for the front-end, over the OpenFeature Remote Evaluation Protocol.

use schemars::JsonSchema;
use serde::Deserialize;

/// Flags for the front-end.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfrepConfig {
    /// Whether `/ofrep/v1/evaluate/flags` is Ficus's own; otherwise it goes its way like every other path.
    pub enabled: bool,
    /// Whether only those are told who carry a session that a signature proves.
    pub signed_in_only: bool,
    /// The groups whose routes are told of; every route when empty.
    pub groups: Vec<String>,
    /// Most questions from one address in a second, on each core.
    pub per_second: u32,
}

impl Default for OfrepConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            signed_in_only: false,
            groups: Vec::new(),
            per_second: 20,
        }
    }
}

impl OfrepConfig {
    /// Whether routes of this group are told of.
    #[must_use]
    pub fn tells_of(&self, group: Option<&str>) -> bool {
        self.groups.is_empty() || group.is_some_and(|group| self.groups.iter().any(|told| told == group))
    }
}
