//! Watches the flag file and the kill file, and puts what they say in force.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flags::{FileSource, Flags, Inventory, Poll, Problems, Snapshot};
use tokio_util::sync::CancellationToken;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// What watches one flag file. While `<flag file>.kill` exists, everything goes to legacy; that needs no parsing.
#[derive(Debug)]
pub(crate) struct FlagWatch {
    source: FileSource,
    inventory: Inventory,
    kill_file: PathBuf,
}

impl FlagWatch {
    /// Reads the file for the first time.
    ///
    /// # Errors
    /// When the file cannot be read or is refused: there is no last good version yet.
    pub(crate) fn begin(path: PathBuf, inventory: Inventory) -> Result<(Self, Snapshot), Problems> {
        let mut kill_file = path.clone().into_os_string();
        kill_file.push(".kill");
        let mut source = FileSource::new(path);
        let snapshot = match source.poll(&inventory) {
            Poll::Loaded(snapshot) => snapshot,
            Poll::Failed(problems) => return Err(problems),
            Poll::Unchanged => Snapshot::all_legacy(),
        };
        Ok((
            Self {
                source,
                inventory,
                kill_file: kill_file.into(),
            },
            snapshot,
        ))
    }

    /// Watches until told to stop.
    pub(crate) async fn run(mut self, flags: Arc<Flags>, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        let mut killed_by_file = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = shutdown.cancelled() => return,
            }
            let Ok((watch, poll, kill)) = tokio::task::spawn_blocking(move || self.look()).await else {
                tracing::error!("the flag file is not watched any more: looking at it panicked");
                return;
            };
            self = watch;
            settle(&flags, poll);
            if kill != killed_by_file {
                killed_by_file = kill;
                obey(&flags, kill);
            }
        }
    }

    fn look(mut self) -> (Self, Poll, bool) {
        let poll = self.source.poll(&self.inventory);
        let kill = self.kill_file.exists();
        (self, poll, kill)
    }
}

fn settle(flags: &Flags, poll: Poll) {
    match poll {
        Poll::Unchanged => {}
        Poll::Loaded(snapshot) => {
            tracing::info!(
                flags.version = snapshot.version(),
                "flags `{}` are in force",
                snapshot.version()
            );
            flags.publish(snapshot);
        }
        Poll::Failed(problems) => {
            tracing::error!("the flag file was refused, the last good flags stay in force:\n{problems}");
            flags.note_failure(problems);
        }
    }
}

fn obey(flags: &Flags, kill: bool) {
    if kill {
        tracing::warn!("the kill file is there: everything goes to legacy");
        flags.kill();
    } else {
        tracing::warn!("the kill file is gone: the flags hold again");
        flags.revive();
    }
}
