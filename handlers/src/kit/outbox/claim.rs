//! Taking effects from the table and saying what became of them.
//!
//! `attempts` counts claims and is also the proof of a claim: whoever was too slow, and lost the row to another deliverer, changes
//! nothing any more.

use serde_json::Value;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::config::OutboxSettings;

/// An effect that this deliverer holds.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: String,
    pub(super) idempotency_key: String,
    pub(super) kind: String,
    pub(super) payload: Json<Value>,
    pub(super) attempts: i32,
}

/// What is due and held by nobody, oldest first.
pub(super) async fn due(pool: &PgPool, now: OffsetDateTime, settings: &OutboxSettings) -> sqlx::Result<Vec<Claimed>> {
    // Long enough for the whole batch, one after the other, and some more.
    let lease = settings.timeout * (u32::from(settings.batch) + 1);
    sqlx::query_as(
        "with due as (
             select id from ficus.outbox
             where delivered_at is null and abandoned_at is null and due_at <= $1
               and (locked_until is null or locked_until <= $1)
             order by due_at, id
             limit $2
             for update skip locked
         )
         update ficus.outbox o set locked_until = $3, attempts = o.attempts + 1
         from due where o.id = due.id
         returning o.id::text, o.idempotency_key, o.kind, o.payload, o.attempts",
    )
    .bind(now)
    .bind(i64::from(settings.batch))
    .bind(now + lease)
    .fetch_all(pool)
    .await
}

/// Done: the content goes, the fact stays.
pub(super) async fn delivered(pool: &PgPool, claimed: &Claimed, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query(
        "update ficus.outbox set delivered_at = $3, locked_until = null, last_error = null, payload = '{}'
         where id = $1::uuid and attempts = $2 and delivered_at is null",
    )
    .bind(&claimed.id)
    .bind(claimed.attempts)
    .bind(now)
    .execute(pool)
    .await
    .map(drop)
}

/// Given up. The content of messages to people goes; events and jobs keep theirs, so that they can be looked into.
pub(super) async fn abandoned(pool: &PgPool, claimed: &Claimed, now: OffsetDateTime, error: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update ficus.outbox set abandoned_at = $3, locked_until = null, last_error = $4,
                payload = case when kind in ('sms', 'mail', 'push') then '{}'::jsonb else payload end
         where id = $1::uuid and attempts = $2 and delivered_at is null",
    )
    .bind(&claimed.id)
    .bind(claimed.attempts)
    .bind(now)
    .bind(error)
    .execute(pool)
    .await
    .map(drop)
}

/// To be tried again.
pub(super) async fn retry(pool: &PgPool, claimed: &Claimed, due: OffsetDateTime, error: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update ficus.outbox set due_at = $3, locked_until = null, last_error = $4
         where id = $1::uuid and attempts = $2 and delivered_at is null",
    )
    .bind(&claimed.id)
    .bind(claimed.attempts)
    .bind(due)
    .bind(error)
    .execute(pool)
    .await
    .map(drop)
}

/// To be tried again, and this try does not count.
pub(super) async fn wait(pool: &PgPool, claimed: &Claimed, due: OffsetDateTime, error: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update ficus.outbox set due_at = $3, locked_until = null, last_error = $4, attempts = attempts - 1
         where id = $1::uuid and attempts = $2 and delivered_at is null",
    )
    .bind(&claimed.id)
    .bind(claimed.attempts)
    .bind(due)
    .bind(error)
    .execute(pool)
    .await
    .map(drop)
}

/// Given back untried, at shutdown.
pub(super) async fn release(pool: &PgPool, claimed: &Claimed) -> sqlx::Result<()> {
    sqlx::query(
        "update ficus.outbox set locked_until = null, attempts = attempts - 1
         where id = $1::uuid and attempts = $2 and delivered_at is null",
    )
    .bind(&claimed.id)
    .bind(claimed.attempts)
    .execute(pool)
    .await
    .map(drop)
}
