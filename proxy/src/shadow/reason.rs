//! Why a request of a shadowed route was not compared. Never silent: each is counted under these words.

use std::borrow::Cow;

/// The reason. Words come from here alone, so counters, reports and the documentation agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCompared {
    /// The route samples, and this request is not in the sample.
    SampledOut,
    /// The route has had its comparisons for this second.
    Rate,
    /// Too many exchanges are in hand.
    QueueFull,
    /// The shadow's memory is used up.
    OutOfMemory,
    /// The request's or an answer's body is longer than the cap.
    BodyTooLarge,
    /// The answer is a stream of events, or the connection changed its protocol.
    Streamed,
    /// The client went away before legacy's answer was complete.
    ClientGone,
    /// Legacy could not be reached, or broke its answer off.
    LegacyUnreachable,
    /// Legacy's answer took longer than the shadow waits.
    LegacySlow,
    /// Legacy's answer is encoded in a way that cannot be undone here.
    Encoding,
    /// The native side said why: `budget spent`, `needs lyra`, …
    Native(Cow<'static, str>),
    /// A write of the same thing was under way at the same time, and the answers differ.
    Raced,
    /// The process ended before the comparison did.
    Shutdown,
    /// The comparison itself panicked: a bug of ours.
    Broken,
    /// This binary has no handler for the route.
    NoHandler,
    /// The client took native's answer more slowly than the shadow waits.
    ClientSlow,
    /// Native was to answer and failed, so that legacy's answer went to the client.
    FellBack,
}

impl NotCompared {
    /// The words of the counter.
    #[must_use]
    pub fn words(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Native(words) => return words,
            Self::SampledOut => "sampled out",
            Self::Rate => "rate limit",
            Self::QueueFull => "queue full",
            Self::OutOfMemory => "byte budget spent",
            Self::BodyTooLarge => "body too large",
            Self::Streamed => "streamed",
            Self::ClientGone => "client gone",
            Self::LegacyUnreachable => "legacy unreachable",
            Self::LegacySlow => "legacy too slow",
            Self::Encoding => "unknown content encoding",
            Self::Raced => "raced",
            Self::Shutdown => "shutdown",
            Self::Broken => "comparison broke",
            Self::NoHandler => "no handler",
            Self::ClientSlow => "client too slow",
            Self::FellBack => "native fell back",
        })
    }
}
