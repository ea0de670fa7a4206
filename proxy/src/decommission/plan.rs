//! What must hold, and what can go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::patch::removal;
use crate::inventory::{Inventory, Kind, ReadError, Route, Rules, Workspace};

/// How long ago legacy last answered a route; the store or an access log knows.
pub trait Traffic {
    /// Days since the last request that legacy answered; `None` when nobody knows.
    fn quiet_days(&self, route: &str) -> Option<u32>;
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
    /// `file: METHOD` of exports to take out by hand, because the file keeps other methods.
    pub exports: Vec<String>,
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

/// Plans the removal of `wanted` (`METHOD pattern`, with its stage) from the tree under `root`. `quiet_for` is in days.
///
/// # Errors
/// When the tree cannot be read.
pub fn plan(
    root: &Path,
    rules: &Rules,
    wanted: &BTreeMap<String, String>,
    traffic: &dyn Traffic,
    quiet_for: u32,
) -> Result<Plan, ReadError> {
    let workspace = Workspace::read(root, rules)?;
    let inventory = workspace.inventory(rules);
    let importers = workspace.importers();
    let mut plan = Plan::default();
    for (route, stage) in wanted {
        plan.check(
            format!("{route} is retired"),
            stage == "retired",
            format!("its stage is {stage}"),
        );
        let quiet = traffic.quiet_days(route);
        let detail = quiet.map_or_else(
            || "nobody knows when legacy last answered it".to_owned(),
            |days| format!("{days} days"),
        );
        plan.check(
            format!("legacy has not answered {route} for {quiet_for} days"),
            quiet.is_some_and(|days| days >= quiet_for),
            detail,
        );
    }
    let mut found = BTreeSet::new();
    for route in routes(&inventory) {
        plan.route(route, wanted, &importers, &mut found);
    }
    for route in wanted.keys().filter(|route| !found.contains(*route)) {
        plan.check(
            format!("{route} is in the tree"),
            false,
            "there is no such route".to_owned(),
        );
    }
    plan.dead_modules(&inventory, &importers);
    for (name, places) in workspace.environment() {
        if places.iter().all(|place| plan.files.contains(&place.file)) {
            plan.environment.insert(name);
        }
    }
    for file in &plan.files {
        let full = root.join(file);
        match std::fs::read_to_string(&full) {
            Ok(text) => plan.patch.push_str(&removal(file, &text, mode(&full))),
            Err(error) => plan.checks.push(Check {
                what: format!("{file} can be read"),
                holds: false,
                detail: error.to_string(),
            }),
        }
    }
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

    fn route(
        &mut self,
        route: &Route,
        wanted: &BTreeMap<String, String>,
        importers: &BTreeMap<&str, BTreeSet<&str>>,
        found: &mut BTreeSet<String>,
    ) {
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
            let others: Vec<&str> = importers
                .get(route.file.as_str())
                .into_iter()
                .flatten()
                .copied()
                .collect();
            self.check(
                format!("nothing imports {}", route.file),
                others.is_empty(),
                others.join(", "),
            );
        } else {
            self.exports
                .extend(gone.iter().map(|method| format!("{}: {method}", route.file)));
        }
        for site in route.call_sites.iter().filter(|site| site.url.contains("://")) {
            let what = format!("nobody calls {} by its old base address", route.pattern);
            self.check(what, false, format!("{} calls {}", site.place, site.url));
        }
    }

    /// Modules that the removed files used, directly or not, and that nothing else names.
    fn dead_modules(&mut self, inventory: &Inventory, importers: &BTreeMap<&str, BTreeSet<&str>>) {
        let used = routes(inventory)
            .filter(|route| self.files.contains(&route.file))
            .flat_map(|route| &route.methods);
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
                    importers
                        .get(file.as_str())
                        .is_some_and(|users| users.iter().all(|user| self.files.contains(*user)))
                })
                .cloned()
                .collect();
            if dead.is_empty() {
                return;
            }
            self.files.extend(dead);
        }
    }
}
