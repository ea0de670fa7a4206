//! Node.js and npm: found, or named in one line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::{ProvisionError, command};

/// What Next.js 16 asks for.
const OLDEST: (u32, u32) = (20, 9);
const REMEDY: &str = "install Node.js 20.9 or newer with npm";

/// `node`, if it is new enough.
pub(super) async fn node() -> Result<PathBuf, ProvisionError> {
    let node = on_path("node").ok_or_else(|| ProvisionError::missing("Node.js is not installed", REMEDY))?;
    let mut ask = Command::new(&node);
    ask.arg("--version");
    let version = command::run("node --version", ask, Duration::from_secs(30)).await?;
    if parsed(&version) < OLDEST {
        return Err(ProvisionError::missing(
            format!("Node.js {} is too old", version.trim()),
            REMEDY,
        ));
    }
    Ok(node)
}

/// `npm`.
pub(super) fn npm() -> Result<PathBuf, ProvisionError> {
    on_path("npm").ok_or_else(|| ProvisionError::missing("npm is not installed", REMEDY))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Major and minor of `v20.20.2`; zeros for anything else.
fn parsed(version: &str) -> (u32, u32) {
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_node_prints_them() {
        assert_eq!(parsed("v20.20.2\n"), (20, 20));
        assert!(parsed("v18.19.0") < OLDEST);
        assert!(parsed("garbage") < OLDEST);
    }
}
