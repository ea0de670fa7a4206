//! The reader against whole trees.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Inventory, Kind, Mutates, Rules, read};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests")
}

fn inventory(below: &str) -> Inventory {
    read(&repository().join(below), &Rules::default()).unwrap()
}

fn methods(inventory: &Inventory) -> BTreeMap<String, String> {
    let routes = inventory
        .apps
        .iter()
        .flat_map(|app| &app.routes)
        .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi));
    routes
        .map(|route| {
            let names: Vec<&str> = route.methods.iter().map(|method| method.name.as_str()).collect();
            (route.pattern.clone(), names.join(" "))
        })
        .collect()
}

#[test]
fn every_style_of_export_is_followed_and_nothing_else_is_one() {
    let found = methods(&inventory("inventory/fixtures/exports"));
    let expected = BTreeMap::from(
        [
            ("/shop/_underscore", "GET"),
            ("/shop/api/const", "GET PUT"),
            ("/shop/api/const-falsy", "GET"),
            ("/shop/api/destructured/[...nextauth]", "GET POST"),
            ("/shop/api/function", "GET POST"),
            ("/shop/api/legacy", "POST"),
            ("/shop/api/nothing", "GET"),
            ("/shop/api/overload", "GET"),
            ("/shop/api/reexport", "DELETE GET PATCH"),
            ("/shop/api/renamed/[id]", "GET HEAD OPTIONS"),
            ("/shop/api/star/[[...rest]]", "PATCH PUT"),
            ("/shop/api/wrapped", "DELETE"),
            ("/shop/dash/api", "GET"),
            ("/shop/deep", "GET"),
            ("/shop/feed", "GET"),
        ]
        .map(|(pattern, methods)| (pattern.to_owned(), methods.to_owned())),
    );
    // `export *` does not take `list` for GET, so the star route has what its barrel really exports.
    assert_eq!(found, expected);
}

#[test]
fn a_file_with_an_extension_that_next_does_not_serve_is_noted() {
    let inventory = inventory("inventory/fixtures/exports");
    let note = inventory
        .notes
        .iter()
        .find(|note| note.place.file == "app/api/space/route.mjs");
    assert!(
        note.is_some_and(|note| note.message.contains("page extensions")),
        "{:?}",
        inventory.notes
    );
}

#[test]
fn a_write_counts_for_the_methods_that_reach_it_and_for_no_other() {
    let inventory = inventory("legacy");
    let routes = || inventory.apps.iter().flat_map(|app| &app.routes);
    let mutates = |pattern: &str, name: &str| {
        let route = routes().find(|route| route.pattern == pattern).unwrap();
        route
            .methods
            .iter()
            .find(|method| method.name == name)
            .unwrap()
            .mutates
            .clone()
    };
    assert_eq!(mutates("/api/health", "GET"), Mutates::No);
    assert!(matches!(mutates("/api/crm/tickets", "POST"), Mutates::Yes(_)));
    // The list asks for the session, and validating one fills blank columns of its user: a read that writes.
    assert!(matches!(mutates("/api/crm/tickets", "GET"), Mutates::Yes(place) if place.file == "lib/chat-session.ts"));
    let both = routes().any(|route| {
        let writes = route.methods.iter().map(|method| method.mutates != Mutates::No);
        writes.clone().any(|writes| writes) && writes.clone().any(|writes| !writes)
    });
    assert!(both, "some route has a method that writes and one that does not");
}

#[test]
fn call_sites_name_the_fields_that_they_read() {
    let inventory = inventory("legacy");
    let route = inventory
        .apps
        .iter()
        .flat_map(|app| &app.routes)
        .find(|route| route.pattern == "/api/crm/tickets")
        .unwrap();
    let method = route.methods.iter().find(|method| method.name == "GET").unwrap();
    assert!(method.dependencies.contains("database"));
    assert!(method.environment.contains("DATABASE_URL"));
    let site = route
        .call_sites
        .iter()
        .find(|site| site.place.file.ends_with("ticket-manager.tsx"))
        .unwrap();
    assert!(site.fields.contains("tickets"), "{site:?}");
}

#[test]
fn the_first_flag_file_of_the_legacy_app_compiles_and_has_no_drift() {
    let inventory = inventory("legacy");
    let text = super::flag_file::generate(&inventory);
    let snapshot = flags::compile(&text, &flags::Inventory::default());
    assert!(snapshot.is_ok(), "{}", snapshot.unwrap_err());
    assert_eq!(super::check::check(&text, &inventory, &Default::default()), []);
    assert_eq!(super::flag_file::update(&text, &inventory), text);
}

#[test]
fn an_update_adds_and_removes_lines_and_keeps_the_rest() {
    let inventory = inventory("inventory/fixtures/exports");
    let text = super::flag_file::generate(&inventory);
    let edited = text.replace(
        "  - route: GET /shop/feed\n    stage: legacy\n",
        "  # by hand\n  - route: GET /shop/old\n    stage: legacy # mine\n",
    ) + "# the end\n";
    let updated = super::flag_file::update(&edited, &inventory);
    assert!(updated.contains("# by hand\n") && updated.contains("# the end\n"));
    assert!(!updated.contains("/shop/old") && updated.contains("GET /shop/feed"));
    assert_eq!(super::check::check(&updated, &inventory, &Default::default()), []);
}

#[test]
fn drift_is_named_for_what_it_is() {
    let inventory = inventory("inventory/fixtures/exports");
    let text = super::flag_file::generate(&inventory)
        .replace(
            "  - route: GET /shop/feed\n    stage: legacy\n",
            "  - route: GET /shop/feed\n    stage: retired\n",
        )
        .replace("  - route: PUT /shop/api/const\n    stage: legacy\n", "")
        .replace("  - route: GET /shop/deep\n", "  - route: GET /shop/nowhere\n");
    let native = ["GET /native/only".parse().unwrap()].into();
    let said: Vec<String> = super::check::check(&text, &inventory, &native)
        .iter()
        .map(ToString::to_string)
        .collect();
    let has = |part: &str| said.iter().any(|line| line.contains(part));
    assert!(
        has("GET /shop/feed is retired, and app/feed/route.ts still has it"),
        "{said:#?}"
    );
    assert!(has("PUT /shop/api/const is a new method of a known route"), "{said:#?}");
    assert!(has("GET /shop/deep is new"), "{said:#?}");
    assert!(has("GET /shop/nowhere is flagged, but exists neither"), "{said:#?}");
    assert!(
        has("GET /native/only has a native handler and no legacy route"),
        "{said:#?}"
    );
    assert_eq!(said.len(), 5, "{said:#?}");
}

#[test]
fn bad_syntax_costs_one_file_only() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("good", "export const GET = () => new Response();"),
        ("bad", "export const GET = ((;"),
    ] {
        let route = folder.path().join("app/api").join(name);
        std::fs::create_dir_all(&route).unwrap();
        std::fs::write(route.join("route.ts"), text).unwrap();
    }
    let inventory = read(folder.path(), &Rules::default()).unwrap();
    assert_eq!(methods(&inventory).get("/api/good").map(String::as_str), Some("GET"));
    assert_eq!(methods(&inventory).get("/api/bad").map(String::as_str), Some(""));
    assert!(
        inventory
            .notes
            .iter()
            .any(|note| note.place.file == "app/api/bad/route.ts" && note.message.contains("does not parse"))
    );
}

#[test]
fn a_monorepo_is_read_app_by_app_and_packages_are_followed() {
    let inventory = inventory("inventory/fixtures/monorepo");
    let roots: Vec<&str> = inventory.apps.iter().map(|app| app.root.as_str()).collect();
    assert_eq!(roots, ["apps/admin", "apps/web"]);
    let found = methods(&inventory);
    assert_eq!(found.get("/api/items/[id]").map(String::as_str), Some("DELETE GET"));
    assert_eq!(found.get("/admin/api/users").map(String::as_str), Some(""));
    let route = inventory.apps[1]
        .routes
        .iter()
        .find(|route| route.app_pattern == "/api/items/[id]")
        .unwrap();
    let method = |name: &str| route.methods.iter().find(|method| method.name == name).unwrap();
    assert_eq!(
        method("DELETE").defined.as_ref().unwrap().to_string(),
        "packages/shared/src/store.ts:4"
    );
    assert!(matches!(method("DELETE").mutates, Mutates::Yes(_)));
    assert_eq!(method("GET").mutates, Mutates::No);
    assert!(method("DELETE").environment.contains("ITEM_ID") && !method("GET").environment.contains("ITEM_ID"));
    assert_eq!(route.settings.get("runtime"), Some(&"nodejs".into()));
    assert_eq!(
        inventory.apps[1].configuration.matcher,
        Some(serde_json::json!(["/api/:path*"]))
    );
    let said = |file: &str, part: &str| {
        inventory
            .notes
            .iter()
            .any(|note| note.place.file == file && note.message.contains(part))
    };
    assert!(said(
        "apps/admin/app/api/users/route.ts",
        "may come from `some-package`"
    ));
    assert!(said("apps/admin/next.config.js", "computed"));
    assert!(said("apps/web/src/pages/api/any.ts", "answers every method"));
}

#[test]
fn a_setting_that_is_computed_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let route = folder.path().join("app/api/slow");
    std::fs::create_dir_all(&route).unwrap();
    let text = "export const GET = () => new Response();\nexport const maxDuration = 2 * 30;\n";
    std::fs::write(route.join("route.ts"), text).unwrap();
    let inventory = read(folder.path(), &Rules::default()).unwrap();
    let noted = |note: &super::Note| note.place.line == 2 && note.message.contains("`maxDuration` is not a literal");
    assert!(inventory.notes.iter().any(noted), "{:?}", inventory.notes);
}

#[test]
fn two_thousand_routes_are_all_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: String, text: String| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for at in 0..100 {
        write(
            format!("lib/service{at}.ts"),
            format!(
                "import {{ db }} from \"./service{}\";\nexport const run = (id: string) => db.item.update({{ id }});\nexport {{ db }};\n",
                (at + 1) % 100
            ),
        );
    }
    for at in 0..2_000 {
        write(
            format!("app/api/area{}/item{at}/[id]/route.ts", at % 40),
            format!(
                "import {{ run }} from \"../../../../../lib/service{}\";\n\
                 export async function GET(request: Request) {{ return Response.json(await run(request.url)); }}\n\
                 export const POST = async () => Response.json(await fetch(`/api/area1/item${{1}}/x`));\n",
                at % 100
            ),
        );
    }
    let inventory = read(folder.path(), &Rules::default()).unwrap();
    let found = methods(&inventory);
    assert_eq!(found.len(), 2_000);
    assert!(found.values().all(|methods| methods == "GET POST"));
}

#[test]
fn no_cell_of_the_tracker_is_a_formula() {
    let inventory = inventory("inventory/fixtures/exports");
    let native = Default::default();
    let known = super::tracker::Known {
        flags_text: "",
        native: &native,
        evidence: None,
    };
    let mut rows = super::tracker::rows(&inventory, &Rules::default(), known);
    for (row, text) in rows
        .iter_mut()
        .zip(["=1+1", " =1+1", "\t@SUM(A1)", "-2", "\u{ff1d}1", "a, \"b\""])
    {
        text.clone_into(&mut row.owner);
    }
    let csv = super::tracker::csv(&rows);
    for cell in [
        "'=1+1,",
        "' =1+1,",
        "'\t@SUM(A1),",
        "'-2,",
        "'\u{ff1d}1,",
        "\"a, \"\"b\"\"\",",
    ] {
        assert!(csv.contains(&format!(",{cell}")), "{cell} is not in\n{csv}");
    }
}

#[test]
fn readiness_comes_from_the_handlers_and_the_comparisons() {
    use super::tracker::{Evidence, Known, rows};

    let inventory = inventory("inventory/fixtures/exports");
    let native = ["GET /shop/feed", "GET /shop/deep", "PUT /shop/api/const"]
        .map(|key| key.parse().unwrap())
        .into();
    let evidence = BTreeMap::from([
        (
            "GET /shop/feed".to_owned(),
            Evidence {
                matched: 7,
                mismatched: 0,
            },
        ),
        (
            "GET /shop/deep".to_owned(),
            Evidence {
                matched: 7,
                mismatched: 1,
            },
        ),
    ]);
    let known = Known {
        flags_text: "",
        native: &native,
        evidence: Some(&evidence),
    };
    let rows = rows(&inventory, &Rules::default(), known);
    let of = |route: &str| rows.iter().find(|row| row.route == route).unwrap().readiness.clone();
    assert_eq!(of("GET /shop/feed"), "7 equal");
    assert_eq!(of("GET /shop/deep"), "1 of 8 differ");
    assert_eq!(of("PUT /shop/api/const"), "not compared");
    assert_eq!(of("GET /shop/api/const"), "no handler");
}

#[test]
fn fields_are_seen_through_promises_hooks_and_clients() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "app/api/items/[id]/route.ts",
        "export const GET = () => new Response();",
    );
    write(
        "components/list.tsx",
        "export function List({ id }) {\n\
         fetch(`/api/items/${id}`).then((response) => response.json()).then((body) => show(body.first, body.second));\n\
         const { data } = useSWR(id ? `/api/items/${id}` : null, get); data?.third;\n\
         const { data: item } = useQuery({ queryKey: [`/api/items/${id}`] }); item.fourth;\n\
         axios.get(\"/api/items/\" + id).then(({ data }) => data.fifth);\n}\n",
    );
    let inventory = read(folder.path(), &Rules::default()).unwrap();
    let sites = &inventory.apps[0].routes[0].call_sites;
    let fields: Vec<Vec<&str>> = sites
        .iter()
        .map(|site| site.fields.iter().map(String::as_str).collect())
        .collect();
    assert_eq!(
        fields,
        [vec!["first", "second"], vec!["third"], vec!["fourth"], vec!["fifth"]],
        "{sites:#?}"
    );
}
