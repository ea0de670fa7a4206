//! The audit log: who changed what users get, when, why, from what to what, and on what evidence. Rows are only ever added, and
//! each carries the hash of the one before, so that a changed or missing row shows.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, FromRow};

use super::Rollout;
use crate::store::{Store, StoreError};

/// What the first row says of the one before it.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Two replicas that append at once meet on the primary key; the loser tries again.
const TRIES: usize = 100;

/// Something that somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// A person, or what acted by itself.
    pub actor: String,
    /// One word, such as `promote`.
    pub action: &'static str,
    /// The route or group, or `*` for everything.
    pub target: String,
    /// Why.
    pub reason: String,
    /// The state before, if it has one.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// What it rested on; an empty object when on nothing.
    pub evidence: Value,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub target: String,
    /// Why.
    pub reason: String,
    /// The state before.
    pub from_state: Option<String>,
    /// The state after.
    pub to_state: Option<String>,
    /// JSON.
    pub evidence: String,
    /// The hash of the row before.
    pub previous_hash: String,
    /// The hash of this row.
    pub hash: String,
}

/// What checking the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Rows that were checked.
    pub rows: usize,
    /// The hash of the last one: kept elsewhere, it shows whether rows were cut off the end.
    pub head: String,
    /// The first row that does not fit, and why.
    pub broken: Option<Broken>,
}

/// A row that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Its number.
    pub seq: i64,
    /// What does not fit.
    pub why: &'static str,
}

impl AuditEntry {
    fn hashed(&self) -> String {
        let covered = json!([
            self.seq,
            self.at,
            self.actor,
            self.action,
            self.target,
            self.reason,
            self.from_state,
            self.to_state,
            self.evidence,
            self.previous_hash,
        ]);
        let digest = Sha256::digest(covered.to_string().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Rollout {
    /// Adds a row.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn write_down(&self, act: Act) -> Result<AuditEntry, StoreError> {
        append(&self.store, act, self.now_ms()).await
    }

    /// The newest rows first, at most `most`, of one target if one is named.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit(&self, target: Option<&str>, most: i64) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(sqlx::query_as(
            "select seq, at, actor, action, target, reason, from_state, to_state, evidence, previous_hash, hash from audit_log \
             where ($1 = '' or target = $1) order by seq desc limit $2",
        )
        .bind(target.unwrap_or_default())
        .bind(most)
        .fetch_all(self.store.pool())
        .await?)
    }

    /// One row.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_entry(&self, seq: i64) -> Result<Option<AuditEntry>, StoreError> {
        Ok(sqlx::query_as(
            "select seq, at, actor, action, target, reason, from_state, to_state, evidence, previous_hash, hash from audit_log \
             where seq = $1",
        )
        .bind(seq)
        .fetch_optional(self.store.pool())
        .await?)
    }

    /// Checks every row against its hash and the row before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn verify_audit(&self) -> Result<Verified, StoreError> {
        let rows: Vec<AuditEntry> = sqlx::query_as(
            "select seq, at, actor, action, target, reason, from_state, to_state, evidence, previous_hash, hash from audit_log \
             order by seq",
        )
        .fetch_all(self.store.pool())
        .await?;
        Ok(verify(&rows))
    }
}

pub(super) fn verify(rows: &[AuditEntry]) -> Verified {
    let mut head = BEGINNING.to_owned();
    let mut broken = None;
    for (row, expected) in rows.iter().zip(1_i64..) {
        let why = if row.seq != expected {
            Some("a row before it is missing")
        } else if row.previous_hash != head {
            Some("it does not follow the row before it")
        } else if row.hashed() != row.hash {
            Some("it was changed after it was written")
        } else {
            None
        };
        if let Some(why) = why {
            broken = Some(Broken { seq: row.seq, why });
            break;
        }
        head.clone_from(&row.hash);
    }
    Verified {
        rows: rows.len(),
        head,
        broken,
    }
}

async fn append(store: &Store, act: Act, at: i64) -> Result<AuditEntry, StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut connection = store.pool().acquire().await?;
        match append_in(&mut connection, &act, at).await {
            Err(StoreError::Database(sqlx::Error::Database(error))) if error.is_unique_violation() && tries < TRIES => {
            }
            other => return other,
        }
    }
}

/// Adds a row behind the newest one that this connection, or its transaction, sees.
pub(super) async fn append_in(connection: &mut AnyConnection, act: &Act, at: i64) -> Result<AuditEntry, StoreError> {
    let last: Option<(i64, String)> = sqlx::query_as("select seq, hash from audit_log order by seq desc limit 1")
        .fetch_optional(&mut *connection)
        .await?;
    let (seq, previous_hash) = last.map_or((1, BEGINNING.to_owned()), |(seq, hash)| (seq + 1, hash));
    let mut entry = AuditEntry {
        seq,
        at,
        actor: act.actor.clone(),
        action: act.action.to_owned(),
        target: act.target.clone(),
        reason: act.reason.clone(),
        from_state: act.from.clone(),
        to_state: act.to.clone(),
        evidence: act.evidence.to_string(),
        previous_hash,
        hash: String::new(),
    };
    entry.hash = entry.hashed();
    sqlx::query(
        "insert into audit_log (seq, at, actor, action, target, reason, from_state, to_state, evidence, previous_hash, hash) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(entry.seq)
    .bind(entry.at)
    .bind(&entry.actor)
    .bind(&entry.action)
    .bind(&entry.target)
    .bind(&entry.reason)
    .bind(&entry.from_state)
    .bind(&entry.to_state)
    .bind(&entry.evidence)
    .bind(&entry.previous_hash)
    .bind(&entry.hash)
    .execute(connection)
    .await?;
    Ok(entry)
}
