//! One version of the flags, compiled and unchangeable, under the kill switch of its moment.

use std::sync::Arc;

use http::Method;

use crate::alias::path_behind;
use crate::decide::Match;
use crate::inventory::Inventory;
use crate::kill::{KillSet, KillSource, Kills};
use crate::pattern::Pattern;
use crate::plan::RoutePlan;
use crate::trie::{self, Found, Trie};
use crate::waiver::Waiver;

/// One version of the flags. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    compiled: Arc<Compiled>,
    waivers: Arc<[Waiver]>,
    killed: Option<Arc<Killed>>,
}

#[derive(Debug)]
struct Compiled {
    version: String,
    plans: Vec<Arc<RoutePlan>>,
    /// The plan and the alias for each place of the trie behind the plans.
    aliases: Vec<(usize, Pattern)>,
    trie: Trie,
}

/// The kill switch while it is on, resolved for the plans of this version.
#[derive(Debug)]
struct Killed {
    kills: Kills,
    set: KillSet,
    /// By the index of the plan.
    plans: Vec<bool>,
}

impl Snapshot {
    /// The version of [`Self::all_legacy`].
    const NO_FILE: &'static str = "none";

    /// Compiles plans, which are already in order and carry their places as `index`.
    pub(crate) fn new(version: String, plans: Vec<Arc<RoutePlan>>, inventory: &Inventory) -> Self {
        let mut trie = trie::Builder::default();
        for key in inventory.iter() {
            trie.insert_known(&key.pattern);
        }
        let mut aliases = Vec::new();
        for plan in &plans {
            trie.insert(plan);
            for alias in &plan.aliases {
                trie.insert_at(&plan.key.method, alias, plans.len() + aliases.len());
                aliases.push((plan.index, alias.clone()));
            }
        }
        Self {
            compiled: Arc::new(Compiled {
                version,
                plans,
                aliases,
                trie: trie.finish(),
            }),
            waivers: Arc::new([]),
            killed: None,
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

    /// Whether the kill switch is on for everything.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.killed.as_ref().is_some_and(|killed| killed.set.everything)
    }

    /// Whether the kill switch sends this route of the snapshot to legacy.
    #[must_use]
    pub fn kills(&self, plan: &RoutePlan) -> bool {
        let mut killed = self.killed.iter();
        killed.any(|killed| killed.plans.get(plan.index).copied().unwrap_or_default())
    }

    /// What the kill switch covers.
    #[must_use]
    pub fn kill_set(&self) -> KillSet {
        self.killed
            .as_ref()
            .map_or_else(KillSet::default, |killed| killed.set.clone())
    }

    /// Finds the plan for a method on a canonical path.
    #[must_use]
    pub fn look_up(&self, method: &Method, path: &str) -> Match<'_> {
        Match::new(self, self.compiled.trie.find(method, path))
    }

    /// The path of the route behind an alias at this place, for a path that led there.
    pub(crate) fn path_behind(&self, place: usize, path: &str) -> Option<String> {
        let (plan, alias) = self.compiled.aliases.get(place.checked_sub(self.plans().len())?)?;
        path_behind(alias, &self.plans().get(*plan)?.key.pattern, path)
    }

    /// What a request for the route of this plan, one of [`Self::plans`], leads to.
    #[must_use]
    pub fn look_up_plan(&self, plan: &RoutePlan) -> Match<'_> {
        Match::new(self, Found::Plan(plan.index))
    }

    /// The same version with what one source kills replaced.
    pub(crate) fn with_kill(&self, source: KillSource, set: KillSet) -> Self {
        let old = self.killed.as_ref().map(|killed| &killed.kills);
        self.under(old.unwrap_or(&Kills::default()).with(source, set))
    }

    /// This version under the kill switch of another.
    pub(crate) fn under_kills_of(&self, other: &Self) -> Self {
        match &other.killed {
            Some(killed) => self.under(killed.kills.clone()),
            None => self.under(Kills::default()),
        }
    }

    fn under(&self, kills: Kills) -> Self {
        let set = kills.all();
        let killed = (!set.is_empty()).then(|| {
            let plans = self.plans().iter().map(|plan| set.covers(plan)).collect();
            Arc::new(Killed { kills, set, plans })
        });
        Self {
            compiled: Arc::clone(&self.compiled),
            waivers: Arc::clone(&self.waivers),
            killed,
        }
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::all_legacy()
    }
}
