//! The flags in PostgreSQL: follows the newest published version, and goes on with the last good one while the database is away.
//!
//! A replica listens first and looks afterwards, so nothing is published unseen; a look every few seconds finds what an
//! announcement that was lost would have told. What is put in force was read from the table or from the copy of it, and its text
//! has the hash under which it was published: nothing else is ever served.

mod cache;
mod health;
mod link;

use std::sync::Arc;
use std::time::Duration;

use flags::{Flags, Inventory, Problems, Snapshot, compile, version_of};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::cache::Cache;
pub(crate) use self::health::{SourceHealth, SourceView};
use self::link::{Heard, Link, LinkError};
use crate::config::PostgresFlags;
use crate::kill_file;
use crate::store::Store;

/// Between two tries to reach the database; doubles up to the second.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How much longer than asked a wait may be, in percent: replicas that begin together shall not stay together.
const JITTER_PERCENT: u32 = 25;

/// One version, as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// Its number, from 1.
    pub(crate) number: i64,
    /// The hash under which it was published.
    pub(crate) hash: String,
    /// Its text.
    pub(crate) text: String,
}

/// What a version is known by. After a backup was restored a number may come a second time, for another text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    number: i64,
    hash: String,
}

/// What follows the database.
#[derive(Debug)]
pub(crate) struct FlagDatabase {
    url: String,
    store: Store,
    inventory: Inventory,
    cache: Cache,
    poll: Duration,
    health: SourceHealth,
    /// The newest version that was looked at, good or not.
    seen: Named,
    /// Whether the tables are known to be up to date.
    prepared: bool,
    /// Tells this replica from the others when waits are spread.
    replica: String,
    waits: u64,
    link: Option<Link>,
}

/// There are no flags to begin with.
#[derive(Debug, thiserror::Error)]
pub enum FlagDatabaseError {
    /// No store was named.
    #[error("flags in PostgreSQL need a store in PostgreSQL, and `store.url` names none")]
    NoStore,
    /// The database is away and this machine has never had a good version.
    #[error("the flags cannot be read from the database, and there is no usable copy at {cache}: {source}")]
    Nowhere {
        /// Where the copy would be.
        cache: String,
        /// Why the database did not answer.
        #[source]
        source: LinkError,
    },
    /// The newest version is refused and there is no other one.
    #[error("version {number} of the flags is refused, and there is no usable copy of an earlier one:\n{problems}")]
    Refused {
        /// Its number.
        number: i64,
        /// What is wrong with it.
        problems: Problems,
    },
}

impl Published {
    fn named(&self) -> Named {
        Named {
            number: self.number,
            hash: self.hash.clone(),
        }
    }
}

impl FlagDatabase {
    /// Reads the newest version for the first time, or the copy when that does not work. While the kill file stops everything,
    /// nothing of this keeps a process from starting.
    ///
    /// # Errors
    /// When there is no good version anywhere.
    pub(crate) async fn begin(
        settings: &PostgresFlags,
        url: &str,
        store: Store,
        inventory: Inventory,
        clock: fn() -> i64,
    ) -> Result<(Self, Flags), FlagDatabaseError> {
        let mut this = Self {
            url: url.to_owned(),
            store,
            inventory,
            cache: Cache::at(settings.cache.clone()),
            poll: settings.poll.0,
            health: SourceHealth::new(clock),
            seen: Named::default(),
            prepared: false,
            replica: Uuid::new_v4().to_string(),
            waits: 0,
            link: None,
        };
        let killed = kill_file::read(&kill_file::path_beside(&settings.cache)).everything;
        let first = match this.first_look().await {
            Ok(found) => this.begin_with(found).await,
            Err(source) => match this.cached() {
                Some(snapshot) => {
                    tracing::error!(%source, "the database of the flags is away; Ficus starts with the copy of the last good version");
                    Ok(Flags::new(snapshot))
                }
                None => Err(FlagDatabaseError::Nowhere {
                    cache: settings.cache.display().to_string(),
                    source,
                }),
            },
        };
        match first {
            Err(error) if killed => {
                tracing::error!("everything is killed, so Ficus starts without flags: {error}");
                Ok((this, Flags::new(Snapshot::all_legacy())))
            }
            first => first.map(|flags| (this, flags)),
        }
    }

    /// How the source is, for metrics and the status page.
    pub(crate) fn health(&self) -> SourceHealth {
        self.health.clone()
    }

    async fn first_look(&mut self) -> Result<Option<Published>, LinkError> {
        let mut link = self.connect().await?;
        let newest = link.newest().await?;
        self.health.confirmed();
        self.link = Some(link);
        Ok(newest)
    }

    async fn begin_with(&mut self, found: Option<Published>) -> Result<Flags, FlagDatabaseError> {
        let Some(published) = found else {
            tracing::warn!("nothing is published yet, so legacy answers everything; `ficus flags push` publishes");
            return Ok(Flags::new(Snapshot::all_legacy()));
        };
        self.seen = published.named();
        match checked(&published, &self.inventory) {
            Ok(snapshot) => {
                self.took(published).await;
                Ok(Flags::new(snapshot))
            }
            Err(problems) => match self.cached() {
                Some(snapshot) => {
                    self.say_refused(published.number, &problems);
                    let flags = Flags::new(snapshot);
                    flags.note_failure(problems);
                    Ok(flags)
                }
                None => Err(FlagDatabaseError::Refused {
                    number: published.number,
                    problems,
                }),
            },
        }
    }

    fn cached(&mut self) -> Option<Snapshot> {
        let published = self
            .cache
            .read()
            .inspect_err(|error| tracing::warn!("{error}"))
            .ok()??;
        match checked(&published, &self.inventory) {
            Ok(snapshot) => {
                self.health.serves(published.number);
                if self.seen.number < published.number {
                    self.seen = published.named();
                }
                Some(snapshot)
            }
            Err(problems) => {
                tracing::error!("the copy of the flags is refused:\n{problems}");
                None
            }
        }
    }

    /// Follows until told to stop.
    pub(crate) async fn run(mut self, flags: Arc<Flags>, shutdown: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            let lost = tokio::select! {
                () = shutdown.cancelled() => return,
                lost = self.follow(&flags, &mut pause) => lost,
            };
            if self.health.lost() {
                tracing::error!(cause = %lost, "the database of the flags is away; the last good version stays in force");
            }
            let wait = self.spread(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Follows one connection until it is lost.
    async fn follow(&mut self, flags: &Flags, pause: &mut Duration) -> LinkError {
        let mut link = match self.link.take() {
            Some(link) => link,
            None => match self.connect().await {
                Ok(link) => link,
                Err(error) => return error,
            },
        };
        loop {
            if let Err(error) = self.look(&mut link, flags).await {
                return error;
            }
            if self.health.connected() {
                tracing::info!("the database of the flags answers");
            }
            *pause = FIRST_PAUSE;
            let wait = self.spread(self.poll);
            tokio::select! {
                heard = link.heard() => match heard {
                    Ok(Heard::Announcement) => {}
                    Ok(Heard::Nothing) => return LinkError::Ended,
                    Err(error) => return error,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn connect(&mut self) -> Result<Link, LinkError> {
        link::knock(&self.url).await?;
        if !self.prepared {
            self.store.prepare().await.map_err(LinkError::Store)?;
            self.prepared = true;
        }
        Link::open(&self.url).await
    }

    /// Looks at which version is the newest, and takes it over when it is another one than was looked at last.
    async fn look(&mut self, link: &mut Link, flags: &Flags) -> Result<(), LinkError> {
        if link.newest_name().await?.unwrap_or_default() == self.seen {
            self.health.confirmed();
            return Ok(());
        }
        let newest = link.newest().await?;
        self.health.confirmed();
        match newest {
            Some(published) if published.number >= self.seen.number => self.take(published, flags).await,
            found => self.refuse_older(found.map_or(0, |published| published.number), flags),
        }
        Ok(())
    }

    async fn take(&mut self, published: Published, flags: &Flags) {
        self.seen = published.named();
        match checked(&published, &self.inventory) {
            Ok(snapshot) => {
                let version = snapshot.version().to_owned();
                flags.publish(snapshot);
                tracing::info!(
                    flags.version = version,
                    "version {} of the flags, `{version}`, is in force",
                    published.number
                );
                self.took(published).await;
            }
            Err(problems) => {
                self.say_refused(published.number, &problems);
                flags.note_failure(problems);
            }
        }
    }

    /// A version is in force: it is what the next start begins with when the database is away then.
    async fn took(&self, published: Published) {
        self.health.serves(published.number);
        let cache = self.cache.clone();
        let written = tokio::task::spawn_blocking(move || cache.write(&published)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!("{error}: without it a start needs the database");
        }
    }

    fn say_refused(&self, number: i64, problems: &Problems) {
        tracing::error!("version {number} of the flags was refused, the last good one stays in force:\n{problems}");
    }

    /// A standby that lags, or a backup that was restored: what is older than what was seen is not followed.
    fn refuse_older(&mut self, number: i64, flags: &Flags) {
        let problem = format!(
            "the database is at version {number} of the flags, and version {} was seen before",
            self.seen.number
        );
        let remedy = "it lags behind or was restored; publish again, or restart to follow it";
        if flags
            .status()
            .last_failure
            .is_none_or(|last| !last.to_string().contains(&problem))
        {
            tracing::error!("{problem}: {remedy}");
            flags.note_failure(Problems::of_file(problem, Some(remedy.to_owned())));
        }
    }

    /// A little longer than asked, differently on every replica and every time.
    fn spread(&mut self, wait: Duration) -> Duration {
        self.waits += 1;
        let drawn = flags::bucket(&self.replica, "", &self.waits.to_string());
        wait + wait * JITTER_PERCENT * u32::from(drawn) / 1_000_000
    }
}

/// Compiles a version whose text is really the one that was published under its hash.
fn checked(published: &Published, inventory: &Inventory) -> Result<Snapshot, Problems> {
    if version_of(&published.text) != published.hash {
        let message = format!("the text is not the one that was published as `{}`", published.hash);
        let remedy = "it was changed behind Ficus's back; publish it with `ficus flags push`";
        return Err(Problems::of_file(message, Some(remedy.to_owned())));
    }
    compile(&published.text, inventory)
}
