//! The inventory against Next.js itself: the routes that `next build` lists, and the methods that the running server answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Method;
use proxy::inventory::{self, App, Inventory, Kind, Note, Route, Rules};
use proxy::provision::Progress;
use proxy::provision::legacy::{self, LegacyApp, NextTree, Settings};

/// What Next.js adds to every app by itself.
const OWN: [&str; 4] = ["/_not-found", "/_global-error", "/404", "/500"];
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn fixture(name: &str, apps: &[&str]) -> NextTree {
    let folder = tests().join("inventory/fixtures");
    let packages = folder.join(format!("{name}.packages"));
    NextTree {
        name: name.to_owned(),
        source: folder.join(name),
        apps: apps.iter().map(|&app| app.to_owned()).collect(),
        packages: packages.exists().then_some(packages),
        workspaces: Vec::new(),
    }
}

/// What `next build` says it built, both routers together.
fn listed_by_next(app: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(app.join(".next/routes-manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    ["staticRoutes", "dynamicRoutes"]
        .iter()
        .flat_map(|list| manifest[*list].as_array().unwrap())
        .map(|route| route["page"].as_str().unwrap().to_owned())
        .filter(|page| !OWN.contains(&page.as_str()))
        .collect()
}

fn app<'i>(inventory: &'i Inventory, root: &str) -> &'i App {
    inventory.apps.iter().find(|app| app.root == root).unwrap()
}

/// A path that the pattern fits.
fn path(pattern: &str) -> String {
    let segments = pattern.split('/').map(|segment| match segment {
        optional if optional.starts_with("[[...") => "",
        rest if rest.starts_with("[...") => "one/two",
        parameter if parameter.starts_with('[') => "one",
        word => word,
    });
    let path = segments.collect::<Vec<_>>().join("/");
    path.trim_end_matches('/').to_owned()
}

/// The methods that a running server has for a route: those of `Allow`, or, where the route answers OPTIONS itself, those that
/// are not refused with 405.
async fn answered(client: &reqwest::Client, origin: &str, route: &Route) -> BTreeSet<String> {
    let url = format!("{origin}{}", path(&route.pattern));
    let own_options = route.methods.iter().any(|method| method.name == "OPTIONS");
    if route.kind == Kind::AppRoute && !own_options {
        let response = client.request(Method::OPTIONS, &url).send().await.unwrap();
        let allow = response.headers().get("allow").map(|value| value.to_str().unwrap());
        let allow = allow.unwrap_or_else(|| panic!("OPTIONS {url} has no Allow: {}", response.status()));
        return allow.split(',').map(|name| name.trim().to_owned()).collect();
    }
    let mut names = BTreeSet::new();
    for method in METHODS {
        let response = client.request(method.clone(), &url).send().await.unwrap();
        if response.status() != 405 {
            names.insert(method.to_string());
        }
    }
    names
}

/// What the inventory says that the server should answer. Next.js answers HEAD where there is GET, and OPTIONS everywhere.
fn expected(route: &Route) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = route.methods.iter().map(|method| method.name.clone()).collect();
    if route.kind == Kind::AppRoute {
        names.insert("OPTIONS".to_owned());
        if names.contains("GET") {
            names.insert("HEAD".to_owned());
        }
    }
    names
}

/// Whether the inventory says that it could not decide about the methods of this file.
fn undecided(notes: &[Note], route: &Route) -> bool {
    notes.iter().any(|note| {
        note.place.file == route.file
            && (note.message.contains("may come from") || note.message.starts_with("answers every method"))
    })
}

async fn compare_methods(inventory: &Inventory, app: &App, origin: &str) {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut different = BTreeMap::new();
    let routes = app
        .routes
        .iter()
        .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi));
    for route in routes {
        let (said, real) = (expected(route), answered(&client, origin, route).await);
        let fits = if undecided(&inventory.notes, route) {
            said.is_subset(&real) || real.is_subset(&said)
        } else {
            said == real
        };
        if !fits {
            different.insert(route.pattern.clone(), (said, real));
        }
    }
    assert!(different.is_empty(), "said, and really answered: {different:#?}");
}

/// Builds the tree, compares the routes of each app with Next.js's list, and the methods with the running server.
async fn agrees_with_next(tree: &NextTree) {
    let built = legacy::prepare_tree(tree, &Progress::silent()).await.unwrap();
    let inventory = inventory::read(&tree.source, &Rules::default()).unwrap();
    for root in &tree.apps {
        let app = app(&inventory, root);
        let found: BTreeSet<String> = app.routes.iter().map(|route| route.app_pattern.clone()).collect();
        assert_eq!(
            found,
            listed_by_next(&built.join(root)),
            "the routes of {}/{root}",
            tree.name
        );
        let server = LegacyApp::start_built(built.clone(), root, Settings::default())
            .await
            .unwrap();
        compare_methods(&inventory, app, &server.url()).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn every_style_of_export_is_what_next_makes_of_it() {
    agrees_with_next(&fixture("exports", &[""])).await;
}

#[tokio::test]
async fn both_routers_with_languages_slots_and_a_proxy_are_what_next_makes_of_them() {
    agrees_with_next(&fixture("crossroads", &[""])).await;
}

#[tokio::test]
async fn both_apps_of_a_monorepo_are_what_next_makes_of_them() {
    let mut tree = fixture("monorepo", &["apps/admin", "apps/web"]);
    tree.workspaces = vec![("@acme/shared".to_owned(), "packages/shared".to_owned())];
    agrees_with_next(&tree).await;
}

#[tokio::test]
async fn the_legacy_app_is_what_next_makes_of_it() {
    let built = legacy::prepare(&Progress::silent()).await.unwrap();
    let inventory = inventory::read(&tests().join("legacy"), &Rules::default()).unwrap();
    let app = app(&inventory, "");
    let found: BTreeSet<String> = app.routes.iter().map(|route| route.app_pattern.clone()).collect();
    assert_eq!(found, listed_by_next(&built));
    let server = LegacyApp::start_built(built, "", Settings::default()).await.unwrap();
    compare_methods(&inventory, app, &server.url()).await;
    server.stop().await;
}
