//! The kill switch: what goes to legacy at once, whatever the flags say.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use crate::plan::RoutePlan;
use crate::route_key::RouteKey;
use crate::stage::Stage;

/// What a kill switch covers: everything, or routes and groups by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KillSet {
    /// Everything that legacy still has.
    pub everything: bool,
    /// These groups.
    pub groups: BTreeSet<String>,
    /// These routes.
    pub routes: BTreeSet<RouteKey>,
}

/// Who turns the kill switch. Each has a set of its own; what any of them kills is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillSource {
    /// The kill file beside the flag file, which the command line writes too.
    File,
    /// A signal to the process.
    Signal,
    /// The admin API.
    Api,
    /// The guard, where it cannot change the flag file.
    Guard,
}

/// The sets of all sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kills([KillSet; 4]);

impl KillSet {
    /// The word for everything in a kill file.
    pub const EVERYTHING: &'static str = "*";

    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Reads a kill file: one route, group or `*` a line, `#` begins a comment. Total, and in doubt it kills: a file that names
    /// nothing, and a line that can be no name, mean everything, because whoever wrote them wanted something to stop.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut set = Self::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                set.add(line);
            }
        }
        if set.is_empty() { Self::everything() } else { set }
    }

    /// Adds a route, a group or `*`. What can be no name means everything.
    pub fn add(&mut self, name: &str) {
        if let Ok(route) = name.parse() {
            self.routes.insert(route);
        } else if is_group_name(name) {
            self.groups.insert(name.to_owned());
        } else {
            self.everything = true;
        }
    }

    /// Takes a route, a group or `*` away again; `false` when it was not there.
    pub fn remove(&mut self, name: &str) -> bool {
        if name == Self::EVERYTHING {
            return std::mem::take(&mut self.everything);
        }
        match name.parse() {
            Ok(route) => self.routes.remove(&route),
            Err(_) => self.groups.remove(name),
        }
    }

    /// The text of a kill file that means this set.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        if self.everything {
            let _infallible = writeln!(text, "{}", Self::EVERYTHING);
        }
        for group in &self.groups {
            let _infallible = writeln!(text, "{group}");
        }
        for route in &self.routes {
            let _infallible = writeln!(text, "{route}");
        }
        text
    }

    /// Whether nothing is killed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything && self.groups.is_empty() && self.routes.is_empty()
    }

    /// Whether a route goes to legacy. At the stage `retired` only its own name kills it: legacy is expected to be without the
    /// route, so a wider kill would make a 404 of an endpoint that works.
    #[must_use]
    pub fn covers(&self, plan: &RoutePlan) -> bool {
        let wider = || self.everything || plan.group.as_ref().is_some_and(|group| self.groups.contains(group));
        self.routes.contains(&plan.key) || (plan.stage != Stage::Retired && wider())
    }

    /// The names that no plan has, so that they kill nothing.
    #[must_use]
    pub fn unknown(&self, plans: &[Arc<RoutePlan>]) -> Vec<String> {
        let known_group = |name: &&String| plans.iter().any(|plan| plan.group.as_ref() == Some(*name));
        let known_route = |key: &&RouteKey| plans.iter().any(|plan| plan.key == **key);
        let groups = self.groups.iter().filter(|name| !known_group(name)).cloned();
        let routes = self.routes.iter().filter(|key| !known_route(key));
        groups.chain(routes.map(ToString::to_string)).collect()
    }
}

impl Kills {
    /// The same with the set of one source replaced.
    pub(crate) fn with(&self, source: KillSource, set: KillSet) -> Self {
        let mut kills = self.clone();
        let [file, signal, api, guard] = &mut kills.0;
        *match source {
            KillSource::File => file,
            KillSource::Signal => signal,
            KillSource::Api => api,
            KillSource::Guard => guard,
        } = set;
        kills
    }

    /// What any source kills.
    pub(crate) fn all(&self) -> KillSet {
        let mut all = KillSet::default();
        for set in &self.0 {
            all.everything |= set.everything;
            all.groups.extend(set.groups.iter().cloned());
            all.routes.extend(set.routes.iter().cloned());
        }
        all
    }
}

/// Whether a text can be the name of a group: 1 to 64 letters, digits, `_`, `-` and `.`.
pub(crate) fn is_group_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_kill_file_names_what_it_kills() {
        let set = KillSet::parse("# since noon\n\nauth\nGET /api/crm/tickets  # it answers 500\n");
        assert!(!set.everything);
        assert_eq!(set.to_text(), "auth\nGET /api/crm/tickets\n");
    }

    #[test]
    fn in_doubt_everything_is_killed() {
        for text in [
            "",
            "\n",
            "# nothing",
            "*",
            "auth\n*",
            "get /api/x",
            "GET /a//b",
            "two words",
            "späße",
        ] {
            assert!(KillSet::parse(text).everything, "{text:?}");
        }
    }

    #[test]
    fn what_was_added_can_be_taken_away() {
        let mut set = KillSet::parse("auth\nGET /a\n*");
        assert!(set.remove("auth") && set.remove("GET /a") && set.remove("*"));
        assert!(!set.remove("auth") && !set.remove("*"));
        assert!(set.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_kills_something_and_a_set_reads_back_what_it_writes(text in any::<String>()) {
            let set = KillSet::parse(&text);
            prop_assert!(!set.is_empty());
            prop_assert_eq!(KillSet::parse(&set.to_text()), set);
        }
    }
}
