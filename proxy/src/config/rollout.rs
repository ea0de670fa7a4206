//! What keeps a rollout safe: bodies kept for a fallback, circuits, the key of overrides.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::Span;
use crate::backend::circuit::Limits as CircuitLimits;
use crate::overrides::OverrideKey;

/// What fallback may cost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fallback {
    /// Largest request body that is kept while native works on it.
    pub body_bytes: usize,
    /// Bytes that all of them together may take.
    pub total_bytes: usize,
}

/// When a native side that keeps failing is skipped.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, from = "CircuitTexts")]
pub struct Circuit {
    /// So many failures within the window open it, unless more runs succeeded.
    pub failures: u32,
    /// The window.
    pub window: Duration,
    /// The first pause; it doubles with each probe that fails.
    pub pause: Duration,
}

impl Circuit {
    /// The same, for the circuits.
    #[must_use]
    pub const fn limits(&self) -> CircuitLimits {
        CircuitLimits {
            failures: self.failures,
            window: self.window,
            pause: self.pause,
        }
    }
}

/// Overrides for testers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// The key that signs them; without one there are none.
    #[serde(deserialize_with = "key")]
    #[schemars(with = "Option<String>")]
    pub key: Option<OverrideKey>,
}

/// [`Circuit`] as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct CircuitTexts {
    failures: Option<u32>,
    window: Option<Span>,
    pause: Option<Span>,
}

impl Default for Fallback {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            total_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Default for Circuit {
    fn default() -> Self {
        CircuitTexts::default().into()
    }
}

impl From<CircuitTexts> for Circuit {
    fn from(texts: CircuitTexts) -> Self {
        let standard = CircuitLimits::default();
        let or = |text: Option<Span>, standard: Duration| text.map_or(standard, |span| span.0);
        Self {
            failures: texts.failures.unwrap_or(standard.failures),
            window: or(texts.window, standard.window),
            pause: or(texts.pause, standard.pause),
        }
    }
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OverrideKey>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let key = text.filter(|text| !text.is_empty()).map(OverrideKey::new);
    key.transpose().map_err(serde::de::Error::custom)
}
