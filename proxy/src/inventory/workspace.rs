//! The whole tree as it was read, from which the inventory is made. The decommission command asks it for more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::exports::Modules;
use super::model::{App, Inventory, Kind, Note, Place, SharedModule};
use super::parse::{Exported, Imported};
use super::resolve::{Resolver, Target, parent};
use super::rules::Rules;
use super::tree::{self, ReadError, Tree};
use super::{app, call_sites};

/// A tree and the way between its modules.
#[derive(Debug)]
pub(crate) struct Workspace {
    tree: Tree,
    resolver: Resolver,
}

impl Workspace {
    /// Reads and parses the tree.
    pub(crate) fn read(root: &Path, rules: &Rules) -> Result<Self, ReadError> {
        let tree = tree::read(root, rules)?;
        let resolver = Resolver::new(tree.modules.iter().map(|module| module.file.as_str()), &tree.manifests);
        Ok(Self { tree, resolver })
    }

    /// Puts the inventory together.
    pub(crate) fn inventory(&self, rules: &Rules) -> Inventory {
        let edges = super::exports::Edges::default();
        let files = self.tree.modules.iter().map(|module| &module.file);
        let categories: Vec<Vec<String>> = files
            .map(|file| rules.categories_of_module(file).map(str::to_owned).collect())
            .collect();
        let modules = Modules {
            all: &self.tree.modules,
            resolver: &self.resolver,
            edges: &edges,
            categories: &categories,
        };
        let mut notes = self.tree.notes.clone();
        for module in &self.tree.modules {
            notes.extend(module.notes.iter().cloned());
            let unclear = module.items.iter().flat_map(|item| &item.facts.unclear);
            notes.extend(unclear.map(|(line, message)| Note::new(&module.file, *line, message.clone())));
        }
        let roots = app_roots(&self.tree);
        if roots.is_empty() {
            notes.push(Note::new("", 1, "no Next.js app was found here"));
        }
        let mut apps: Vec<App> = roots
            .iter()
            .map(|root| app::read(root, &self.tree.paths, modules, rules, &mut notes))
            .collect();
        let unanswered = call_sites::attach(&mut apps, &self.tree.modules);
        notes.sort();
        notes.dedup();
        let modules = shared(&apps);
        Inventory {
            apps,
            notes,
            modules,
            environment: self.environment(),
            unanswered,
            files: self.tree.modules.len(),
        }
    }

    /// The files that name each file, by any import, type imports included.
    pub(crate) fn importers(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut importers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for module in &self.tree.modules {
            let reexports = module.exports.iter().filter_map(|export| match &export.value {
                Exported::From(source, _) => Some(source),
                Exported::Local(_) => None,
            });
            for link in module.links.iter().chain(reexports) {
                if let Target::Module(target) = self.resolver.resolve(&module.file, link)
                    && let Some(target) = self.tree.modules.get(target)
                {
                    importers.entry(&target.file).or_default().insert(&module.file);
                }
            }
        }
        importers
    }

    /// The files that take the export `name` out of `file`: by name, as a whole, or by passing everything on.
    pub(crate) fn importers_of(&self, file: &str, name: &str) -> BTreeSet<&str> {
        let wanted = |imported: &Imported| match imported {
            Imported::Name(other) => other == name,
            Imported::Namespace => true,
        };
        let mut users = BTreeSet::new();
        for module in &self.tree.modules {
            let imports = module.imports.iter().map(|import| (&import.source, &import.imported));
            let passed = module.exports.iter().filter_map(|export| match &export.value {
                Exported::From(source, imported) => Some((source, imported)),
                Exported::Local(_) => None,
            });
            let named = imports
                .chain(passed)
                .filter(|(_, imported)| wanted(imported))
                .map(|(source, _)| source);
            let loads = module.items.iter().flat_map(|item| &item.facts.loads);
            let stars = module.stars.iter().map(|star| &star.source);
            let mut sources = named.chain(loads).chain(stars);
            let leads_here = |source: &String| match self.resolver.resolve(&module.file, source) {
                Target::Module(target) => self.tree.modules.get(target).is_some_and(|found| found.file == file),
                Target::Package(_) | Target::Nothing => false,
            };
            if sources.any(leads_here) {
                users.insert(module.file.as_str());
            }
        }
        users
    }

    /// Looks at `file` as if its text were `text`.
    pub(crate) fn replace(&mut self, file: &str, text: &str, rules: &Rules) {
        if let Some(module) = self.tree.modules.iter_mut().find(|module| module.file == file) {
            *module = super::parse::module(file, text, rules);
        }
    }

    /// Where an address of this host stands.
    pub(crate) fn naming_host(&self, host: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for module in &self.tree.modules {
            let hosts = module.items.iter().flat_map(|item| &item.facts.hosts);
            places.extend(hosts.filter(|(named, _)| named == host).map(|(_, line)| Place {
                file: module.file.clone(),
                line: *line,
            }));
        }
        places
    }

    /// The environment variables that each file reads.
    pub(crate) fn environment(&self) -> BTreeMap<String, Vec<Place>> {
        let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for module in &self.tree.modules {
            for (name, line) in module.items.iter().flat_map(|item| &item.facts.environment) {
                places.entry(name.clone()).or_default().push(Place {
                    file: module.file.clone(),
                    line: *line,
                });
            }
        }
        places
    }
}

/// Folders that are apps: they have a Next.js configuration, or name `next` as a dependency, and have routes.
fn app_roots(tree: &Tree) -> Vec<String> {
    let configured = tree
        .paths
        .iter()
        .filter(|path| {
            path.rsplit('/')
                .next()
                .is_some_and(|name| name.starts_with("next.config."))
        })
        .map(|path| parent(path));
    let depends = tree
        .manifests
        .iter()
        .filter(|(path, text)| path.ends_with("package.json") && names_next(text))
        .map(|(path, _)| parent(path));
    let mut roots: BTreeSet<String> = configured.chain(depends).map(str::to_owned).collect();
    if roots.is_empty() {
        roots.insert(String::new());
    }
    roots.retain(|root| {
        let prefix = if root.is_empty() {
            String::new()
        } else {
            format!("{root}/")
        };
        ["app/", "src/app/", "pages/", "src/pages/"].iter().any(|folder| {
            let folder = format!("{prefix}{folder}");
            tree.paths.iter().any(|path| path.starts_with(&folder))
        })
    });
    roots.into_iter().collect()
}

fn names_next(text: &str) -> bool {
    let value = super::literal::json_with_comments(text).unwrap_or_default();
    ["dependencies", "devDependencies", "peerDependencies"]
        .iter()
        .any(|key| value.get(key).and_then(|list| list.get("next")).is_some())
}

fn shared(apps: &[App]) -> Vec<SharedModule> {
    let mut users: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let routes = apps
        .iter()
        .flat_map(|app| &app.routes)
        .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi));
    for route in routes {
        for method in &route.methods {
            for module in &method.modules {
                users
                    .entry(module)
                    .or_default()
                    .insert(format!("{} {}", method.name, route.pattern));
            }
        }
    }
    let mut modules: Vec<SharedModule> = users
        .into_iter()
        .map(|(file, used_by)| SharedModule {
            file: file.to_owned(),
            used_by,
        })
        .collect();
    modules.sort_by(|a, b| b.used_by.len().cmp(&a.used_by.len()).then_with(|| a.file.cmp(&b.file)));
    modules
}
