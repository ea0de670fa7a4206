//! From an import specifier to a file of the tree, by the rules of Node, TypeScript `paths` and workspace packages.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::literal::json_with_comments;

/// What an ending is tried with, in order; the empty one is the path as it is written.
const ENDINGS: [&str; 17] = [
    "",
    ".ts",
    ".tsx",
    ".mts",
    ".cts",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    "/index.ts",
    "/index.tsx",
    "/index.mts",
    "/index.js",
    "/index.jsx",
    "/index.mjs",
    "/index.cjs",
    "/index.cts",
];
/// The longest chain of `extends` that is followed.
const MAX_EXTENDS: usize = 8;

/// Where a specifier leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A module of the tree, by index.
    Module(usize),
    /// A package from outside, by name.
    Package(String),
    /// A file that is no code (a style sheet, JSON, an image), or one that does not exist.
    Nothing,
}

/// Everything that decides where specifiers lead.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    modules: HashMap<String, usize>,
    /// Aliases by the folder of the configuration that has them, deepest first.
    aliases: Vec<(String, Aliases)>,
    packages: BTreeMap<String, (String, Option<String>)>,
}

/// `baseUrl` and `paths` of one `tsconfig.json`.
#[derive(Debug, Default, Clone)]
struct Aliases {
    base: Option<String>,
    paths: Vec<(String, Vec<String>)>,
}

impl Resolver {
    pub(crate) fn new<'a>(files: impl Iterator<Item = &'a str>, manifests: &BTreeMap<String, String>) -> Self {
        let mut resolver = Self {
            modules: files.enumerate().map(|(at, file)| (file.to_owned(), at)).collect(),
            ..Self::default()
        };
        for (path, text) in manifests {
            let folder = parent(path);
            if path.ends_with("package.json") {
                let Some(value) = json_with_comments(text) else {
                    continue;
                };
                if let Some(name) = value.get("name").and_then(Value::as_str) {
                    let main = ["source", "types", "module", "main"]
                        .iter()
                        .find_map(|key| value.get(key)?.as_str());
                    resolver
                        .packages
                        .insert(name.to_owned(), (folder.to_owned(), main.map(str::to_owned)));
                }
            } else if path.ends_with("tsconfig.json") || path.ends_with("jsconfig.json") {
                resolver.aliases.push((folder.to_owned(), aliases(path, manifests, 0)));
            }
        }
        resolver
            .aliases
            .sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        resolver
    }

    /// Where `specifier`, written in `from`, leads.
    pub(crate) fn resolve(&self, from: &str, specifier: &str) -> Target {
        let specifier = specifier.split('?').next().unwrap_or(specifier);
        if specifier.starts_with('.') {
            return self
                .file(&join(parent(from), specifier))
                .map_or(Target::Nothing, Target::Module);
        }
        if let Some(found) = self.aliased(from, specifier) {
            return Target::Module(found);
        }
        let package = package_name(specifier);
        if let Some((folder, main)) = self.packages.get(package) {
            let rest = specifier
                .strip_prefix(package)
                .unwrap_or_default()
                .trim_start_matches('/');
            let tries = if rest.is_empty() {
                vec![
                    main.as_deref().map(|main| join(folder, main)),
                    Some(join(folder, "src")),
                    Some(folder.clone()),
                ]
            } else {
                vec![Some(join(folder, rest)), Some(join(folder, &format!("src/{rest}")))]
            };
            if let Some(found) = tries.into_iter().flatten().find_map(|path| self.file(&path)) {
                return Target::Module(found);
            }
        }
        Target::Package(package.to_owned())
    }

    fn aliased(&self, from: &str, specifier: &str) -> Option<usize> {
        let (_, aliases) = self
            .aliases
            .iter()
            .find(|(folder, _)| folder.is_empty() || from.starts_with(&format!("{folder}/")))?;
        let matching = aliases
            .paths
            .iter()
            .filter_map(|(pattern, targets)| Some((pattern, targets, fit(pattern, specifier)?)));
        let best = matching.max_by_key(|(pattern, ..)| pattern.split('*').next().map_or(0, str::len));
        if let Some((_, targets, star)) = best {
            return targets
                .iter()
                .find_map(|target| self.file(&join("", &target.replacen('*', star, 1))));
        }
        self.file(&join(aliases.base.as_ref()?, specifier))
    }

    fn file(&self, path: &str) -> Option<usize> {
        let found = ENDINGS
            .iter()
            .find_map(|ending| self.modules.get(&format!("{path}{ending}")));
        // TypeScript lets `./x.js` mean `./x.ts`.
        let stem = || {
            ["js", "jsx", "mjs", "cjs"]
                .iter()
                .find_map(|ending| path.strip_suffix(ending)?.strip_suffix('.'))
        };
        found
            .or_else(|| {
                let stem = stem()?;
                [".ts", ".tsx", ".mts", ".cts"]
                    .iter()
                    .find_map(|ending| self.modules.get(&format!("{stem}{ending}")))
            })
            .copied()
    }
}

fn aliases(path: &str, manifests: &BTreeMap<String, String>, depth: usize) -> Aliases {
    let Some(value) = manifests
        .get(path)
        .and_then(|text| json_with_comments(text))
        .filter(|_| depth < MAX_EXTENDS)
    else {
        return Aliases::default();
    };
    let folder = parent(path);
    let parents: Vec<&str> = match value.get("extends") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut result = Aliases::default();
    for parent in parents.into_iter().filter(|parent| parent.starts_with('.')) {
        let target = join(folder, parent);
        let file = if manifests.contains_key(&target) {
            target
        } else {
            format!("{target}.json")
        };
        result = aliases(&file, manifests, depth + 1);
    }
    let options = value.get("compilerOptions");
    if let Some(base) = options
        .and_then(|options| options.get("baseUrl"))
        .and_then(Value::as_str)
    {
        result.base = Some(join(folder, base));
    }
    if let Some(Value::Object(paths)) = options.and_then(|options| options.get("paths")) {
        let root = result.base.clone().unwrap_or_else(|| folder.to_owned());
        result.paths = paths
            .iter()
            .map(|(pattern, targets)| {
                let targets = targets
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(|target| join(&root, target));
                (pattern.clone(), targets.collect())
            })
            .collect();
    }
    result
}

/// What the star of the pattern stands for.
fn fit<'s>(pattern: &str, specifier: &'s str) -> Option<&'s str> {
    match pattern.split_once('*') {
        Some((before, after)) => specifier.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == specifier).then_some(""),
    }
}

fn package_name(specifier: &str) -> &str {
    let slashes = if specifier.starts_with('@') { 1 } else { 0 };
    specifier
        .match_indices('/')
        .nth(slashes)
        .map_or(specifier, |(at, _)| specifier.get(..at).unwrap_or(specifier))
}

/// The folder of a path; empty at the top.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins and takes `.` and `..` out.
fn join(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Resolver, Target};

    #[test]
    fn the_longest_alias_wins_and_extends_is_followed() {
        let manifests = BTreeMap::from([
            ("base.json".to_owned(), String::new()),
            (
                "tsconfig.base.json".to_owned(),
                r#"{"compilerOptions":{"paths":{"@/*":["./src/*"],"@/db/*":["./data/*"]}}}"#.to_owned(),
            ),
            (
                "tsconfig.json".to_owned(),
                r#"{ // kept
                "extends": "./tsconfig.base", }"#
                    .to_owned(),
            ),
        ]);
        let resolver = Resolver::new(["data/pool.ts", "src/a.ts", "src/b/index.tsx"].into_iter(), &manifests);
        assert_eq!(resolver.resolve("src/a.ts", "@/db/pool"), Target::Module(0));
        assert_eq!(resolver.resolve("src/a.ts", "@/b"), Target::Module(2));
        assert_eq!(resolver.resolve("src/b/index.tsx", "../a.js"), Target::Module(1));
        assert_eq!(
            resolver.resolve("src/a.ts", "@scope/name/deep"),
            Target::Package("@scope/name".to_owned())
        );
        assert_eq!(resolver.resolve("src/a.ts", "./style.css"), Target::Nothing);
    }
}
