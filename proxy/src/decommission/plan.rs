//! What must hold, and what can go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::excise;
use super::patch::{change, removal};
use super::quiet::Traffic;
use crate::inventory::{Inventory, Kind, ReadError, Route, Rules, Workspace};

/// What is to be removed, and what is known about it.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The Next.js tree.
    pub root: &'a Path,
    /// The rules of the inventory.
    pub rules: &'a Rules,
    /// `METHOD pattern` and its stage.
    pub wanted: &'a BTreeMap<String, String>,
    /// Who knows about traffic.
    pub traffic: &'a dyn Traffic,
    /// For how many days legacy must not have been asked.
    pub quiet_for: u32,
    /// Hosts under which legacy was reached before Ficus stood in front of it.
    pub old_hosts: &'a [String],
}

/// One condition and whether it holds.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What must hold.
    pub what: String,
    /// Whether it does.
    pub holds: bool,
    /// Why not, or the evidence.
    pub detail: String,
}

/// What a decommission would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Plan {
    /// Every condition.
    pub checks: Vec<Check>,
    /// Files that go as a whole.
    pub files: BTreeSet<String>,
    /// Exports that the patch cuts out of files that stay: the file, and the names.
    pub exports: BTreeMap<String, BTreeSet<String>>,
    /// Exports that a person has to take out, with the reason.
    pub by_hand: Vec<String>,
    /// Environment variables that nobody reads any more afterwards.
    pub environment: BTreeSet<String>,
    /// The patch, for `git apply` in the directory of the tree.
    pub patch: String,
}

impl Plan {
    /// Whether everything holds.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }
}

/// Plans the removal.
///
/// # Errors
/// When the tree cannot be read.
pub fn plan(ask: &Ask<'_>) -> Result<Plan, ReadError> {
    let mut workspace = Workspace::read(ask.root, ask.rules)?;
    let inventory = workspace.inventory(ask.rules);
    let mut plan = Plan::default();
    plan.before(ask);
    let mut found = BTreeSet::new();
    for route in routes(&inventory) {
        plan.route(route, ask.wanted, &mut found);
    }
    for route in ask.wanted.keys().filter(|route| !found.contains(*route)) {
        plan.check(
            format!("{route} is in the tree"),
            false,
            "there is no such route".to_owned(),
        );
    }
    plan.imports(&workspace);
    let environment = workspace.environment();
    plan.cut_exports(ask, &mut workspace);
    plan.dead_modules(&inventory, &workspace);
    plan.old_addresses(ask, &workspace);
    let after = workspace.environment();
    let unread = environment.into_keys().filter(|name| {
        let places = after.get(name).into_iter().flatten();
        places.into_iter().all(|place| plan.files.contains(&place.file))
    });
    plan.environment = unread.collect();
    plan.remove_files(ask.root);
    Ok(plan)
}

fn routes(inventory: &Inventory) -> impl Iterator<Item = &Route> {
    inventory
        .apps
        .iter()
        .flat_map(|app| &app.routes)
        .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi))
}

#[cfg(unix)]
fn mode(path: &Path) -> &'static str {
    use std::os::unix::fs::PermissionsExt as _;
    let executable = std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0);
    if executable { "100755" } else { "100644" }
}

#[cfg(not(unix))]
fn mode(_: &Path) -> &'static str {
    "100644"
}

impl Plan {
    fn check(&mut self, what: String, holds: bool, detail: String) {
        self.checks.push(Check { what, holds, detail });
    }

    /// The conditions that the flag file and the traffic decide.
    fn before(&mut self, ask: &Ask<'_>) {
        for (route, stage) in ask.wanted {
            self.check(
                format!("{route} is retired"),
                stage == "retired",
                format!("its stage is {stage}"),
            );
            let quiet = ask.traffic.quiet(route);
            self.check(
                format!("legacy has not answered {route} for {} days", ask.quiet_for),
                quiet.days.is_some_and(|days| days >= ask.quiet_for),
                quiet.evidence,
            );
        }
    }

    /// Sorts the methods of one route into what goes with the file and what is cut out of it.
    fn route(&mut self, route: &Route, wanted: &BTreeMap<String, String>, found: &mut BTreeSet<String>) {
        let name = |method: &str| format!("{method} {}", route.pattern);
        // HEAD has no flag of its own, and a preflight answer alone keeps no route alive.
        let (gone, kept): (Vec<&str>, Vec<&str>) = route
            .methods
            .iter()
            .map(|method| method.name.as_str())
            .partition(|method| wanted.contains_key(&name(method)));
        if gone.is_empty() {
            return;
        }
        found.extend(gone.iter().map(|method| name(method)));
        if kept.iter().all(|method| matches!(*method, "HEAD" | "OPTIONS")) {
            self.files.insert(route.file.clone());
        } else if route.kind == Kind::PagesApi {
            let reason = "one handler answers every method of the Pages Router";
            let lines = gone.iter().map(|method| format!("{}: {method}: {reason}", route.file));
            self.by_hand.extend(lines);
        } else {
            let names = gone.iter().map(|&method| method.to_owned());
            self.exports.entry(route.file.clone()).or_default().extend(names);
        }
        for site in route.call_sites.iter().filter(|site| site.url.contains("://")) {
            let what = format!("nobody calls {} by its old base address", route.pattern);
            self.check(what, false, format!("{} calls {}", site.place, site.url));
        }
    }

    /// Nothing may import what goes, but what goes with it.
    fn imports(&mut self, workspace: &Workspace) {
        let importers = workspace.importers();
        let mut checks = Vec::new();
        for file in &self.files {
            let users = importers.get(file.as_str()).into_iter().flatten();
            let others: Vec<&str> = users.copied().filter(|user| !self.files.contains(*user)).collect();
            checks.push((format!("nothing imports {file}"), others));
        }
        for (file, names) in &self.exports {
            for name in names {
                let users = workspace.importers_of(file, name);
                let others = users.into_iter().filter(|user| !self.files.contains(*user)).collect();
                checks.push((format!("nothing imports {name} of {file}"), others));
            }
        }
        for (what, others) in checks {
            self.check(what, others.is_empty(), others.join(", "));
        }
    }

    /// Cuts exports out of files that stay; afterwards the workspace knows those files without them.
    fn cut_exports(&mut self, ask: &Ask<'_>, workspace: &mut Workspace) {
        for (file, names) in std::mem::take(&mut self.exports) {
            let cut = std::fs::read_to_string(ask.root.join(&file))
                .map_err(|error| error.to_string())
                .and_then(|text| Ok((excise::without(&file, &text, &names)?, text)));
            match cut {
                Ok((after, before)) => {
                    self.patch.push_str(&change(&file, &before, &after));
                    workspace.replace(&file, &after, ask.rules);
                    self.exports.insert(file, names);
                }
                Err(reason) => {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    self.by_hand.push(format!("{file}: {}: {reason}", names.join(", ")));
                }
            }
        }
    }

    /// No file that stays may name a host of old.
    fn old_addresses(&mut self, ask: &Ask<'_>, workspace: &Workspace) {
        for host in ask.old_hosts {
            let places = workspace.naming_host(host);
            let mut left: Vec<String> = places
                .iter()
                .filter(|place| !self.files.contains(&place.file))
                .map(ToString::to_string)
                .collect();
            left.dedup();
            self.check(format!("nothing names {host}"), left.is_empty(), left.join(", "));
        }
    }

    /// Modules that the removed code used, directly or not, and that nothing else names any more.
    fn dead_modules(&mut self, inventory: &Inventory, workspace: &Workspace) {
        let importers = workspace.importers();
        let used = routes(inventory).flat_map(|route| {
            let exports = self.exports.get(&route.file);
            let whole = self.files.contains(&route.file);
            let gone = move |name: &str| whole || exports.is_some_and(|names| names.contains(name));
            route.methods.iter().filter(move |method| gone(&method.name))
        });
        let candidates: BTreeSet<String> = used.flat_map(|method| method.modules.iter().cloned()).collect();
        let entries: BTreeSet<&str> = inventory
            .apps
            .iter()
            .flat_map(|app| &app.routes)
            .map(|route| route.file.as_str())
            .collect();
        loop {
            let dead: Vec<String> = candidates
                .iter()
                .filter(|file| !self.files.contains(*file) && !entries.contains(file.as_str()))
                .filter(|file| {
                    let users = importers.get(file.as_str());
                    users.is_none_or(|users| users.iter().all(|user| self.files.contains(*user)))
                })
                .cloned()
                .collect();
            if dead.is_empty() {
                return;
            }
            self.files.extend(dead);
        }
    }

    fn remove_files(&mut self, root: &Path) {
        for file in &self.files {
            let full = root.join(file);
            match std::fs::read_to_string(&full) {
                Ok(text) => self.patch.push_str(&removal(file, &text, mode(&full))),
                Err(error) => self.checks.push(Check {
                    what: format!("{file} can be read"),
                    holds: false,
                    detail: error.to_string(),
                }),
            }
        }
    }
}
