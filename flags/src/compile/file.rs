//! The file as a whole: `version`, `defaults`, `groups`, `routes`, `waivers`.

use std::collections::BTreeMap;

use super::calendar::{self, PartialCalendar};
use super::fields::Fields;
use super::rollout::{self, Rollout};
use super::routes::{self, Found};
use super::settings::{self, Settings};
use super::{aliases, conflicts, handlers, requires, time_limits, values, waivers};
use crate::findings::Findings;
use crate::inventory::Inventory;
use crate::plan::RoutePlan;
use crate::waiver::Waiver;
use crate::yaml::{Node, Value};

const KEYS: [&str; 5] = ["version", "defaults", "groups", "routes", "waivers"];
const VERSION: &str = "1";

/// A group of routes that flip together.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) phase: Option<u8>,
    pub(super) parts: Parts,
}

/// What `defaults`, a group and a route can all state.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) rollout: Rollout,
    pub(super) settings: Settings,
    pub(super) calendar: PartialCalendar,
}

impl Parts {
    /// Reads them among the keys of a part; what it does not state is that of the next wider one.
    pub(super) fn read(fields: Fields<'_>, wider: &Self, findings: &mut Findings) -> Self {
        let parts = Self {
            rollout: Rollout::read(fields, findings).over(&wider.rollout),
            settings: Settings::read(fields, findings).over(&wider.settings),
            calendar: PartialCalendar::read(fields, findings).over(&wider.calendar),
        };
        time_limits::check(fields, &parts.settings.time_limits, findings);
        parts
    }
}

/// Reads the whole file: its routes and its waivers. What is wrong goes to `findings`; the result is only good when there is nothing in it.
pub(super) fn read(root: &Node, inventory: &Inventory, findings: &mut Findings) -> (Vec<RoutePlan>, Vec<Waiver>) {
    let Some(fields) = Fields::open(root, "a flag file", &KEYS, findings) else {
        return Default::default();
    };
    check_version(fields, findings);
    let defaults = read_defaults(fields, findings);
    let groups = fields
        .get("groups")
        .map(|node| read_groups(node, &defaults, findings))
        .unwrap_or_default();
    let found: Vec<Found> = match fields.get("routes") {
        Some(node) => routes::read(node, &defaults, &groups, findings),
        None => Vec::new(),
    };
    conflicts::check(&found, findings);
    handlers::check(&found, inventory, findings);
    aliases::check(&found, inventory, findings);
    requires::check(&found, findings);
    let waivers = fields
        .get("waivers")
        .map(|node| waivers::read(node, &found, findings))
        .unwrap_or_default();
    (found.into_iter().map(|found| found.plan).collect(), waivers)
}

fn check_version(fields: Fields<'_>, findings: &mut Findings) {
    let Some(node) = fields.get("version") else {
        let message = "the file does not say which version of the format it is written in";
        return findings.add_with_remedy(fields.place(), message, "begin it with `version: 1`");
    };
    match values::text(node, "version", findings) {
        None | Some(VERSION) => {}
        Some(written) => {
            let message = format!("the file is written in version `{written}` of the format");
            findings.add_with_remedy(node.place, message, "this version of Ficus reads version 1");
        }
    }
}

/// The keys of a group besides its phase and its calendar, and of `defaults`.
fn wide_keys() -> Vec<&'static str> {
    let rollout = rollout::KEYS.into_iter().chain([rollout::READS]);
    rollout.chain(settings::keys()).collect()
}

fn read_defaults(fields: Fields<'_>, findings: &mut Findings) -> Parts {
    let Some(node) = fields.get("defaults") else {
        return Parts::default();
    };
    let known: Vec<&str> = wide_keys().into_iter().chain(calendar::DEFAULT_KEYS).collect();
    match Fields::open(node, "`defaults`", &known, findings) {
        Some(fields) => Parts::read(fields, &Parts::default(), findings),
        None => Parts::default(),
    }
}

fn read_groups(node: &Node, defaults: &Parts, findings: &mut Findings) -> BTreeMap<String, Group> {
    let Value::Map(entries) = &node.value else {
        let message = format!("`groups` is a mapping from names to groups, not {}", node.kind());
        findings.add_with_remedy(
            node.place,
            message,
            "write for example `auth: { stage: shadow }` under it",
        );
        return BTreeMap::new();
    };
    let mut groups = BTreeMap::new();
    for entry in entries {
        if !values::is_name(&entry.key) {
            let message = format!("`{}` is not the name of a group", entry.key);
            findings.add_with_remedy(
                entry.key_place,
                message,
                "use 1 to 64 letters, digits, `_`, `-` and `.`",
            );
        }
        groups.insert(entry.key.clone(), read_group(&entry.value, defaults, findings));
    }
    groups
}

fn read_group(node: &Node, defaults: &Parts, findings: &mut Findings) -> Group {
    let known: Vec<&str> = ["phase"].into_iter().chain(wide_keys()).chain(calendar::KEYS).collect();
    let Some(fields) = Fields::open(node, "a group", &known, findings) else {
        return Group::default();
    };
    Group {
        phase: fields.get("phase").and_then(|node| routes::phase(node, findings)),
        parts: Parts::read(fields, defaults, findings),
    }
}
