//! The connection on which one replica listens for announcements and asks for the newest version.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgListener, PgPoolOptions};
use tokio::time::timeout;

use super::{Named, Published};
use crate::store::StoreError;

/// What replicas listen to. A message carries nothing: whoever hears it looks at the newest version.
const CHANNEL: &str = "ficus_flags";
/// How long a connection, or an answer, may take. A network that swallows everything is noticed by it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that listens.
#[derive(Debug)]
pub(super) struct Link {
    listener: PgListener,
}

/// What came over a connection by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Something was published.
    Announcement,
    /// The end.
    Nothing,
}

/// The database of the flags does not answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It refuses, or the connection broke.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought up to date.
    #[error("{0}")]
    Store(StoreError),
    /// It takes too long.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// It has closed the connection.
    #[error("the database has closed the connection")]
    Ended,
}

/// Asks whether the database takes connections. A pool tries for as long as it may and then only says that it took too long; a
/// single connection says why there is none, at once.
pub(super) async fn knock(url: &str) -> Result<(), LinkError> {
    within(async { PgConnection::connect(url).await?.close().await }).await
}

impl Link {
    /// Connects and listens.
    pub(super) async fn open(url: &str) -> Result<Self, LinkError> {
        within(async {
            let pool = PgPoolOptions::new()
                .max_connections(1)
                .max_lifetime(None)
                .idle_timeout(None)
                .acquire_timeout(PATIENCE)
                .connect(url)
                .await?;
            let mut listener = PgListener::connect_with(&pool).await?;
            // A connection that was lost may have missed something: the owner must know, and look.
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok(Self { listener })
        })
        .await
    }

    /// What the newest version is known by, if there is one.
    pub(super) async fn newest_name(&mut self) -> Result<Option<Named>, LinkError> {
        let asked = sqlx::query_as("select version, hash from ficus.flag_versions order by version desc limit 1");
        let found: Option<(i64, String)> = within(asked.fetch_optional(&mut self.listener)).await?;
        Ok(found.map(|(number, hash)| Named { number, hash }))
    }

    /// The newest version, if there is one.
    pub(super) async fn newest(&mut self) -> Result<Option<Published>, LinkError> {
        let asked = sqlx::query_as("select version, hash, yaml from ficus.flag_versions order by version desc limit 1");
        let found: Option<(i64, String, String)> = within(asked.fetch_optional(&mut self.listener)).await?;
        Ok(found.map(|(number, hash, text)| Published { number, hash, text }))
    }

    /// Waits until something is announced or the connection ends. May be given up at any time.
    pub(super) async fn heard(&mut self) -> Result<Heard, LinkError> {
        let heard = self.listener.try_recv().await?;
        // One look answers all the announcements that have come by then.
        while self.listener.next_buffered().is_some() {}
        Ok(heard.map_or(Heard::Nothing, |_| Heard::Announcement))
    }
}

async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, LinkError> {
    match timeout(PATIENCE, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(LinkError::Silent),
    }
}
