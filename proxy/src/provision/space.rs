//! Throw-away directories: on a file system in memory when there is one with room, named after their owner, and swept when the
//! owner is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::Command;

use super::{ProvisionError, command};

/// Linux's file system in memory.
const MEMORY: &str = "/dev/shm";

/// What a file system in memory must have free to be chosen. Containers often have 64 MiB there, a cluster needs more.
const ROOM_KIB: u64 = 768 * 1024;

/// What our directories are called: this, the process number of the owner, a count.
const PREFIX: &str = "ficus-postgres-";

/// Parent directories to try, the best one first.
pub(super) async fn places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    if free_kib(Path::new(MEMORY)).await.is_some_and(|free| free >= ROOM_KIB) {
        places.push(PathBuf::from(MEMORY));
    }
    places.push(std::env::temp_dir());
    places
}

async fn free_kib(directory: &Path) -> Option<u64> {
    let mut df = Command::new("df");
    df.arg("-Pk").arg(directory);
    let table = command::run("df", df, Duration::from_secs(10)).await.ok()?;
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// Makes a directory in `place` that only its owner can enter.
pub(super) fn create(place: &Path) -> Result<PathBuf, ProvisionError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "{PREFIX}{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let directory = place.join(name);
    let failed = || ProvisionError::io(format!("cannot make {}", directory.display()));
    fs::create_dir(&directory).map_err(failed())?;
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).map_err(failed())?;
    Ok(directory)
}

/// Removes what dead owners left, which happens only when their supervisor was killed as well. What cannot be removed belongs to
/// somebody else and stays.
pub(super) async fn sweep() {
    for place in [PathBuf::from(MEMORY), std::env::temp_dir()] {
        let Ok(entries) = fs::read_dir(&place) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(owner) = path.file_name().and_then(|name| owner_of(&name.to_string_lossy())) else {
                continue;
            };
            if !is_alive(owner).await {
                stop_orphan(&path).await;
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

/// The process number in a directory's name.
fn owner_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

/// Asks `ps`, because a signal to somebody else's process is refused even when it lives.
async fn is_alive(process: u32) -> bool {
    if Path::new("/proc/self").exists() {
        return Path::new("/proc").join(process.to_string()).exists();
    }
    let mut ps = Command::new("ps");
    ps.arg("-p").arg(process.to_string());
    command::run("ps", ps, Duration::from_secs(10)).await.is_ok()
}

/// Ends the server that still uses `directory`. Its number may have gone to another process since, so the command line decides.
async fn stop_orphan(directory: &Path) {
    let Ok(text) = fs::read_to_string(directory.join("data/postmaster.pid")) else {
        return;
    };
    let Some(server) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else {
        return;
    };
    let mut ps = Command::new("ps");
    ps.args(["-o", "args=", "-p"]).arg(server.to_string());
    let arguments = command::run("ps", ps, Duration::from_secs(10))
        .await
        .unwrap_or_default();
    if arguments.contains(&*directory.to_string_lossy()) {
        let mut kill = Command::new("kill");
        kill.arg("-QUIT").arg(server.to_string());
        let _ = command::run("kill", kill, Duration::from_secs(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_names_its_owner() {
        assert_eq!(owner_of("ficus-postgres-4711-0"), Some(4711));
        assert_eq!(owner_of("ficus-postgres-x-0"), None);
        assert_eq!(owner_of("postgres-4711-0"), None);
    }

    #[tokio::test]
    async fn this_process_is_alive_and_none_has_the_highest_number() {
        assert!(is_alive(std::process::id()).await);
        assert!(!is_alive(u32::MAX - 1).await);
    }
}
