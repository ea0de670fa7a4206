//! Drift: where the tree, the flag file and the native handlers disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use flags::RouteKey;

use super::flag_file::flagged;
use super::flag_text::{self, Entry};
use super::model::Inventory;

/// One disagreement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift {
    /// The line of the flag file, from 1; none when the route is not in it.
    pub line: Option<usize>,
    /// `METHOD pattern`.
    pub route: String,
    /// What is the matter.
    pub kind: DriftKind,
}

/// What can be the matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftKind {
    /// The tree has it, in this file, and no flag names it; the pattern is flagged under other methods when `known_pattern`.
    New {
        /// The file of the route.
        file: String,
        /// Whether a flag names another method of the same pattern.
        known_pattern: bool,
    },
    /// A flag names it and the tree has it no more; `other_methods` when the tree still has the pattern.
    Gone {
        /// Whether the tree has another method of the same pattern.
        other_methods: bool,
    },
    /// It is `retired`, and the tree has it still or again.
    StillThere {
        /// The file of the route.
        file: String,
    },
    /// A flag names it, and neither the tree nor the binary has it.
    Nowhere,
    /// The binary has a handler for it, and neither the tree has it nor does a waiver say why.
    NativeOnly,
}

/// Compares. `native` are the handlers of the binary. A handler without a legacy route is fine when its flag entry carries
/// the comment `# no legacy route: REASON`, or is `retired`.
#[must_use]
pub fn check(text: &str, inventory: &Inventory, native: &BTreeSet<RouteKey>) -> Vec<Drift> {
    let entries = flag_text::read(text).entries;
    let groups = flag_text::group_stages(text);
    let all = flagged(inventory);
    let tree: BTreeMap<String, &str> = all
        .iter()
        .map(|flagged| (flagged.key.to_string(), flagged.route.file.as_str()))
        .collect();
    let native: BTreeSet<String> = native.iter().map(ToString::to_string).collect();
    let named: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.route.as_str(), entry)).collect();
    let sides = Sides { tree, native, named };
    let mut drifts = sides.unnamed();
    drifts.extend(entries.iter().filter_map(|entry| {
        let stage = entry
            .stage
            .as_deref()
            .or_else(|| groups.get(entry.group.as_ref()?).map(String::as_str));
        let kind = sides.judge(entry, stage == Some("retired"))?;
        Some(Drift {
            line: Some(entry.first + 1),
            route: entry.route.clone(),
            kind,
        })
    }));
    drifts.extend(sides.native_alone());
    drifts.sort();
    drifts
}

/// The three lists that have to agree.
struct Sides<'a> {
    /// What the tree has, with the file.
    tree: BTreeMap<String, &'a str>,
    /// What the binary has.
    native: BTreeSet<String>,
    /// What the flag file names.
    named: BTreeMap<&'a str, &'a Entry>,
}

impl Sides<'_> {
    /// Routes of the tree that the flag file does not name.
    fn unnamed(&self) -> Vec<Drift> {
        let unnamed = self
            .tree
            .iter()
            .filter(|(route, _)| !self.named.contains_key(route.as_str()));
        let drift = |(route, file): (&String, &&str)| {
            let known_pattern = self.named.keys().any(|known| pattern_of(known) == pattern_of(route));
            let kind = DriftKind::New {
                file: (*file).to_owned(),
                known_pattern,
            };
            Drift {
                line: None,
                route: route.clone(),
                kind,
            }
        };
        unnamed.map(drift).collect()
    }

    /// What is wrong with an entry of the flag file, if anything is.
    fn judge(&self, entry: &Entry, retired: bool) -> Option<DriftKind> {
        match (self.tree.get(&entry.route), self.native.contains(&entry.route)) {
            (Some(file), _) if retired => Some(DriftKind::StillThere {
                file: (*file).to_owned(),
            }),
            (Some(_), _) => None,
            (None, _) if retired || entry.waived => None,
            (None, true) => Some(DriftKind::NativeOnly),
            (None, false) => {
                let same_path = |known: &String| pattern_of(known) == pattern_of(&entry.route);
                let other_methods = self.tree.keys().any(same_path);
                let known = other_methods || self.native.iter().any(same_path);
                Some(if known {
                    DriftKind::Gone { other_methods }
                } else {
                    DriftKind::Nowhere
                })
            }
        }
    }

    /// Handlers of the binary that neither the tree nor the flag file knows.
    fn native_alone(&self) -> impl Iterator<Item = Drift> {
        let unknown = |route: &&String| !self.tree.contains_key(*route) && !self.named.contains_key(route.as_str());
        self.native.iter().filter(unknown).map(|route| Drift {
            line: None,
            route: route.clone(),
            kind: DriftKind::NativeOnly,
        })
    }
}

fn pattern_of(route: &str) -> &str {
    route.split_once(' ').map_or(route, |(_, pattern)| pattern)
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "{line}: ")?;
        }
        let route = &self.route;
        match &self.kind {
            DriftKind::New {
                file,
                known_pattern: false,
            } => write!(formatter, "{route} is new ({file}); no flag names it"),
            DriftKind::New {
                file,
                known_pattern: true,
            } => write!(formatter, "{route} is a new method of a known route ({file})"),
            DriftKind::Gone { other_methods: true } => write!(
                formatter,
                "{route} is gone from the tree; the route has other methods still"
            ),
            DriftKind::Gone { other_methods: false } => write!(formatter, "{route} is gone from the tree"),
            DriftKind::StillThere { file } => {
                write!(formatter, "{route} is retired, and {file} still has it or has it again")
            }
            DriftKind::Nowhere => write!(
                formatter,
                "{route} is flagged, but exists neither in the tree nor in this binary"
            ),
            DriftKind::NativeOnly => {
                write!(
                    formatter,
                    "{route} has a native handler and no legacy route (a comment `# no legacy route: REASON` at its flag waives this)"
                )
            }
        }
    }
}
