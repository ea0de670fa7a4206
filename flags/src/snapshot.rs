//! One version of the flags, compiled and unchangeable.

use std::sync::Arc;

use http::Method;

use crate::decide::Reason;
use crate::inventory::Inventory;
use crate::plan::RoutePlan;
use crate::trie::{Found, Trie};
use crate::waiver::Waiver;

/// One version of the flags. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    compiled: Arc<Compiled>,
    waivers: Arc<[Waiver]>,
    killed: bool,
}

#[derive(Debug)]
struct Compiled {
    version: String,
    plans: Vec<Arc<RoutePlan>>,
    trie: Trie,
}

impl Snapshot {
    /// The version of [`Self::all_legacy`].
    const NO_FILE: &'static str = "none";

    /// Compiles plans, which are already in order and carry their places as `index`.
    pub(crate) fn new(version: String, plans: Vec<Arc<RoutePlan>>, inventory: &Inventory) -> Self {
        let mut trie = Trie::default();
        for key in inventory.iter() {
            trie.insert_known(&key.pattern);
        }
        for plan in &plans {
            trie.insert(plan);
        }
        Self {
            compiled: Arc::new(Compiled { version, plans, trie }),
            waivers: Arc::new([]),
            killed: false,
        }
    }

    /// The same version with the waivers of its file.
    pub(crate) fn with_waivers(mut self, waivers: Vec<Waiver>) -> Self {
        self.waivers = waivers.into();
        self
    }

    /// The waivers of the file, expired ones included: there is no clock here.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// The flags of a proxy that has no flag file: every route is legacy's. Its version is `none`.
    #[must_use]
    pub fn all_legacy() -> Self {
        Self::new(Self::NO_FILE.to_owned(), Vec::new(), &Inventory::default())
    }

    /// The version: the first 12 hexadecimal digits of the SHA-256 of the file.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.compiled.version
    }

    /// Every route that the file names, in the order in which Next.js tries them.
    #[must_use]
    pub fn plans(&self) -> &[Arc<RoutePlan>] {
        &self.compiled.plans
    }

    /// Whether the kill switch is on, so that legacy answers everything.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.killed
    }

    /// The same version with the kill switch on or off.
    pub(crate) fn killed(mut self, killed: bool) -> Self {
        self.killed = killed;
        self
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        self.compiled.trie.find(method, path)
    }

    pub(crate) fn or_killed(&self, reason: Reason) -> Reason {
        if self.killed { Reason::Killed } else { reason }
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::all_legacy()
    }
}
