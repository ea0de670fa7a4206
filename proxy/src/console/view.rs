//! What the status page shows, as plain data: the app fills it in, the page only lays it out.

use std::time::Duration;

/// One look at the whole process.
#[derive(Debug, Clone, Default)]
pub struct StatusView {
    /// How long the process has been serving.
    pub uptime: Duration,
    /// The flag file.
    pub flags: FlagsView,
    /// The native handlers.
    pub native: NativeView,
    /// The legacy app.
    pub legacy: LegacyView,
    /// Every route that a flag names, in the order of the flag file.
    pub routes: Vec<RouteView>,
    /// Requests on routes that no flag names; legacy answered them.
    pub unflagged: u64,
    /// Whether new connections are refused because the process is on its way out.
    pub draining: bool,
    /// New certificates that were refused, and why.
    pub certificates: Vec<String>,
    /// What asks for a person: forgotten routes, steps that wait for approval.
    pub notices: Vec<String>,
}

/// What is known about the flags in force.
#[derive(Debug, Clone, Default)]
pub struct FlagsView {
    /// Version of the flags in force: the start of the hash of their text. Empty without a flag file.
    pub version: String,
    /// The file, as it was named by the user.
    pub file: Option<String>,
    /// Successful loads since the start.
    pub loaded: u64,
    /// Refused loads since the start.
    pub failed: u64,
    /// Everything goes to legacy by order, whatever the file says.
    pub killed: bool,
    /// Routes and groups that go to legacy by order, by their names.
    pub killed_names: Vec<String>,
    /// Names among them that no route and no group has.
    pub kill_unknown: Vec<String>,
    /// Why the newest text of the file was refused; none when the newest text is in force.
    pub problem: Option<String>,
}

/// Whether native handlers can run.
#[derive(Debug, Clone)]
pub enum NativeView {
    /// They can; `handlers` of them.
    On {
        /// How many endpoints the binary has.
        handlers: usize,
    },
    /// They cannot, for `reason`.
    Off {
        /// One clause that a person can act upon.
        reason: String,
    },
}

impl Default for NativeView {
    fn default() -> Self {
        Self::Off {
            reason: "not started".to_owned(),
        }
    }
}

/// How the legacy app does.
#[derive(Debug, Clone, Default)]
pub struct LegacyView {
    /// Its origin, without credentials.
    pub url: String,
    /// Whether the last thing that we heard of it was an answer. None before the first request or probe.
    pub reachable: Option<bool>,
    /// What went wrong, when it is not reachable.
    pub detail: Option<String>,
}

/// One flagged route.
#[derive(Debug, Clone, Default)]
pub struct RouteView {
    /// Method and pattern.
    pub route: String,
    /// Phase of the migration plan.
    pub phase: Option<u8>,
    /// The stage in force, in lower case.
    pub stage: String,
    /// The share of a canary, such as `5%`.
    pub share: Option<String>,
    /// Whether the kill switch sends it to legacy.
    pub killed: bool,
    /// Whether native is skipped for a while because it kept failing.
    pub skipped: bool,
    /// Requests that legacy answered.
    pub legacy: u64,
    /// Requests that native answered.
    pub native: u64,
    /// Pairs of answers that were compared.
    pub compared: u64,
    /// Pairs that agreed.
    pub matched: u64,
    /// The newest difference, in one line without values that could be secret.
    pub last_difference: Option<String>,
}

impl RouteView {
    /// Share of compared pairs that agreed, in hundredths of a percent, rounded down so that 100 % means all of them.
    pub fn match_basis_points(&self) -> Option<u64> {
        self.matched.saturating_mul(10_000).checked_div(self.compared)
    }
}
