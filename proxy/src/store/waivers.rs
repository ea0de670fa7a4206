//! Waivers kept in the store, for those who may not change the flag file.

use flags::Waiver;
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Store, StoreError};

/// A waiver to be kept.
#[derive(Clone, Debug)]
pub struct NewWaiver {
    /// What it says.
    pub waiver: Waiver,
    /// When it was given, in milliseconds since 1970.
    pub created_at: i64,
}

/// A waiver as it is kept.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct StoredWaiver {
    /// Its name, for taking it back.
    pub id: String,
    /// Pattern of routes.
    pub route: String,
    /// Pattern of parts of an answer.
    pub kind: String,
    /// Pattern of path templates.
    pub path: String,
    /// Who answers for it.
    pub owner: String,
    /// Why the difference is acceptable.
    pub reason: String,
    /// When it was given, in milliseconds since 1970.
    pub created_at: i64,
    /// The first moment at which it no longer holds, in milliseconds since 1970.
    pub expires_at: i64,
}

impl From<StoredWaiver> for Waiver {
    fn from(stored: StoredWaiver) -> Self {
        Self {
            route: stored.route,
            kind: stored.kind,
            path: stored.path,
            owner: stored.owner,
            reason: stored.reason,
            expires_ms: stored.expires_at,
        }
    }
}

impl Store {
    /// Keeps a waiver and says under which name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_waiver(&self, new: &NewWaiver) -> Result<String, StoreError> {
        // Short enough to be typed; a collision is refused by the primary key.
        let id: String = Uuid::new_v4().simple().to_string().chars().take(8).collect();
        let waiver = &new.waiver;
        sqlx::query(
            "insert into waivers (id, route, kind, path, owner, reason, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&id)
        .bind(&waiver.route)
        .bind(&waiver.kind)
        .bind(&waiver.path)
        .bind(&waiver.owner)
        .bind(&waiver.reason)
        .bind(new.created_at)
        .bind(waiver.expires_ms)
        .execute(self.pool())
        .await?;
        Ok(id)
    }

    /// Every waiver that is kept, expired ones included, the one that ends first in front.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn waivers(&self) -> Result<Vec<StoredWaiver>, StoreError> {
        Ok(sqlx::query_as(
            "select id, route, kind, path, owner, reason, created_at, expires_at from waivers order by expires_at, id",
        )
        .fetch_all(self.pool())
        .await?)
    }

    /// Takes a waiver back; `false` when there is none of that name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_waiver(&self, id: &str) -> Result<bool, StoreError> {
        let removed = sqlx::query("delete from waivers where id = $1")
            .bind(id)
            .execute(self.pool())
            .await?;
        Ok(removed.rows_affected() > 0)
    }
}
