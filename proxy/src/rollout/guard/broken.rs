//! What a guard found, in words and as evidence.

use std::fmt;
use std::time::Duration;

use flags::Share;
use serde_json::{Value, json};

use super::Criterion;
use crate::metrics::Times;

/// Why a route is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    what: What,
    window: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Rate(Rate, Share),
    Latency {
        native_micros: u64,
        legacy_micros: u64,
        native: u64,
        legacy: u64,
        percent: u32,
    },
}

/// How many of how many did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) criterion: Criterion,
    pub(super) count: u64,
    pub(super) of: u64,
}

impl Broken {
    pub(super) fn rate(rate: Rate, allowed: Share, window: Duration) -> Self {
        Self {
            what: What::Rate(rate, allowed),
            window,
        }
    }

    pub(super) fn latency(native: &Times, legacy: &Times, percent: u32, window: Duration) -> Self {
        let mean = |times: &Times| times.micros.checked_div(times.count).unwrap_or_default();
        Self {
            what: What::Latency {
                native_micros: mean(native),
                legacy_micros: mean(legacy),
                native: native.count,
                legacy: legacy.count,
                percent,
            },
            window,
        }
    }

    /// Which criterion.
    pub(crate) fn criterion(&self) -> Criterion {
        match self.what {
            What::Rate(rate, _) => rate.criterion,
            What::Latency { .. } => Criterion::Latency,
        }
    }

    /// What was seen, for the audit log.
    pub(super) fn evidence(&self) -> Value {
        let seen = match self.what {
            What::Rate(rate, allowed) => json!({ "count": rate.count, "of": rate.of, "allowed": allowed }),
            What::Latency {
                native_micros,
                legacy_micros,
                native,
                legacy,
                percent,
            } => json!({
                "native_mean_micros": native_micros,
                "legacy_mean_micros": legacy_micros,
                "native_requests": native,
                "legacy_requests": legacy,
                "allowed_percent": percent,
            }),
        };
        json!({
            "criterion": self.criterion().as_str(),
            "window_seconds": self.window.as_secs(),
            "seen": seen,
            "reason": self.to_string(),
        })
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.window.as_secs();
        match self.what {
            What::Rate(Rate { criterion, count, of }, allowed) => write!(
                formatter,
                "{count} of {of} {} within {seconds} s, more than the {allowed} that the guard allows",
                if criterion == Criterion::ErrorRate {
                    "failed"
                } else {
                    "differed"
                },
            ),
            What::Latency {
                native_micros,
                legacy_micros,
                percent,
                ..
            } => write!(
                formatter,
                "native took {native_micros} µs on average and legacy {legacy_micros} µs within {seconds} s, more than the \
                 {}.{:02} times that the guard allows",
                percent / 100,
                percent % 100,
            ),
        }
    }
}
