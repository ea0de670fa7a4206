//! What a handler touches: every item that it can reach, across files, and what those items do.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::exports::{Definition, ItemId, Modules};
use super::model::{MethodEntry, Mutates, Place};
use super::resolve::Target;
use super::rules::Rules;

/// The items that were reached from one definition.
#[derive(Debug, Default)]
pub(super) struct Reached {
    items: BTreeSet<ItemId>,
    modules: BTreeSet<usize>,
    packages: BTreeSet<String>,
}

/// Walks from a definition to everything that it uses. Names are matched by their text, so a shadowed name reaches too
/// much rather than too little.
pub(super) fn from(modules: Modules<'_>, start: &Definition) -> Reached {
    let mut reached = Reached::default();
    let mut waiting = vec![start.clone()];
    while let Some(definition) = waiting.pop() {
        match definition {
            Definition::Item(id) => {
                enter(modules, id.0, &mut reached, &mut waiting);
                if reached.items.insert(id) {
                    waiting.extend(uses(modules, id).iter().cloned());
                }
            }
            Definition::Module(at) => {
                enter(modules, at, &mut reached, &mut waiting);
                if let Some(module) = modules.get(at) {
                    let new = (0..module.items.len())
                        .map(|item| (at, item))
                        .filter(|id| !reached.items.contains(id));
                    waiting.extend(new.map(Definition::Item));
                    for star in &module.stars {
                        waiting.extend(loaded(modules, at, &star.source));
                    }
                }
                reached.modules.insert(at);
            }
            Definition::Package(name) | Definition::Unknown(name) => {
                reached.packages.insert(name);
            }
            Definition::Missing => {}
        }
    }
    reached
}

/// A module that is used runs its top-level statements.
fn enter(modules: Modules<'_>, at: usize, reached: &mut Reached, waiting: &mut Vec<Definition>) {
    if !reached.modules.insert(at) {
        return;
    }
    let items = modules
        .get(at)
        .into_iter()
        .flat_map(|module| module.items.iter().enumerate());
    waiting.extend(
        items
            .filter(|(_, item)| item.names.is_empty())
            .map(|(item, _)| Definition::Item((at, item))),
    );
}

/// What an item names, found once and remembered.
fn uses(modules: Modules<'_>, id: ItemId) -> Rc<[Definition]> {
    if let Some(known) = modules.edges.borrow().get(&id) {
        return Rc::clone(known);
    }
    let mut found = Vec::new();
    named(modules, id, &mut found);
    found.sort();
    found.dedup();
    let found: Rc<[Definition]> = found.into();
    modules.edges.borrow_mut().insert(id, Rc::clone(&found));
    found
}

fn named(modules: Modules<'_>, (at, item): ItemId, waiting: &mut Vec<Definition>) {
    let Some(facts) = modules
        .get(at)
        .and_then(|module| module.items.get(item))
        .map(|item| &item.facts)
    else {
        return;
    };
    waiting.extend(facts.uses.iter().map(|name| modules.local(at, name)));
    for (object, property) in &facts.members {
        waiting.push(match modules.local(at, object) {
            Definition::Module(target) => modules.export(target, property),
            other => other,
        });
    }
    for source in &facts.loads {
        waiting.extend(loaded(modules, at, source));
    }
}

fn loaded(modules: Modules<'_>, at: usize, source: &str) -> Option<Definition> {
    match modules.resolver.resolve(&modules.get(at)?.file, source) {
        Target::Module(target) => Some(Definition::Module(target)),
        Target::Package(name) => Some(Definition::Package(name)),
        Target::Nothing => None,
    }
}

/// The categories of everything that was reached: modules, packages and outside hosts.
fn dependencies(modules: Modules<'_>, reached: &Reached, hosts: &BTreeSet<String>, rules: &Rules) -> BTreeSet<String> {
    let of_packages = reached
        .packages
        .iter()
        .flat_map(|package| rules.categories_of_package(package));
    let of_hosts = hosts.iter().flat_map(|host| rules.categories_of_host(host));
    let of_modules = reached
        .modules
        .iter()
        .filter_map(|&at| modules.categories.get(at))
        .flatten()
        .cloned();
    of_packages
        .chain(of_hosts)
        .map(str::to_owned)
        .chain(of_modules)
        .collect()
}

/// Sums up what one method touches.
pub(super) fn describe(modules: Modules<'_>, name: &str, start: &Definition, own: usize, rules: &Rules) -> MethodEntry {
    let reached = from(modules, start);
    let place = |id: ItemId, line: u32| {
        modules.get(id.0).map(|module| Place {
            file: module.file.clone(),
            line,
        })
    };
    let items = || {
        reached
            .items
            .iter()
            .filter_map(|&id| Some((id, &modules.get(id.0)?.items.get(id.1)?.facts)))
    };
    let write = items().find_map(|(id, facts)| place(id, *facts.writes.first()?));
    let composed = items().find_map(|(id, facts)| place(id, *facts.composed_sql.first()?));
    let files = || {
        reached
            .modules
            .iter()
            .filter_map(|&at| modules.get(at))
            .map(|module| module.file.as_str())
    };
    let hosts: BTreeSet<String> = items()
        .flat_map(|(_, facts)| &facts.hosts)
        .map(|(host, _)| host.clone())
        .collect();
    let dependencies = dependencies(modules, &reached, &hosts, rules);
    let defined = match start {
        Definition::Item(id) => modules
            .get(id.0)
            .and_then(|module| place(*id, module.items.get(id.1)?.line)),
        _ => None,
    };
    let own_file = modules.get(own).map(|module| module.file.as_str());
    MethodEntry {
        name: name.to_owned(),
        defined,
        mutates: write
            .map(Mutates::Yes)
            .or_else(|| composed.map(Mutates::Undecided))
            .unwrap_or(Mutates::No),
        dependencies,
        modules: files()
            .filter(|&file| Some(file) != own_file)
            .map(str::to_owned)
            .collect(),
        packages: reached.packages.clone(),
        environment: items()
            .flat_map(|(_, facts)| &facts.environment)
            .map(|(name, _)| name.clone())
            .collect(),
        hosts,
    }
}

/// Methods that the code of a handler compares `req.method` with.
pub(super) fn compared_methods(modules: Modules<'_>, start: &Definition) -> BTreeSet<String> {
    let Definition::Item(id) = start else {
        return BTreeSet::new();
    };
    modules
        .get(id.0)
        .into_iter()
        .flat_map(|module| &module.items)
        .flat_map(|item| item.facts.methods.iter().cloned())
        .collect()
}
