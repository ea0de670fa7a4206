//! Writing a batch, and forgetting what is old. Counters are added, never overwritten, so replicas can share them.

use std::time::Duration;

use sqlx::{Any, Transaction};
use uuid::Uuid;

use super::batch::{Batch, Group};
use super::record::{Comparison, Sample};
use super::{Store, StoreError};

/// Samples kept of one group: enough to see the cause, few enough to read.
const SAMPLES_PER_GROUP: i64 = 5;

/// Clients kept of one group; more are "at least so many".
const CLIENTS_PER_GROUP: i64 = 256;

type Write<'c> = Transaction<'c, Any>;

impl Store {
    /// Writes a batch whole or not at all.
    pub(super) async fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        write_outcomes(&mut transaction, batch).await?;
        write_latencies(&mut transaction, batch).await?;
        for (key, group) in &batch.groups {
            write_group(&mut transaction, key, group).await?;
        }
        write_noise(&mut transaction, batch).await?;
        for (keys, comparison) in &batch.samples {
            if let Some(sample) = &comparison.sample {
                write_sample(&mut transaction, keys, comparison, sample).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Forgets counters and groups last touched before the time (milliseconds since 1970).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_before(&self, before_ms: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for statement in [
            "delete from comparison_counts where hour < $1",
            "delete from not_compared_counts where hour < $1",
            "delete from latency_counts where hour < $1",
            "delete from mismatch_counts where hour < $1",
            "delete from noise_exchanges where hour < $1",
            "delete from noise_counts where hour < $1",
            "delete from group_clients where group_key in (select group_key from difference_groups where last_seen < $1)",
            "delete from sample_causes where group_key in (select group_key from difference_groups where last_seen < $1)",
            "delete from sample_causes where sample_id in (select s.id from difference_samples s join difference_groups g \
             on g.group_key = s.group_key where g.last_seen < $1)",
            "delete from difference_samples where group_key in (select group_key from difference_groups where last_seen < $1)",
            "delete from difference_groups where last_seen < $1",
        ] {
            sqlx::query(statement)
                .bind(before_ms)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

async fn write_outcomes(transaction: &mut Write<'_>, batch: &Batch) -> Result<(), StoreError> {
    for (key, n) in &batch.compared {
        sqlx::query(
            "insert into comparison_counts (route, direction, outcome, status, flag_version, hour, n) values ($1, 'shadow', $2, $3, $4, $5, $6) \
             on conflict (route, direction, outcome, status, flag_version, hour) do update set n = comparison_counts.n + excluded.n",
        )
        .bind(&*key.route)
        .bind(key.outcome.as_str())
        .bind(i64::from(key.status))
        .bind(key.flag_version)
        .bind(key.hour)
        .bind(*n)
        .execute(&mut **transaction)
        .await?;
    }
    for ((route, reason, hour), n) in &batch.not_compared {
        sqlx::query(
            "insert into not_compared_counts (route, reason, hour, n) values ($1, $2, $3, $4) \
             on conflict (route, reason, hour) do update set n = not_compared_counts.n + excluded.n",
        )
        .bind(&**route)
        .bind(&**reason)
        .bind(*hour)
        .bind(*n)
        .execute(&mut **transaction)
        .await?;
    }
    for ((route, causes, hour), n) in &batch.mismatches {
        sqlx::query(
            "insert into mismatch_counts (route, causes, hour, n) values ($1, $2, $3, $4) \
             on conflict (route, causes, hour) do update set n = mismatch_counts.n + excluded.n",
        )
        .bind(&**route)
        .bind(causes)
        .bind(*hour)
        .bind(*n)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn write_latencies(transaction: &mut Write<'_>, batch: &Batch) -> Result<(), StoreError> {
    for ((route, side, bucket, hour), n) in &batch.latencies {
        sqlx::query(
            "insert into latency_counts (route, side, bucket, hour, n) values ($1, $2, $3, $4, $5) \
             on conflict (route, side, bucket, hour) do update set n = latency_counts.n + excluded.n",
        )
        .bind(&**route)
        .bind(*side)
        .bind(*bucket)
        .bind(*hour)
        .bind(*n)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn write_group(transaction: &mut Write<'_>, key: &str, group: &Group) -> Result<(), StoreError> {
    // `clients` of the first migration is superseded by the table of clients, which adds up.
    sqlx::query(
        "insert into difference_groups (group_key, route, kind, path_template, detail, legacy_sample, native_sample, first_seen, last_seen, n, clients) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) on conflict (group_key) do update set \
         n = difference_groups.n + excluded.n, \
         first_seen = case when excluded.first_seen < difference_groups.first_seen then excluded.first_seen else difference_groups.first_seen end, \
         last_seen = case when excluded.last_seen > difference_groups.last_seen then excluded.last_seen else difference_groups.last_seen end",
    )
    .bind(key)
    .bind(&*group.route)
    .bind(group.difference.place.kind)
    .bind(&group.difference.place.path)
    .bind(group.difference.detail)
    .bind(group.difference.legacy.as_deref())
    .bind(group.difference.native.as_deref())
    .bind(group.first_seen)
    .bind(group.last_seen)
    .bind(group.n)
    .execute(&mut **transaction)
    .await?;
    for (client, n) in &group.clients {
        // A known client is always counted on; a new one only while there is room.
        sqlx::query(
            "insert into group_clients (group_key, client, n) select $1, $2, cast($3 as bigint) where \
             (select count(*) from group_clients where group_key = $1) < $4 or \
             exists (select 1 from group_clients where group_key = $1 and client = $2) \
             on conflict (group_key, client) do update set n = group_clients.n + excluded.n",
        )
        .bind(key)
        .bind(&**client)
        .bind(*n)
        .bind(CLIENTS_PER_GROUP)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn write_noise(transaction: &mut Write<'_>, batch: &Batch) -> Result<(), StoreError> {
    for ((route, hour), n) in &batch.controls {
        sqlx::query(
            "insert into noise_exchanges (route, hour, n) values ($1, $2, $3) \
             on conflict (route, hour) do update set n = noise_exchanges.n + excluded.n",
        )
        .bind(&**route)
        .bind(*hour)
        .bind(*n)
        .execute(&mut **transaction)
        .await?;
    }
    for ((key, hour), noise) in &batch.noise {
        sqlx::query(
            "insert into noise_counts (group_key, route, kind, path_template, hour, raw, noise) values ($1, $2, $3, $4, $5, $6, $7) \
             on conflict (group_key, hour) do update set raw = noise_counts.raw + excluded.raw, noise = noise_counts.noise + excluded.noise",
        )
        .bind(key)
        .bind(&*noise.route)
        .bind(noise.place.kind)
        .bind(&noise.place.path)
        .bind(*hour)
        .bind(noise.raw)
        .bind(noise.noise)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Keeps the sample while one of its causes has too few, under the first such cause.
async fn write_sample(
    transaction: &mut Write<'_>,
    keys: &[String],
    comparison: &Comparison,
    sample: &Sample,
) -> Result<(), StoreError> {
    let mut owner = None;
    for key in keys {
        let kept: i64 = sqlx::query_scalar("select count(*) from sample_causes where group_key = $1")
            .bind(key)
            .fetch_one(&mut **transaction)
            .await?;
        if kept < SAMPLES_PER_GROUP {
            owner = Some(key);
            break;
        }
    }
    let Some(owner) = owner else { return Ok(()) };
    let id = Uuid::new_v4().to_string();
    sqlx::query(
        "insert into difference_samples (id, group_key, at, request, legacy, native, effects, reproducer, judged, legacy_ms, native_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&id)
    .bind(owner)
    .bind(comparison.at_ms)
    .bind(&sample.request)
    .bind(&sample.legacy)
    .bind(&sample.native)
    .bind(&sample.effects)
    .bind(&sample.reproducer)
    .bind(serde_json::to_string(&sample.judged).unwrap_or_default())
    .bind(milliseconds(comparison.legacy_took))
    .bind(milliseconds(comparison.native_took.unwrap_or_default()))
    .execute(&mut **transaction)
    .await?;
    for key in keys {
        sqlx::query("insert into sample_causes (sample_id, group_key) values ($1, $2)")
            .bind(&id)
            .bind(key)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn milliseconds(took: Duration) -> i64 {
    i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
}
