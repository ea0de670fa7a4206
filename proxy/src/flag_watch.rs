//! Watches the flag file and the kill file, and puts what they say in force. Where the flags come from elsewhere, the kill file
//! alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flags::{FileSource, Flags, Inventory, KillSet, KillSource, Poll, Problems, Snapshot};
use tokio_util::sync::CancellationToken;

use crate::kill_file;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// What watches one flag file and the kill file beside it.
#[derive(Debug)]
pub(crate) struct FlagWatch {
    source: Option<FileSource>,
    inventory: Inventory,
    kill_file: PathBuf,
    killed: KillSet,
}

impl FlagWatch {
    /// Reads both files for the first time. While the kill file stops everything, a flag file that is refused stops nobody from
    /// starting: legacy answers, and the problem shows.
    ///
    /// # Errors
    /// When the flag file cannot be read or is refused: there is no last good version yet.
    pub(crate) fn begin(path: PathBuf, inventory: Inventory) -> Result<(Self, Flags), Problems> {
        let kill_file = kill_file::path_beside(&path);
        let killed = kill_file::read(&kill_file);
        let mut source = FileSource::new(path);
        let flags = match source.poll(&inventory) {
            Poll::Loaded(snapshot) => Flags::new(snapshot),
            Poll::Failed(problems) if killed.everything => {
                tracing::error!(
                    "everything is killed, so Ficus starts without the flag file, which was refused:\n{problems}"
                );
                let flags = Flags::new(Snapshot::all_legacy());
                flags.note_failure(problems);
                flags
            }
            Poll::Failed(problems) => return Err(problems),
            Poll::Unchanged => Flags::new(Snapshot::all_legacy()),
        };
        if !killed.is_empty() {
            obey(&flags, &killed);
        }
        let watch = Self {
            source: Some(source),
            inventory,
            kill_file,
            killed,
        };
        Ok((watch, flags))
    }

    /// Watches the kill file beside `path` only, and obeys it from the beginning.
    pub(crate) fn of_kills(path: &Path, flags: &Flags) -> Self {
        let kill_file = kill_file::path_beside(path);
        let killed = kill_file::read(&kill_file);
        if !killed.is_empty() {
            obey(flags, &killed);
        }
        Self {
            source: None,
            inventory: Inventory::default(),
            kill_file,
            killed,
        }
    }

    /// Watches until told to stop.
    pub(crate) async fn run(mut self, flags: Arc<Flags>, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
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
            // The kill switch first: it must not wait for a version to be put in force.
            if kill != self.killed {
                obey(&flags, &kill);
                self.killed = kill;
            }
            settle(&flags, poll);
        }
    }

    fn look(mut self) -> (Self, Poll, KillSet) {
        let kill = kill_file::read(&self.kill_file);
        let poll = match &mut self.source {
            Some(source) => source.poll(&self.inventory),
            None => Poll::Unchanged,
        };
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

fn obey(flags: &Flags, kill: &KillSet) {
    flags.kill(KillSource::File, kill);
    if kill.is_empty() {
        tracing::warn!("the kill file is gone: the flags hold again");
    } else if kill.everything {
        tracing::warn!("the kill file is there: everything goes to legacy");
    } else {
        let names = kill.to_text().lines().collect::<Vec<_>>().join(", ");
        tracing::warn!("the kill file sends to legacy: {names}");
    }
    let unknown = flags.status().kill_unknown;
    if !unknown.is_empty() {
        tracing::warn!("no route and no group is called: {}", unknown.join(", "));
    }
}
