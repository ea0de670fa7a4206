//! The crates of the workspace and what they are built from, as `cargo metadata` tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The dependency graph, normal edges only: what tests and build scripts need is their own business.
pub(crate) struct Workspace {
    members: BTreeSet<String>,
    /// Package name to the names it depends on directly, optional ones that are off included.
    direct: BTreeMap<String, BTreeSet<String>>,
    /// Package id to name and to the ids that the resolved build gives it.
    resolved: BTreeMap<String, (String, Vec<String>)>,
    binaries: Vec<String>,
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline"])
            .current_dir(super::tree::root())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self::parse(&serde_json::from_slice(&output.stdout).unwrap())
    }

    fn parse(metadata: &Value) -> Self {
        let member_ids: BTreeSet<&str> = items(&metadata["workspace_members"]).map(text).collect();
        let mut workspace = Self {
            members: BTreeSet::new(),
            direct: BTreeMap::new(),
            resolved: BTreeMap::new(),
            binaries: Vec::new(),
        };
        let mut names = BTreeMap::new();
        for package in items(&metadata["packages"]) {
            let name = text(&package["name"]);
            names.insert(text(&package["id"]), name);
            if member_ids.contains(text(&package["id"])) {
                workspace.members.insert(name.to_owned());
                workspace.direct.insert(name.to_owned(), normal_dependencies(package));
                workspace.binaries.extend(binaries(package));
            }
        }
        for node in items(&metadata["resolve"]["nodes"]) {
            let id = text(&node["id"]);
            let below = items(&node["deps"])
                .filter(|edge| is_normal(edge))
                .map(|edge| text(&edge["pkg"]).to_owned());
            workspace
                .resolved
                .insert(id.to_owned(), (names[id].to_owned(), below.collect()));
        }
        workspace
    }

    /// The workspace crates that `package` depends on.
    pub(crate) fn internal(&self, package: &str) -> Vec<&str> {
        self.direct(package)
            .into_iter()
            .filter(|name| self.members.contains(*name))
            .collect()
    }

    /// Every crate that `package` names in its manifest.
    pub(crate) fn direct(&self, package: &str) -> Vec<&str> {
        self.direct[package].iter().map(String::as_str).collect()
    }

    /// Every crate that ends up in a build of `package`.
    pub(crate) fn reachable(&self, package: &str) -> BTreeSet<&str> {
        let start = self
            .resolved
            .iter()
            .find(|(_, (name, _))| name == package)
            .map(|(id, _)| id.as_str())
            .unwrap();
        let (mut open, mut seen) = (vec![start], BTreeSet::new());
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.resolved[id].1.iter().map(String::as_str));
            }
        }
        seen.into_iter().map(|id| self.resolved[id].0.as_str()).collect()
    }

    /// The names of the programs that the workspace builds.
    pub(crate) fn binaries(&self) -> Vec<&str> {
        self.binaries.iter().map(String::as_str).collect()
    }
}

fn normal_dependencies(package: &Value) -> BTreeSet<String> {
    let normal = items(&package["dependencies"]).filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| text(&dependency["name"]).to_owned()).collect()
}

fn binaries(package: &Value) -> Vec<String> {
    let is_binary = |target: &&Value| items(&target["kind"]).any(|kind| kind == "bin");
    items(&package["targets"])
        .filter(is_binary)
        .map(|target| text(&target["name"]).to_owned())
        .collect()
}

fn is_normal(edge: &Value) -> bool {
    items(&edge["dep_kinds"]).any(|kind| kind["kind"].is_null())
}

fn items(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map(|items| items.iter()).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
