//! Stock clients of the front-end from npm, driven by small scripts in `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

/// The files that decide which packages are installed.
const MANIFEST: [&str; 3] = [".npmrc", "package-lock.json", "package.json"];

/// Starts a script of `tests/clients` with `input` as its standard input; its standard output is piped.
///
/// # Panics
/// When Node.js is missing or the packages cannot be installed.
pub async fn start(script: &str, input: &str) -> Child {
    static PACKAGES: OnceCell<PathBuf> = OnceCell::const_new();
    let packages = PACKAGES.get_or_init(install).await;
    // Packages are looked for beside the script.
    let copy = packages.join(script);
    let draft = packages.join(format!(".{script}.{}", std::process::id()));
    std::fs::copy(sources().join(script), &draft)
        .and_then(|_| std::fs::rename(&draft, &copy))
        .expect("the script can be copied");
    let mut child = Command::new("node")
        .arg(copy)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("these tests need Node.js 20.9 or newer on the PATH");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    stdin
        .write_all(input.as_bytes())
        .await
        .expect("the script reads its input");
    child
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Installs the packages once for each state of the manifest, outside of the source tree. Processes that come at once each install,
/// and the first one's folder stays.
async fn install() -> PathBuf {
    let read = |name: &&str| std::fs::read_to_string(sources().join(name)).expect("the manifest can be read");
    let state = flags::version_of(&MANIFEST.iter().map(read).collect::<String>());
    let workshop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ficus");
    let home = workshop.join(format!("clients-{state}"));
    if home.exists() {
        return home;
    }
    std::fs::create_dir_all(&workshop).expect("a folder can be made");
    let draft = tempfile::Builder::new()
        .prefix("clients-draft-")
        .tempdir_in(&workshop)
        .expect("a folder can be made");
    for name in MANIFEST {
        std::fs::copy(sources().join(name), draft.path().join(name)).expect("the manifest can be copied");
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(draft.path())
        .status()
        .await
        .expect("these tests need npm on the PATH");
    assert!(installed.success(), "npm ci failed in tests/clients");
    // Somebody else may have been quicker, with the same packages.
    let _ = std::fs::rename(draft.path(), &home);
    assert!(home.join("node_modules").exists(), "the packages are installed");
    home
}
