//! The real `ficus`, built by cargo as the tests were.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The path of the binary. `FICUS_BINARY` names one that is there; otherwise cargo builds it, which takes a moment when it is
/// up to date: a test of this package cannot ask for a binary of another one at compile time.
///
/// # Panics
/// When it cannot be built.
pub fn ficus() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| std::env::var_os("FICUS_BINARY").map_or_else(build, PathBuf::from))
        .clone()
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // The whole workspace is selected so that dependencies have the same features as in `cargo test --workspace`.
    command.args([
        "build",
        "--workspace",
        "--bin",
        "ficus",
        "--message-format=json-render-diagnostics",
    ]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo could not build ficus:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| {
            let is_ours = message["target"]["name"] == "ficus" && message["target"]["kind"][0] == "bin";
            is_ours
                .then(|| message["executable"].as_str().map(PathBuf::from))
                .flatten()
        });
    executable.expect("cargo says where it put ficus")
}
