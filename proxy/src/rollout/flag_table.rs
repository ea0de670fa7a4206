//! The flags as the newest row of `flag_versions` in PostgreSQL. A version is published, written down and announced in one
//! transaction: there is no moment at which one of the three is missing, and nobody ever sees half of it.

use std::time::Duration;

use sqlx::{AnyConnection, Executor as _};

use super::RolloutError;
use tokio::time::timeout;

use super::audit::append_in;
use super::flag_place::{Edit, Replaced};
use crate::store::{Store, StoreError};

/// The flags before anything was published: no route is named, so legacy answers everything.
const NOTHING: &str = "version: 1\n";

/// One writer at a time, over all replicas and commands; readers are not held up. The audit log is locked with it, because its
/// rows are numbered without gaps.
const LOCK: &str = "lock table flag_versions, audit_log in share row exclusive mode";
/// How long all of it may take; a writer waits for another one for a third of that.
const PATIENCE: Duration = Duration::from_secs(15);
const LOCK_PATIENCE: &str = "set local lock_timeout = '5s'";

/// The newest text.
pub(super) async fn newest(store: &Store) -> Result<String, RolloutError> {
    let read = async {
        let mut connection = store.pool().acquire().await?;
        newest_in(&mut connection).await
    };
    let newest = timeout(PATIENCE, read).await.unwrap_or(Err(StoreError::Silent))?;
    Ok(newest.text)
}

struct Newest {
    number: i64,
    text: String,
}

async fn newest_in(connection: &mut AnyConnection) -> Result<Newest, StoreError> {
    let found: Option<(i64, String)> =
        sqlx::query_as("select version, yaml from flag_versions order by version desc limit 1")
            .fetch_optional(connection)
            .await?;
    let (number, text) = found.unwrap_or_else(|| (0, NOTHING.to_owned()));
    Ok(Newest { number, text })
}

/// Publishes what `edit` makes of the newest text. The text that is there already is not published again, but what was done is
/// written down.
pub(super) async fn replace<T>(
    store: &Store,
    author: &str,
    at: i64,
    edit: impl FnOnce(&str) -> Result<Edit<T>, RolloutError>,
) -> Result<Replaced<T>, RolloutError> {
    timeout(PATIENCE, replace_now(store, author, at, edit))
        .await
        .unwrap_or(Err(RolloutError::NotPublished(StoreError::Silent)))
}

async fn replace_now<T>(
    store: &Store,
    author: &str,
    at: i64,
    edit: impl FnOnce(&str) -> Result<Edit<T>, RolloutError>,
) -> Result<Replaced<T>, RolloutError> {
    let failed = |error: sqlx::Error| RolloutError::NotPublished(error.into());
    let mut transaction = store.pool().begin().await.map_err(failed)?;
    transaction.execute(LOCK_PATIENCE).await.map_err(failed)?;
    transaction.execute(LOCK).await.map_err(failed)?;
    let now = newest_in(&mut transaction).await.map_err(RolloutError::NotPublished)?;
    let Edit { text, act, edited } = edit(&now.text)?;
    let version = flags::version_of(&text);
    if now.number == 0 || text != now.text {
        sqlx::query(
            "insert into flag_versions (version, hash, yaml, published_at, author) values ($1, $2, $3, $4, $5)",
        )
        .bind(now.number + 1)
        .bind(&version)
        .bind(&text)
        .bind(at)
        .bind(author)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        // Told to the listeners with the commit, and not before.
        transaction.execute("notify ficus_flags").await.map_err(failed)?;
    }
    let entry = append_in(&mut transaction, &act, at)
        .await
        .map_err(RolloutError::NotPublished)?;
    transaction.commit().await.map_err(failed)?;
    Ok(Replaced { edited, version, entry })
}
