//! How much a shadow of a route may cost.

use std::time::Duration;

use serde::Serialize;

use crate::duration;

/// The limits of the native dry runs of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ShadowRules {
    /// The longest that a dry run may take; for a write, the longest that the caller can be delayed by it.
    #[serde(serialize_with = "duration::serialize")]
    pub budget: Duration,
    /// The most dry runs of this route in a second, in one process; `None` is no limit of its own.
    pub rate_per_second: Option<u32>,
}

impl ShadowRules {
    /// The budget when the file states none.
    pub const DEFAULT_BUDGET: Duration = Duration::from_millis(50);
}

impl Default for ShadowRules {
    fn default() -> Self {
        Self {
            budget: Self::DEFAULT_BUDGET,
            rate_per_second: None,
        }
    }
}
