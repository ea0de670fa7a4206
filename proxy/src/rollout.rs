//! Moving routes from stage to stage: one door for the command line, the admin API and the guard, so that every change is
//! checked, written down and can be taken back.

mod approval;
mod audit;
mod change;
mod clerk;
mod error;
mod evidence;
mod flag_file;
mod flag_place;
mod flag_table;
mod forgotten;
mod gate;
mod guard;
mod history;
mod ladder;
mod schedule;
mod step;

#[cfg(test)]
mod tests;

use flags::Inventory;

use crate::store::Store;

pub use approval::ApprovalRequest;
pub use audit::{Act, AuditEntry, Broken, Verified};
pub use change::{Changed, Wish};
pub(crate) use clerk::Clerk;
pub use clerk::{News, RolloutAccount};
pub use error::RolloutError;
pub use evidence::{Evidence, RouteReadiness};
pub use flag_file::FlagFile;
pub use flag_place::FlagPlace;
pub use forgotten::{Forgotten, expired};
pub use gate::{Criterion, Histogram, Readiness, Seen, Verdict, judge, slower};
pub(crate) use guard::Guard;
pub use guard::{Criterion as GuardCriterion, GuardAccount, GuardOutcome};
pub use history::FlagVersion;
pub use ladder::{State, after, before};
pub use schedule::{ScheduleRow, ScheduleView};
pub use step::{Held, Step};

/// Everything that a change needs.
#[derive(Debug)]
pub struct Rollout {
    store: Store,
    place: FlagPlace,
    inventory: Inventory,
    clock: fn() -> i64,
}

impl Rollout {
    /// A door to the flags in this place, which writes down what it does in this store. `clock` tells milliseconds since 1970.
    #[must_use]
    pub fn new(store: Store, place: impl Into<FlagPlace>, inventory: Inventory, clock: fn() -> i64) -> Self {
        Self {
            store,
            place: place.into(),
            inventory,
            clock,
        }
    }

    /// The store, for reading.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The text of the flags as it stands in its place, which may be newer than what is in force.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn text(&self) -> Result<String, RolloutError> {
        match &self.place {
            FlagPlace::File(file) => file.read(),
            FlagPlace::Store => flag_table::newest(&self.store).await,
        }
    }

    /// Whether versions are kept because somebody saw them in force. A store that is itself the place has them already.
    pub(crate) fn keeps_what_it_sees(&self) -> bool {
        matches!(self.place, FlagPlace::File(_))
    }

    async fn snapshot(&self) -> Result<flags::Snapshot, RolloutError> {
        flags::compile(&self.text().await?, &self.inventory).map_err(RolloutError::Broken)
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}
