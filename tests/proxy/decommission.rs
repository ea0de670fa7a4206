//! Decommission on a copy of the legacy app: Git takes the patch, every file still parses, and Next.js still builds it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proxy::decommission::{Ask, Plan, Said, plan};
use proxy::inventory::{self, Inventory, Rules};
use proxy::provision::Progress;
use proxy::provision::legacy::{self, NextTree};

/// A whole file with a module that only it uses, and one method of a file that keeps others.
const WHOLE: &str = "GET /api/admin/system-stats";
const PART: &str = "POST /api/crm/tickets";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if ["node_modules", ".next"].iter().any(|left| name == *left) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

fn planned(root: &Path, routes: &[&str], quiet: Option<u32>) -> Plan {
    let wanted: BTreeMap<String, String> = routes
        .iter()
        .map(|route| ((*route).to_owned(), "retired".to_owned()))
        .collect();
    plan(&Ask {
        root,
        rules: &Rules::default(),
        wanted: &wanted,
        traffic: &Said(quiet),
        quiet_for: 14,
        old_hosts: &["legacy.example".to_owned()],
    })
    .unwrap()
}

fn apply(root: &Path, patch: &str) {
    let file = root.join("removal.patch");
    std::fs::write(&file, patch).unwrap();
    let done = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "removal.patch"])
        .current_dir(root)
        // A repository around the temporary folder is not asked.
        .env("GIT_CEILING_DIRECTORIES", root.parent().unwrap())
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}\n{patch}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::remove_file(file).unwrap();
}

fn routes(inventory: &Inventory) -> Vec<String> {
    let routes = inventory.apps.iter().flat_map(|app| &app.routes);
    routes
        .flat_map(|route| {
            route
                .methods
                .iter()
                .map(move |method| format!("{} {}", method.name, route.pattern))
        })
        .collect()
}

#[tokio::test]
async fn the_patch_takes_routes_out_of_the_legacy_app_and_it_still_builds() {
    let folder = tempfile::tempdir().unwrap();
    let root: PathBuf = folder.path().join("legacy");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("legacy"), &root);
    let before = inventory::read(&root, &Rules::default()).unwrap();
    let plan = planned(&root, &[WHOLE, PART], Some(20));
    assert!(plan.ready(), "{:#?}", plan.checks);
    assert!(
        plan.files.contains("app/api/admin/system-stats/route.ts"),
        "{:?}",
        plan.files
    );
    assert!(
        plan.exports.contains_key("app/api/crm/tickets/route.ts"),
        "{:?}",
        plan.exports
    );
    assert_eq!(plan.by_hand, Vec::<String>::new());

    apply(&root, &plan.patch);
    let after = inventory::read(&root, &Rules::default()).unwrap();
    let mut expected = routes(&before);
    expected.retain(|route| route != WHOLE && route != PART);
    assert_eq!(routes(&after), expected);
    assert_eq!(
        after.notes, before.notes,
        "every file still parses, every import still leads somewhere"
    );
    for name in &plan.environment {
        assert!(!after.environment.contains_key(name), "{name} is still read");
    }
    let tree = NextTree {
        name: "decommissioned".to_owned(),
        source: root,
        apps: vec![String::new()],
        packages: None,
        workspaces: Vec::new(),
    };
    legacy::prepare_tree(&tree, &Progress::silent()).await.unwrap();
}

#[test]
fn what_does_not_hold_is_said_and_shared_code_stays() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "app/api/items/route.ts",
        "import { read } from \"../../../lib/shared\";\nimport { send } from \"../../../lib/mail\";\n\n\
         export const GET = () => read();\n\n// Sends.\nexport async function POST() {\n  return send();\n}\n",
    );
    write(
        "lib/shared.ts",
        "export const read = () => new Response(process.env.SHARED);\n",
    );
    write(
        "lib/mail.ts",
        "import { key } from \"./key\";\nexport const send = () => new Response(key);\n",
    );
    write("lib/key.ts", "export const key = process.env.MAIL_KEY;\n");
    write(
        "components/form.tsx",
        "export const url = \"https://legacy.example/api/items\";\n",
    );
    let plan = planned(folder.path(), &["POST /api/items", "GET /api/none"], None);
    let failed: Vec<&str> = plan
        .checks
        .iter()
        .filter(|check| !check.holds)
        .map(|check| check.what.as_str())
        .collect();
    assert_eq!(
        failed,
        [
            "legacy has not answered GET /api/none for 14 days",
            "legacy has not answered POST /api/items for 14 days",
            "GET /api/none is in the tree",
            "nothing names legacy.example",
        ]
    );
    let files: Vec<&str> = plan.files.iter().map(String::as_str).collect();
    assert_eq!(files, ["lib/key.ts", "lib/mail.ts"]);
    assert_eq!(plan.environment.iter().collect::<Vec<_>>(), ["MAIL_KEY"]);
    apply(folder.path(), &plan.patch);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("app/api/items/route.ts")).unwrap(),
        "import { read } from \"../../../lib/shared\";\n\nexport const GET = () => read();\n"
    );
    assert!(!folder.path().join("lib/mail.ts").exists() && folder.path().join("lib/shared.ts").exists());
}
