//! The stage of a route: who answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who answers a route, and what runs beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Legacy answers; nothing else runs. The stage of every route that no flag names.
    #[default]
    Legacy,
    /// Legacy answers; native runs without effects on a sample, and the answers are compared.
    Shadow,
    /// Native answers a sticky share of subjects, legacy the rest, which goes on being shadowed.
    Canary,
    /// Native answers; safe methods are asked of legacy too, on a sample, and compared.
    Native,
    /// Native answers, and legacy is expected to be without the route: it is never asked.
    Retired,
}

impl Stage {
    /// Every stage that this version knows, from the first step of a migration to the last.
    pub const ALL: [Self; 5] = [Self::Legacy, Self::Shadow, Self::Canary, Self::Native, Self::Retired];

    /// The word in the flag file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Shadow => "shadow",
            Self::Canary => "canary",
            Self::Native => "native",
            Self::Retired => "retired",
        }
    }

    /// The stage that this word means; `None` for a word this version does not know.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }

    /// Whether the stage runs native code, so that the binary must contain a handler.
    #[must_use]
    pub const fn needs_handler(self) -> bool {
        !matches!(self, Self::Legacy)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
