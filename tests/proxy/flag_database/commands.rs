//! The command line on flags in PostgreSQL: the same commands as on a file.

use std::path::{Path, PathBuf};
use std::process::Output;

use test_support::database::{Cluster, Database};

/// A configuration with flags in a database of its own.
struct Desk {
    _database: Database,
    home: tempfile::TempDir,
}

async fn desk() -> Desk {
    let database = Cluster::shared().await.empty_database().await;
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "legacy: {{ url: \"http://127.0.0.1:1\" }}\nflags: {{ source: postgres }}\nstore: {{ url: \"{}\" }}\n",
        database.url
    );
    std::fs::write(home.path().join("ficus.yaml"), text).unwrap();
    Desk {
        _database: database,
        home,
    }
}

impl Desk {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Exit code, standard output, standard error.
    fn ficus(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = run(self.home.path(), arguments);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    std::process::Command::new(harness::ficus())
        .args(arguments)
        .current_dir(home)
        .env("USER", "ana")
        .env_remove("FICUS_CONFIG")
        .env_remove("FICUS_FLAGS")
        .env_remove("FICUS_STORE")
        .output()
        .unwrap()
}

const FLAGS: &str = "version: 1\nroutes:\n  - route: GET /api/health\n    stage: legacy   # since Monday\n";

#[tokio::test]
async fn the_same_commands_work_as_on_a_file() {
    let desk = desk().await;
    let (code, empty, _) = desk.ficus(&["flags", "pull"]);
    assert_eq!(
        (code, empty.as_str()),
        (Some(0), "version: 1\n"),
        "nothing is published"
    );
    let file = desk.file("new.yaml", FLAGS);
    let push = |file: &Path, expected: &str| {
        desk.ficus(&[
            "flags",
            "push",
            file.to_str().unwrap(),
            "--expect",
            expected,
            "--reason",
            "a test",
        ])
    };
    let none = flags::version_of("version: 1\n");
    let (code, _, said) = push(&file, &none);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&flags::version_of(FLAGS)), "{said}");
    let (code, _, said) = push(&file, &none);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("exactly this text already"), "{said}");
    let other = desk.file("other.yaml", "version: 1\n# other\n");
    let (code, _, said) = push(&other, &none);
    assert!(
        code == Some(2) && said.contains("somebody else has changed them"),
        "{said}"
    );
    let broken = desk.file("broken.yaml", &FLAGS.replace("legacy", "legcy"));
    let (code, _, said) = push(&broken, &flags::version_of(FLAGS));
    assert!(code == Some(2) && said.contains("did you mean `legacy`?"), "{said}");
    let promoted = desk.ficus(&["promote", "GET /api/health", "--to", "shadow", "--reason", "first look"]);
    assert_eq!(promoted.0, Some(0), "{}", promoted.2);
    let (_, text, said) = desk.ficus(&["flags", "pull"]);
    assert_eq!(text, FLAGS.replace("stage: legacy", "stage: shadow"));
    assert!(said.contains(&flags::version_of(&text)), "{said}");
    let (_, listed, _) = desk.ficus(&["routes"]);
    assert!(
        listed.contains("GET /api/health") && listed.contains("shadow"),
        "{listed}"
    );
    let (_, explained, _) = desk.ficus(&["explain", "GET", "/api/health"]);
    assert!(
        explained.contains("shadow") && explained.contains("published flags"),
        "{explained}"
    );
    let (code, _, said) = desk.ficus(&["rollback", "--to-version", "1", "--reason", "back"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(desk.ficus(&["flags", "pull"]).1, FLAGS);
    let (code, verified, _) = desk.ficus(&["audit", "--verify"]);
    assert_eq!(code, Some(0));
    assert!(verified.starts_with("3 rows, whole"), "{verified}");
    let (code, _, said) = desk.ficus(&["kill", "GET /api/health"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(desk.home.path().join("flags.cache.yaml.kill").exists());
    assert!(desk.ficus(&["routes"]).1.contains("(killed)"));
}

#[tokio::test]
async fn a_check_needs_no_database_and_a_wrong_store_is_named() {
    let desk = desk().await;
    desk.file(
        "ficus.yaml",
        "legacy: { url: \"http://127.0.0.1:1\" }\nflags: { source: postgres }\nstore: { url: \"postgres://a@127.0.0.1:1/b\" }\n",
    );
    assert_eq!(desk.ficus(&["check"]).0, Some(0));
    let (code, _, said) = desk.ficus(&["flags", "pull", "--store", "sqlite:x.db"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("the flags are in PostgreSQL"), "{said}");
}
