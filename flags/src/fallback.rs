//! When a native failure may be handed to legacy.

use serde::Serialize;

/// The native failures after which legacy is asked instead, as long as nothing was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FallbackOn {
    /// The handler said that it cannot answer.
    pub fault: bool,
    /// The handler did not answer in time.
    pub timeout: bool,
    /// There was no room to run the handler (pool or queue full).
    pub saturated: bool,
    /// The handler panicked.
    pub panic: bool,
}

impl FallbackOn {
    /// After every failure that left nothing behind: the default.
    pub const EVERY: Self = Self {
        fault: true,
        timeout: true,
        saturated: true,
        panic: true,
    };
    /// Never: the native failure is the answer.
    pub const NEVER: Self = Self {
        fault: false,
        timeout: false,
        saturated: false,
        panic: false,
    };
    /// The words of the flag file.
    pub(crate) const WORDS: [&'static str; 4] = ["fault", "timeout", "saturated", "panic"];

    /// Switches on the failure that this word names; `false` when there is none of that name.
    pub(crate) fn add(&mut self, word: &str) -> bool {
        match word {
            "fault" => self.fault = true,
            "timeout" => self.timeout = true,
            "saturated" => self.saturated = true,
            "panic" => self.panic = true,
            _ => return false,
        }
        true
    }
}

impl Default for FallbackOn {
    fn default() -> Self {
        Self::EVERY
    }
}
