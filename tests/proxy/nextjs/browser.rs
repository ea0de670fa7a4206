//! A headless Chromium that visits the site, by `tests/nextjs/browser/visit.mjs`.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::site::{Mode, Site};

/// What is needed to install the browser, and the script it is driven by.
const FILES: [&str; 4] = [".npmrc", "package.json", "package-lock.json", "visit.mjs"];
/// How long installing it may take, once, on a slow line.
const INSTALL: Duration = Duration::from_secs(600);
/// How long a visit may take on a busy machine.
const VISIT: Duration = Duration::from_secs(300);

/// What a browser sees when it visits `origin`, step by step.
pub(super) async fn visit(site: &Site, mode: Mode, origin: &str) -> String {
    let home = installed().await;
    let mut node = Command::new("node");
    let mode = match mode {
        Mode::Production => "start",
        Mode::Development => "dev",
    };
    node.arg("visit.mjs")
        .args([origin, mode])
        .arg(site.source("app/about/page.tsx"))
        // The browser is unpacked there, once for this version of it.
        .env("TMPDIR", &home)
        .current_dir(&home);
    run("the visit", node, VISIT).await
}

/// The directory with the browser, which npm brings when it is not there yet.
async fn installed() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("nextjs/browser");
    let mut hasher = DefaultHasher::new();
    for file in FILES {
        std::fs::read(source.join(file)).unwrap().hash(&mut hasher);
    }
    let workshop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ficus");
    let home = workshop.join(format!("browser-{:016x}", hasher.finish()));
    std::fs::create_dir_all(&home).unwrap();
    let home = home.canonicalize().unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    // Another process may be at it; held until this function returns.
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .unwrap()
        .unwrap();
    let complete = home.join("complete");
    if !complete.exists() {
        for file in FILES {
            std::fs::copy(source.join(file), home.join(file)).unwrap();
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&home);
        run("npm ci", npm, INSTALL).await;
        std::fs::write(complete, "").unwrap();
    }
    drop(lock);
    home
}

async fn run(what: &str, mut command: Command, deadline: Duration) -> String {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(deadline, running)
        .await
        .unwrap_or_else(|_| panic!("{what} does not end"))
        .unwrap_or_else(|error| panic!("{what}: {error}; Node.js 20.9 or newer with npm is needed"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} failed:\n{said}\n{complained}");
    said
}
