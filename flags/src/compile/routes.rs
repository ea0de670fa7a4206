//! `routes:`: one entry for each route.

use std::collections::BTreeMap;

use super::aliases::{self, Alias};
use super::fields::Fields;
use super::file::{Group, Parts};
use super::requires::{self, Required};
use super::settings::{self, TENANT_FROM};
use super::{calendar, rollout, sources, values};
use crate::findings::{Findings, Place};
use crate::plan::RoutePlan;
use crate::route_key::{RouteKey, RouteKeyError};
use crate::share::Share;
use crate::suggest::nearest;
use crate::yaml::{Node, Value};

/// The phases of the migration plan.
const LAST_PHASE: u32 = 9;

/// A route that was read, with the place of its name and of the stage that it has.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) plan: RoutePlan,
    pub(super) place: Place,
    pub(super) requires: Vec<Required>,
    pub(super) aliases: Vec<Alias>,
}

/// Reads every entry.
pub(super) fn read(
    node: &Node,
    defaults: &Parts,
    groups: &BTreeMap<String, Group>,
    findings: &mut Findings,
) -> Vec<Found> {
    let Value::List(items) = &node.value else {
        let message = format!("`routes` is a list, not {}", node.kind());
        findings.add_with_remedy(node.place, message, "write `routes: []` for a file that names no route");
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| read_route(item, defaults, groups, findings))
        .collect()
}

/// A phase of the migration plan.
pub(super) fn phase(node: &Node, findings: &mut Findings) -> Option<u8> {
    values::number(node, "phase", 0..=LAST_PHASE, findings).and_then(|phase| u8::try_from(phase).ok())
}

fn known_keys() -> Vec<&'static str> {
    ["route", "aliases", "group", "phase", "requires"]
        .into_iter()
        .chain(rollout::KEYS)
        .chain(settings::keys())
        .chain(calendar::KEYS)
        .collect()
}

fn read_route(
    node: &Node,
    defaults: &Parts,
    groups: &BTreeMap<String, Group>,
    findings: &mut Findings,
) -> Option<Found> {
    let fields = Fields::open(node, "a route", &known_keys(), findings)?;
    let group = fields.get("group").and_then(|node| find_group(node, groups, findings));
    let own_phase = fields.get("phase").and_then(|node| phase(node, findings));
    let required = fields.get("requires").map(|node| requires::read(node, findings));
    let requires = required.unwrap_or_default();
    let parts = Parts::read(fields, group.map_or(defaults, |(_, group)| &group.parts), findings);
    refuse_own_rollout(fields, findings);
    let Some(name) = fields.get("route") else {
        findings.add_with_remedy(fields.place(), "a route needs its name", "write `route: GET /api/…`");
        return None;
    };
    let key = read_key(name, findings)?;
    let aliases = fields.get("aliases").map(|node| aliases::read(node, &key, findings));
    let aliases = aliases.unwrap_or_default();
    let Parts {
        rollout,
        settings,
        calendar,
    } = parts;
    let stage = rollout.stage_of(&key.method);
    rollout.check(stage, name.place, findings);
    let tenant_from = sources::resolved(settings.tenant_from(), &key.pattern);
    if let Some(node) = fields.get(TENANT_FROM) {
        sources::check_parameters(node, &tenant_from, findings);
    }
    let hashed_under = group.map_or_else(|| key.to_string(), |(name, _)| name.to_owned());
    let plan = RoutePlan {
        index: 0,
        key,
        stage,
        aliases: aliases.iter().map(|(pattern, _)| pattern.clone()).collect(),
        group: group.map(|(name, _)| name.to_owned()),
        requires: requires.iter().map(|(key, _)| key.clone()).collect(),
        phase: own_phase.or(group.and_then(|(_, group)| group.phase)),
        target: rollout.target(),
        canary: rollout.canary(hashed_under),
        tenant_from,
        sample: settings.sample.unwrap_or(Share::ALL),
        reverse_sample: settings.sample.unwrap_or(Share::NONE),
        fallback: settings.fallback.unwrap_or_default(),
        shadow: settings.shadow(),
        time_limits: settings.time_limits,
        gate: settings.gates.gate(),
        guard: settings.gates.guard(),
        compat: settings.compat,
        compare: settings.compare.complete(),
        calendar: calendar.complete(),
        line: name.place.line,
    };
    Some(Found {
        plan,
        place: name.place,
        requires,
        aliases,
    })
}

fn find_group<'g>(
    node: &Node,
    groups: &'g BTreeMap<String, Group>,
    findings: &mut Findings,
) -> Option<(&'g str, &'g Group)> {
    let written = values::text(node, "group", findings)?;
    if let Some((name, group)) = groups.get_key_value(written) {
        return Some((name, group));
    }
    let remedy = match nearest(written, groups.keys().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write it under `groups:`, for example `{written}: {{ stage: legacy }}`"),
    };
    findings.add_with_remedy(node.place, format!("there is no group `{written}`"), remedy);
    None
}

/// A member leaves to its group what makes the group flip as one.
fn refuse_own_rollout(fields: Fields<'_>, findings: &mut Findings) {
    let Some(group) = fields.get("group") else {
        return;
    };
    let name = group.text().unwrap_or_default();
    for key in rollout::KEYS.into_iter().chain(calendar::KEYS) {
        if let Some(entry) = fields.entry(key) {
            let message =
                format!("a member of the group `{name}` has no {key} of its own, because the group flips together");
            findings.add_with_remedy(entry.key_place, message, format!("leave out `{key}` or `group`"));
        }
    }
}

fn read_key(node: &Node, findings: &mut Findings) -> Option<RouteKey> {
    let written = values::text(node, "route", findings)?;
    match written.parse() {
        Ok(key) => Some(key),
        Err(error) => {
            let message = format!("`{written}` is not a route: {error}");
            match remedy_for(written, &error) {
                Some(remedy) => findings.add_with_remedy(node.place, message, remedy),
                None => findings.add(node.place, message),
            }
            None
        }
    }
}

/// The route that was probably meant: the method in capital letters, one space, GET for HEAD.
fn remedy_for(written: &str, error: &RouteKeyError) -> Option<String> {
    let mut words = written.split_whitespace();
    let (method, path) = (words.next()?.to_uppercase(), words.next()?);
    let method = if *error == RouteKeyError::Head {
        "GET"
    } else {
        method.as_str()
    };
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let meant = RouteKey::parse(method, path).ok().filter(|_| words.next().is_none())?;
    Some(format!("write `{meant}`"))
}
