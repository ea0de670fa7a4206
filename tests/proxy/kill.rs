//! The kill switch: at every stage, by name, by file and by signal, while everything else is broken.

use harness::{Client, FicusProcess, TestProxy};
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing;

fn flags(stage: &str) -> String {
    let canary = if stage == "canary" {
        ", canary: { share: 100%, subject: [ip] }"
    } else {
        ""
    };
    format!(
        "version: 1
groups: {{ health: {{ stage: {stage}{canary} }} }}
routes:
  - {{ route: GET /api/health, group: health }}
  - {{ route: GET /api/tests/reading, stage: native }}
"
    )
}

async fn stage(flags: &str) -> (FakeLegacy, Database, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(flags)
        .spawn()
        .await;
    (legacy, database, proxy)
}

async fn reason(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    let header = |name| answer.header(name).unwrap_or_default().to_owned();
    format!("{} {}", header("x-ficus-served-by"), header("x-ficus-reason"))
}

async fn until(proxy: &TestProxy, path: &str, wanted: &str) {
    let client = proxy.client();
    eventually(wanted, || async {
        (reason(&client, path).await == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn it_works_at_every_stage_and_a_retired_route_needs_its_own_name() {
    let (_legacy, _database, proxy) = stage(&flags("legacy")).await;
    for (stage, before, everything, group, route) in [
        (
            "legacy",
            "legacy stage",
            "legacy killed",
            "legacy killed",
            "legacy killed",
        ),
        (
            "shadow",
            "legacy stage",
            "legacy killed",
            "legacy killed",
            "legacy killed",
        ),
        (
            "canary",
            "native share",
            "legacy killed",
            "legacy killed",
            "legacy killed",
        ),
        (
            "native",
            "native stage",
            "legacy killed",
            "legacy killed",
            "legacy killed",
        ),
        (
            "retired",
            "native stage",
            "native stage",
            "native stage",
            "legacy killed",
        ),
    ] {
        proxy.set_flags(&flags(stage));
        until(&proxy, "/api/health", before).await;
        for (text, expected) in [("", everything), ("health\n", group), ("GET /api/health\n", route)] {
            std::fs::write(proxy.kill_file(), text).unwrap();
            let neighbour = if text.is_empty() {
                "legacy killed"
            } else {
                "native stage"
            };
            until(&proxy, "/api/tests/reading", neighbour).await;
            until(&proxy, "/api/health", expected).await;
        }
        std::fs::remove_file(proxy.kill_file()).unwrap();
        until(&proxy, "/api/health", before).await;
    }
}

#[tokio::test]
async fn it_works_with_a_broken_flag_file_and_holds_over_a_reload() {
    let (_legacy, _database, proxy) = stage(&flags("native")).await;
    proxy.set_flags("version: 1\nroutes: [");
    proxy.until_counted("ficus_flags_stale 1").await;
    std::fs::write(proxy.kill_file(), "health\n").unwrap();
    until(&proxy, "/api/health", "legacy killed").await;
    std::fs::remove_file(proxy.flag_file()).unwrap();
    std::fs::write(proxy.kill_file(), "").unwrap();
    until(&proxy, "/api/tests/reading", "legacy killed").await;
    proxy.set_flags(&flags("native"));
    proxy.until_counted("ficus_flags_stale 0").await;
    proxy.until_counted("ficus_flags_killed 1").await;
    assert_eq!(reason(&proxy.client(), "/api/health").await, "legacy killed");
    assert_eq!(reason(&proxy.client(), "/page").await, "legacy killed");
}

#[tokio::test]
async fn a_signal_turns_it_and_a_start_obeys_the_file() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("flags.yaml");
    std::fs::write(
        &file,
        "version: 1\nroutes:\n  - { route: GET /api/health, stage: native }\n",
    )
    .unwrap();
    let process = FicusProcess::start(&legacy.url(), Some(&file)).await;
    let client = Client::of_origin(process.origin());
    // Native handlers are off without a database: the reason says what the flags wanted.
    assert_eq!(reason(&client, "/api/health").await, "legacy fallback");
    for (signal, expected) in [("USR1", "legacy killed"), ("HUP", "legacy fallback")] {
        process.signal(signal).await;
        eventually(signal, || async {
            (reason(&client, "/api/health").await == expected).then_some(())
        })
        .await;
    }
    drop(process);
    // Everything is killed and the flag file is broken: Ficus starts all the same, and legacy answers from the first request.
    std::fs::write(&file, "version: 7\n").unwrap();
    std::fs::write(proxy::kill_file::path_beside(&file), "").unwrap();
    let process = FicusProcess::start(&legacy.url(), Some(&file)).await;
    let client = Client::of_origin(process.origin());
    assert_eq!(reason(&client, "/api/health").await, "legacy killed");
}

/// Runs the real binary; its exit code and what it printed.
fn ficus(arguments: &[&str], flags: &std::path::Path) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(harness::ficus())
        .args(arguments)
        .arg("--flags")
        .arg(flags)
        .env_remove("FICUS_CONFIG")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_line_writes_the_kill_file() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("flags.yaml");
    let kill_file = proxy::kill_file::path_beside(&file);
    // There is no flag file, and it is not needed.
    let (code, out, _) = ficus(&["kill", "auth", "GET /api/health"], &file);
    assert_eq!((code, out.as_str()), (Some(0), "auth\nGET /api/health\n"));
    assert_eq!(std::fs::read_to_string(&kill_file).unwrap(), out);
    std::fs::write(
        &file,
        "version: 1\nroutes:\n  - { route: GET /api/health, stage: native }\n",
    )
    .unwrap();
    let (code, out, said) = ficus(&["kill"], &file);
    assert_eq!((code, out.as_str()), (Some(0), "*\nauth\nGET /api/health\n"));
    assert!(
        said.contains("no route and no group of the flag file is called `auth`"),
        "{said}"
    );
    let (_, explained, _) = ficus(&["explain", "GET", "/api/health"], &file);
    assert!(explained.contains("the kill switch is on"), "{explained}");
    let (_, listed, _) = ficus(&["routes"], &file);
    assert!(listed.contains("native (killed)"), "{listed}");
    let (code, out, _) = ficus(&["revive", "*"], &file);
    assert_eq!((code, out.as_str()), (Some(0), "auth\nGET /api/health\n"));
    assert_eq!(ficus(&["revive", "nobody"], &file).0, Some(1));
    assert_eq!(ficus(&["kill", "GET/api"], &file).0, Some(2));
    let (code, out, _) = ficus(&["revive"], &file);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert!(!kill_file.exists());
}
