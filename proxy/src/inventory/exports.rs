//! Follows an exported name through re-exports to the item that defines it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::parse::{Exported, Imported, Module};
use super::resolve::{Resolver, Target};

/// An item: the index of its module, and its index there.
pub(super) type ItemId = (usize, usize);

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Definition {
    /// An item of the tree.
    Item(ItemId),
    /// A whole module of the tree.
    Module(usize),
    /// An export of a package from outside.
    Package(String),
    /// It may exist: a package from outside exports everything it has under this module.
    Unknown(String),
    /// Nothing has that name.
    Missing,
}

/// What each item leads to, remembered: many routes share most of what they reach.
pub(super) type Edges = RefCell<HashMap<ItemId, Rc<[Definition]>>>;

/// All modules, and the way between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Modules<'m> {
    pub(super) all: &'m [Module],
    pub(super) resolver: &'m Resolver,
    pub(super) edges: &'m Edges,
    /// The categories of each module, by the rules.
    pub(super) categories: &'m [Vec<String>],
}

impl<'m> Modules<'m> {
    pub(super) fn get(&self, at: usize) -> Option<&'m Module> {
        self.all.get(at)
    }

    /// What `module` exports as `name`.
    pub(super) fn export(&self, module: usize, name: &str) -> Definition {
        self.export_inside(module, name, &mut BTreeSet::new())
    }

    fn export_inside(&self, at: usize, name: &str, seen: &mut BTreeSet<(usize, String)>) -> Definition {
        let Some(module) = self.get(at).filter(|_| seen.insert((at, name.to_owned()))) else {
            return Definition::Missing;
        };
        if let Some(export) = module.exports.iter().find(|export| export.name == name) {
            return match &export.value {
                Exported::Local(local) => self.local_inside(at, local, seen),
                Exported::From(source, imported) => self.follow(at, source, imported, seen),
            };
        }
        if name == "default" {
            return Definition::Missing;
        }
        let wanted = Imported::Name(name.to_owned());
        let mut found = BTreeSet::new();
        for star in &module.stars {
            match self.resolver.resolve(&module.file, &star.source) {
                Target::Package(package) => {
                    found.insert(Definition::Unknown(package));
                }
                Target::Module(_) => {
                    found.insert(self.follow(at, &star.source, &wanted, seen));
                }
                Target::Nothing => {}
            }
        }
        found.remove(&Definition::Missing);
        let known: Vec<&Definition> = found
            .iter()
            .filter(|definition| !matches!(definition, Definition::Unknown(_)))
            .collect();
        match (known.as_slice(), found.iter().next()) {
            ([one], _) => (*one).clone(),
            // Two stars that disagree hide the name from importers.
            ([_, _, ..], _) => Definition::Missing,
            ([], Some(unknown)) => unknown.clone(),
            ([], None) => Definition::Missing,
        }
    }

    /// What `name` means inside `module`: an import, or an item.
    pub(super) fn local(&self, module: usize, name: &str) -> Definition {
        self.local_inside(module, name, &mut BTreeSet::new())
    }

    fn local_inside(&self, at: usize, name: &str, seen: &mut BTreeSet<(usize, String)>) -> Definition {
        let Some(module) = self.get(at) else {
            return Definition::Missing;
        };
        if let Some(import) = module.imports.iter().find(|import| import.local == name) {
            return self.follow(at, &import.source, &import.imported, seen);
        }
        let item = module
            .items
            .iter()
            .position(|item| item.names.iter().any(|known| known == name));
        item.map_or(Definition::Missing, |item| Definition::Item((at, item)))
    }

    fn follow(
        &self,
        from: usize,
        source: &str,
        imported: &Imported,
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Definition {
        let Some(module) = self.get(from) else {
            return Definition::Missing;
        };
        match (self.resolver.resolve(&module.file, source), imported) {
            (Target::Package(package), _) => Definition::Package(package),
            (Target::Module(target), Imported::Namespace) => Definition::Module(target),
            (Target::Module(target), Imported::Name(name)) => self.export_inside(target, name, seen),
            (Target::Nothing, _) => Definition::Missing,
        }
    }
}
