//! Every flag file that was in force, whole: what was true at a time, and the way back to it.

use serde::Serialize;
use sqlx::FromRow;

use super::Rollout;
use crate::store::{Store, StoreError};

/// A flag file that was in force.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct FlagVersion {
    /// Its number, from 1.
    pub version: i64,
    /// What `x-ficus-flags` and the metrics call it.
    pub hash: String,
    /// Its text.
    #[serde(skip_serializing)]
    pub yaml: String,
    /// When, in milliseconds since 1970.
    pub published_at: i64,
    /// Who.
    pub author: String,
}

impl Rollout {
    /// Keeps a text, unless it is the one that was kept last.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn keep_version(&self, hash: &str, yaml: &str, author: &str) -> Result<(), StoreError> {
        keep(&self.store, hash, yaml, author, self.now_ms()).await
    }

    /// The newest versions first, at most `most`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn versions(&self, most: i64) -> Result<Vec<FlagVersion>, StoreError> {
        Ok(sqlx::query_as(
            "select version, hash, yaml, published_at, author from flag_versions order by version desc limit $1",
        )
        .bind(most)
        .fetch_all(self.store.pool())
        .await?)
    }

    /// One version.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn version(&self, number: i64) -> Result<Option<FlagVersion>, StoreError> {
        Ok(
            sqlx::query_as("select version, hash, yaml, published_at, author from flag_versions where version = $1")
                .bind(number)
                .fetch_optional(self.store.pool())
                .await?,
        )
    }
}

async fn keep(store: &Store, hash: &str, yaml: &str, author: &str, at: i64) -> Result<(), StoreError> {
    // One statement: of two replicas that see the same change, the second finds it kept. Where both look at the same moment, the
    // primary key lets one of them in.
    let kept = sqlx::query(
        "insert into flag_versions (version, hash, yaml, published_at, author) \
         select coalesce(max(version), 0) + 1, $1, $2, $3, $4 from flag_versions \
         having $1 <> coalesce((select hash from flag_versions order by version desc limit 1), '')",
    )
    .bind(hash)
    .bind(yaml)
    .bind(at)
    .bind(author)
    .execute(store.pool())
    .await;
    match kept {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
        other => Ok(other.map(|_| ())?),
    }
}
