//! How long what legacy does for a route may take.

use std::time::Duration;

use serde::Serialize;

use crate::duration;

/// The time limits of a route. What is `None` is the proxy's own limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TimeLimits {
    /// The longest that the head of an answer may take, on either side.
    #[serde(serialize_with = "duration::serialize_optional")]
    pub timeout: Option<Duration>,
    /// The longest that making a connection to one address of legacy may take; a kept connection needs none.
    #[serde(serialize_with = "duration::serialize_optional")]
    pub connect_timeout: Option<Duration>,
    /// The longest from one piece of the body of legacy's answer to the next; streams of events have none of this.
    #[serde(serialize_with = "duration::serialize_optional")]
    pub idle_timeout: Option<Duration>,
    /// The longest that the whole of an exchange with legacy may take, the body of the answer included.
    #[serde(serialize_with = "duration::serialize_optional")]
    pub total_timeout: Option<Duration>,
}

impl TimeLimits {
    /// These before those of the next wider part.
    pub(crate) fn over(&self, wider: &Self) -> Self {
        Self {
            timeout: self.timeout.or(wider.timeout),
            connect_timeout: self.connect_timeout.or(wider.connect_timeout),
            idle_timeout: self.idle_timeout.or(wider.idle_timeout),
            total_timeout: self.total_timeout.or(wider.total_timeout),
        }
    }
}
