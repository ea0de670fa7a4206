//! What a replay found.

use std::collections::BTreeMap;

use crate::compare::Difference;

/// One played entry.
#[derive(Debug)]
pub struct Played {
    /// The id of the entry.
    pub id: String,
    /// Its area.
    pub area: String,
    /// The native route that answers it, or its method and path.
    pub route: String,
    /// The recording, without its directory.
    pub file: String,
    /// How it went.
    pub outcome: Outcome,
    /// Whether it is a stream, which is played live on a clone of the database and not as a dry run.
    pub live: bool,
    /// The request again, by hand; header values that may be secret are left out.
    pub curl: String,
}

/// How an entry went.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing differs.
    Matched,
    /// Native answers otherwise on purpose, just as the rule says; its reason.
    Deviates(String),
    /// What differs; with the reason of the rule that was not kept, where there is one.
    Mismatched(Vec<Difference>, Option<String>),
    /// Legacy itself answered 5xx; what native answered.
    LegacyFailed(Option<u16>),
    /// There is nothing to compare with, and why.
    NotComparable(String),
    /// It differs, and parts of its request are masked in the recording: native was asked something else. Which parts.
    Masked(String),
    /// No native handler answers it.
    NoHandler,
}

/// Everything that was played, in its order.
#[derive(Debug)]
pub struct Replay {
    /// The entries.
    pub played: Vec<Played>,
}

/// Numbers of one route or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries that a native handler answers.
    pub entries: usize,
    /// Of them equal.
    pub matched: usize,
    /// Of them different on purpose.
    pub deviates: usize,
    /// Of them different.
    pub mismatched: usize,
    /// Of them without anything to compare with.
    pub not_comparable: usize,
    /// Entries that legacy failed; not counted above.
    pub legacy_failed: usize,
    /// Entries whose request is masked and that differ; not counted above.
    pub masked: usize,
    /// Entries by the kind of their differences: status, header, body, rows, effects.
    pub kinds: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::NoHandler => return,
            Outcome::LegacyFailed(_) => {
                self.legacy_failed += 1;
                return;
            }
            Outcome::Masked(_) => {
                self.masked += 1;
                return;
            }
            Outcome::Matched => self.matched += 1,
            Outcome::Deviates(_) => self.deviates += 1,
            Outcome::NotComparable(_) => self.not_comparable += 1,
            Outcome::Mismatched(differences, _) => {
                self.mismatched += 1;
                let mut kinds: Vec<_> = differences.iter().map(|one| one.kind.as_str()).collect();
                kinds.sort_unstable();
                kinds.dedup();
                for kind in kinds {
                    *self.kinds.entry(kind).or_default() += 1;
                }
            }
        }
        self.entries += 1;
    }

    /// The share that matched or deviates as its rule says, in hundredths of a percent. What cannot be compared has not matched.
    /// Nothing at all is no proof, and no failure either.
    #[must_use]
    pub fn share(&self) -> usize {
        match self.entries {
            0 => 10_000,
            entries => (self.matched + self.deviates) * 10_000 / entries,
        }
    }
}

impl Replay {
    /// All numbers together.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut tally = Tally::default();
        self.played.iter().for_each(|one| tally.add(&one.outcome));
        tally
    }

    /// The numbers of each native route.
    #[must_use]
    pub fn by_route(&self) -> BTreeMap<&str, Tally> {
        self.grouped(|one| &one.route)
    }

    /// The numbers of each area.
    #[must_use]
    pub fn by_area(&self) -> BTreeMap<&str, Tally> {
        self.grouped(|one| &one.area)
    }

    fn grouped<'r>(&'r self, key: impl Fn(&'r Played) -> &'r str) -> BTreeMap<&'r str, Tally> {
        let mut groups = BTreeMap::<_, Tally>::new();
        for one in &self.played {
            if !matches!(one.outcome, Outcome::NoHandler) {
                groups.entry(key(one)).or_default().add(&one.outcome);
            }
        }
        groups
    }

    /// The entries that no native handler answers.
    #[must_use]
    pub fn without_handler(&self) -> usize {
        self.played
            .iter()
            .filter(|one| matches!(one.outcome, Outcome::NoHandler))
            .count()
    }

    /// Whether every area has at least this share, in hundredths of a percent.
    #[must_use]
    pub fn reaches(&self, share: usize) -> bool {
        self.by_area().values().all(|tally| tally.share() >= share)
    }
}
