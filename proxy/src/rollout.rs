//! Moving routes from stage to stage: one door for the command line, the admin API and the guard, so that every change is
//! checked, written down and can be taken back.

mod audit;
mod change;
mod error;
mod evidence;
mod flag_file;
mod gate;
mod guard;
mod history;
mod ladder;

#[cfg(test)]
mod tests;

use flags::Inventory;

use crate::store::Store;

pub use audit::{Act, AuditEntry, Broken, Verified};
pub use change::{Changed, Wish};
pub use error::RolloutError;
pub use evidence::{Evidence, RouteReadiness};
pub use flag_file::FlagFile;
pub use gate::{Criterion, Histogram, Readiness, Seen, Verdict, judge, slower};
pub(crate) use guard::Guard;
pub use history::FlagVersion;
pub use ladder::{State, after, before};

/// Everything that a change needs.
#[derive(Debug)]
pub struct Rollout {
    store: Store,
    file: FlagFile,
    inventory: Inventory,
    clock: fn() -> i64,
}

impl Rollout {
    /// A door to this flag file, which writes down what it does in this store. `clock` tells milliseconds since 1970.
    #[must_use]
    pub fn new(store: Store, file: FlagFile, inventory: Inventory, clock: fn() -> i64) -> Self {
        Self {
            store,
            file,
            inventory,
            clock,
        }
    }

    /// The store, for reading.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn text(&self) -> Result<String, RolloutError> {
        self.file.read()
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}
