//! One Next.js app: which files are routes, and what they answer.

use std::collections::BTreeMap;

use super::exports::{Definition, Modules};
use super::model::{App, Configuration, Kind, Note, Route};
use super::parse::{Item, Module};
use super::reach;
use super::rules::Rules;
use super::segments::{self, Meaning};

/// The names that Next.js 16 looks for in a route file.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/// What a route file can set.
const SETTINGS: [&str; 7] = [
    "dynamic",
    "dynamicParams",
    "fetchCache",
    "maxDuration",
    "preferredRegion",
    "revalidate",
    "runtime",
];
/// Metadata files that are routes, and the path that each answers.
const METADATA: [(&str, &str); 3] = [
    ("robots", "robots.txt"),
    ("sitemap", "sitemap.xml"),
    ("manifest", "manifest.webmanifest"),
];

/// A file that stands for a pattern, before its code is looked at.
struct Candidate {
    kind: Kind,
    pattern: String,
}

/// Reads the app at `root` out of the modules of the tree.
pub(super) fn read(root: &str, paths: &[String], modules: Modules<'_>, rules: &Rules, notes: &mut Vec<Note>) -> App {
    let prefix = if root.is_empty() {
        String::new()
    } else {
        format!("{root}/")
    };
    let configuration = super::next_config::read(&prefix, modules.all, notes);
    let mut routes = Vec::new();
    let folder = |name: &str| {
        let plain = format!("{prefix}{name}/");
        if paths.iter().any(|path| path.starts_with(&plain)) {
            plain
        } else {
            format!("{prefix}src/{name}/")
        }
    };
    let (app, pages) = (folder("app"), folder("pages"));
    for path in paths {
        let candidate = match (path.strip_prefix(&app), path.strip_prefix(&pages)) {
            (Some(below), _) => in_app(path, below, &configuration, notes),
            (_, Some(below)) => in_pages(path, below, &configuration, notes),
            _ => None,
        };
        if let Some(candidate) = candidate {
            routes.push(route(path, candidate, &configuration, modules, rules, notes));
        }
    }
    routes.sort_by(|a, b| (&a.app_pattern, &a.file).cmp(&(&b.app_pattern, &b.file)));
    conflicts(&routes, notes);
    App {
        root: root.to_owned(),
        configuration,
        routes,
    }
}

fn in_app(path: &str, below: &str, configuration: &Configuration, notes: &mut Vec<Note>) -> Option<Candidate> {
    let mut folders: Vec<&str> = below.split('/').collect();
    let file = folders.pop()?;
    let (stem, extension) = file.split_once('.')?;
    let served = configuration.page_extensions.iter().any(|known| known == extension);
    let answers = match (stem, served) {
        ("route", true) => (Kind::AppRoute, None),
        ("page", true) => (Kind::Page, None),
        ("route" | "page", false) if ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"].contains(&extension) => {
            notes.push(Note::new(
                path,
                1,
                format!("is no route for Next.js: `{extension}` is not among the page extensions"),
            ));
            return None;
        }
        ("favicon", _) if extension == "ico" && folders.is_empty() => (Kind::Metadata, Some("favicon.ico")),
        _ => (Kind::Metadata, Some(metadata(stem, extension, served, &folders)?)),
    };
    if folders.iter().any(|folder| segments::intercepts(folder)) && answers.0 == Kind::AppRoute {
        notes.push(Note::new(
            path,
            1,
            "stands in an intercepting folder: whether it is reached depends on where the client comes from",
        ));
    }
    match segments::app_pattern(&folders) {
        Meaning::Private => None,
        Meaning::Invalid(reason) => {
            notes.push(Note::new(path, 1, reason));
            None
        }
        Meaning::Pattern(pattern) => {
            let pattern = answers.1.map_or_else(
                || pattern.clone(),
                |name| format!("{}/{name}", pattern.trim_end_matches('/')),
            );
            Some(Candidate {
                kind: answers.0,
                pattern,
            })
        }
    }
}

fn metadata(stem: &str, extension: &str, served: bool, folders: &[&str]) -> Option<&'static str> {
    let (_, name) = METADATA.iter().find(|(known, _)| *known == stem)?;
    let fixed = matches!(
        (stem, extension),
        ("robots", "txt") | ("sitemap", "xml") | ("manifest", "webmanifest" | "json")
    );
    let at_root = folders.iter().all(|folder| folder.starts_with('('));
    if fixed && extension == "json" {
        return at_root.then_some("manifest.json");
    }
    ((fixed || served) && (stem == "sitemap" || at_root)).then_some(name)
}

fn in_pages(path: &str, below: &str, configuration: &Configuration, notes: &mut Vec<Note>) -> Option<Candidate> {
    let mut extensions: Vec<&String> = configuration.page_extensions.iter().collect();
    extensions.sort_by_key(|extension| std::cmp::Reverse(extension.len()));
    let stem = extensions
        .iter()
        .find_map(|extension| below.strip_suffix(extension.as_str())?.strip_suffix('.'))?;
    if matches!(stem, "_app" | "_document" | "_error" | "404" | "500") {
        return None;
    }
    let kind = if stem == "api" || stem.starts_with("api/") {
        Kind::PagesApi
    } else {
        Kind::Page
    };
    match segments::pages_pattern(stem) {
        Meaning::Pattern(pattern) => Some(Candidate { kind, pattern }),
        Meaning::Invalid(reason) => {
            notes.push(Note::new(path, 1, reason));
            None
        }
        Meaning::Private => None,
    }
}

fn route(
    path: &str,
    candidate: Candidate,
    configuration: &Configuration,
    modules: Modules<'_>,
    rules: &Rules,
    notes: &mut Vec<Note>,
) -> Route {
    let Candidate {
        kind,
        pattern: app_pattern,
    } = candidate;
    let pattern = match (configuration.base_path.as_str(), app_pattern.as_str()) {
        ("", own) => own.to_owned(),
        (base, "/") => base.to_owned(),
        (base, own) => format!("{base}{own}"),
    };
    let (area, phase) = rules.area(&app_pattern);
    let mut route = Route {
        kind,
        file: path.to_owned(),
        pattern,
        app_pattern,
        area,
        phase,
        methods: Vec::new(),
        settings: BTreeMap::new(),
        call_sites: Vec::new(),
    };
    let Ok(at) = modules.all.binary_search_by(|module| module.file.as_str().cmp(path)) else {
        return route;
    };
    let Some(module) = modules.get(at) else {
        return route;
    };
    settings(module, &mut route, notes);
    match kind {
        Kind::AppRoute => app_methods(at, module, modules, rules, &mut route, notes),
        Kind::PagesApi => pages_methods(at, module, modules, rules, &mut route, notes),
        Kind::Page | Kind::Metadata => {}
    }
    route
}

fn settings(module: &Module, route: &mut Route, notes: &mut Vec<Note>) {
    for name in SETTINGS {
        let exported = module.exports.iter().find(|export| export.name == name);
        match (exported, module.constants.get(name)) {
            (Some(_), Some(value)) => {
                route.settings.insert(name.to_owned(), value.clone());
            }
            (Some(export), None) => notes.push(Note::new(
                &module.file,
                export.line,
                format!("`{name}` is not a literal"),
            )),
            (None, _) => {}
        }
    }
}

fn app_methods(
    at: usize,
    module: &Module,
    modules: Modules<'_>,
    rules: &Rules,
    route: &mut Route,
    notes: &mut Vec<Note>,
) {
    for name in METHODS {
        let line = module
            .exports
            .iter()
            .find(|export| export.name == name)
            .map(|export| export.line);
        let definition = modules.export(at, name);
        match &definition {
            Definition::Missing => {
                if let Some(line) = line {
                    notes.push(Note::new(
                        &module.file,
                        line,
                        format!("{name} is exported, but nothing of that name was found where it comes from"),
                    ));
                }
            }
            Definition::Unknown(package) => {
                let line = module.stars.first().map_or(1, |star| star.line);
                notes.push(Note::new(
                    &module.file,
                    line,
                    format!("{name} may come from `{package}`, which is outside the tree"),
                ));
            }
            Definition::Module(_) => notes.push(Note::new(
                &module.file,
                line.unwrap_or(1),
                format!("{name} is a whole module, not a function"),
            )),
            Definition::Item(id) if item(modules, *id).is_some_and(|item| item.falsy) => {}
            Definition::Item(_) | Definition::Package(_) => {
                route
                    .methods
                    .push(reach::describe(modules, name, &definition, at, rules))
            }
        }
    }
    if route.methods.is_empty() && module.notes.is_empty() {
        notes.push(Note::new(&module.file, 1, "a route file without a method"));
    }
}

fn item<'m>(modules: Modules<'m>, id: (usize, usize)) -> Option<&'m Item> {
    modules.get(id.0)?.items.get(id.1)
}

/// A handler of the Pages Router answers every method; what it compares `req.method` with says which ones it means.
fn pages_methods(
    at: usize,
    module: &Module,
    modules: Modules<'_>,
    rules: &Rules,
    route: &mut Route,
    notes: &mut Vec<Note>,
) {
    let definition = modules.export(at, "default");
    if definition == Definition::Missing {
        if module.notes.is_empty() {
            notes.push(Note::new(&module.file, 1, "an API file without a default export"));
        }
        return;
    }
    let mut names = reach::compared_methods(modules, &definition);
    if names.is_empty() {
        notes.push(Note::new(
            &module.file,
            1,
            "answers every method: the code compares none",
        ));
        names.extend(["DELETE", "GET", "PATCH", "POST", "PUT"].map(str::to_owned));
    }
    route.methods.extend(
        names
            .iter()
            .map(|name| reach::describe(modules, name, &definition, at, rules)),
    );
}

/// Two files that answer one path: Next.js refuses to build that.
fn conflicts(routes: &[Route], notes: &mut Vec<Note>) {
    let mut seen: BTreeMap<String, &Route> = BTreeMap::new();
    for route in routes {
        let shape: Vec<&str> = route
            .app_pattern
            .split('/')
            .map(|part| if part.starts_with('[') { "[]" } else { part })
            .collect();
        if let Some(other) = seen.get(&shape.join("/")) {
            // Parallel slots may all have a page for one path.
            if !(route.kind == Kind::Page && other.kind == Kind::Page) {
                notes.push(Note::new(
                    &route.file,
                    1,
                    format!("answers the same path as {}", other.file),
                ));
            }
        }
        seen.insert(shape.join("/"), route);
    }
}
