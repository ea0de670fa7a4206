//! Where the flags of a process come from, and what keeps them in force while it runs.

use std::sync::Arc;

use flags::{Flags, Inventory, Snapshot};

use super::StartError;
use crate::config::{Config, FlagSource, is_postgres};
use crate::flag_database::{FlagDatabase, FlagDatabaseError, SourceHealth};
use crate::flag_watch::FlagWatch;
use crate::rollout::{FlagFile, FlagPlace};
use crate::shadow::now_ms;
use crate::store::Store;
use crate::tasks::Tasks;

/// The store when there is neither a flag file nor a URL.
const IN_MEMORY: &str = "sqlite::memory:";

/// What a process begins with.
#[derive(Debug)]
pub(super) struct FirstFlags {
    pub(super) flags: Flags,
    pub(super) following: Following,
    pub(super) store: Store,
}

/// What keeps the flags in force.
#[derive(Debug, Default)]
pub(super) struct Following {
    watch: Option<FlagWatch>,
    database: Option<FlagDatabase>,
}

/// Reads the flags and opens the store. Where the flags are in the store, it need not be there yet.
pub(super) async fn begin(config: &Config, inventory: Inventory) -> Result<FirstFlags, StartError> {
    match &config.flags {
        None => Ok(FirstFlags {
            flags: Flags::new(Snapshot::all_legacy()),
            following: Following::default(),
            store: open(config).await?,
        }),
        Some(FlagSource::File(file)) => {
            let (watch, flags) = FlagWatch::begin(file.clone(), inventory).map_err(StartError::Flags)?;
            Ok(FirstFlags {
                flags,
                following: Following {
                    watch: Some(watch),
                    database: None,
                },
                store: open(config).await?,
            })
        }
        Some(FlagSource::Postgres(settings)) => {
            let url = config.store_url().filter(|url| is_postgres(url));
            let url = url.ok_or(FlagDatabaseError::NoStore)?;
            let store = Store::open_later(&url)?;
            let begun = FlagDatabase::begin(settings, &url, store.clone(), inventory, now_ms);
            let (database, flags) = begun.await?;
            Ok(FirstFlags {
                following: Following {
                    watch: Some(FlagWatch::of_kills(&settings.cache, &flags)),
                    database: Some(database),
                },
                flags,
                store,
            })
        }
    }
}

async fn open(config: &Config) -> Result<Store, StartError> {
    let url = config.store_url();
    Ok(Store::open(url.as_deref().unwrap_or(IN_MEMORY)).await?)
}

/// Where changes of the flags are written.
pub(super) fn place(config: &Config) -> Option<FlagPlace> {
    config.flags.as_ref().map(|source| match source {
        FlagSource::File(file) => FlagPlace::File(FlagFile::at(file.clone())),
        FlagSource::Postgres(_) => FlagPlace::Store,
    })
}

impl Following {
    /// How the database of the flags is, where there is one.
    pub(super) fn health(&self) -> Option<SourceHealth> {
        self.database.as_ref().map(FlagDatabase::health)
    }

    /// Follows from here on.
    pub(super) fn start(self, tasks: &Tasks, flags: &Arc<Flags>) {
        if let Some(watch) = self.watch {
            tasks.spawn("flag-watch", watch.run(Arc::clone(flags), tasks.shutdown().clone()));
        }
        if let Some(database) = self.database {
            let following = database.run(Arc::clone(flags), tasks.shutdown().clone());
            tasks.spawn("flag-database", following);
        }
    }
}
