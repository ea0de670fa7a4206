//! What a route has to show before it moves on, and what takes it back.

use std::time::Duration;

use serde::Serialize;

use crate::duration;
use crate::share::Share;

/// What has to be seen in the shadow before a route may move on (`gate:`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateRules {
    /// Comparisons that are needed.
    pub min_samples: u32,
    /// The lower confidence bound of the match rate has to reach this.
    #[serde(rename = "match")]
    pub match_rate: Share,
    /// Native's 99th percentile may be so many hundredths of legacy's.
    pub p99_percent: u32,
    /// So long no difference that counts may have been seen.
    #[serde(serialize_with = "duration::serialize")]
    pub quiet_for: Duration,
}

impl Default for GateRules {
    /// What holds where the file says nothing.
    fn default() -> Self {
        Self {
            min_samples: 500,
            match_rate: Share::from_basis_points(9_950).unwrap_or(Share::ALL),
            p99_percent: 150,
            quiet_for: Duration::from_secs(24 * 3_600),
        }
    }
}

/// What takes a route back by itself (`guard:`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardRules {
    /// The share of native answers that may be errors or have to be given by legacy instead.
    pub error_rate: Option<Share>,
    /// The share of comparisons that may differ.
    pub mismatch_rate: Option<Share>,
    /// Native may take so many hundredths of legacy's time, on average.
    pub latency_percent: Option<u32>,
    /// The time that is looked at.
    #[serde(serialize_with = "duration::serialize")]
    pub window: Duration,
    /// Requests that the time must hold before it is judged.
    pub min_requests: u32,
    /// What is done when it is broken.
    pub action: GuardAction,
}

/// What a broken guard does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardAction {
    /// Takes the route one stage back.
    #[default]
    Back,
    /// Kills the route at once and takes it all the way back to legacy.
    Kill,
}

impl GuardAction {
    /// Every action, as the flag file writes it.
    pub const WORDS: [&'static str; 2] = ["back", "kill"];

    /// Reads a word of [`Self::WORDS`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "back" => Some(Self::Back),
            "kill" => Some(Self::Kill),
            _ => None,
        }
    }
}

impl GuardRules {
    /// The time that is looked at where the file says nothing.
    pub const DEFAULT_WINDOW: Duration = Duration::from_secs(300);
    /// The requests that are needed where the file says nothing.
    pub const DEFAULT_MIN_REQUESTS: u32 = 50;
}
