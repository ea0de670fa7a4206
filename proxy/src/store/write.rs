//! Writing a batch, and forgetting what is old. Counters are added, never overwritten, so replicas can share them.

use sqlx::{Any, Transaction};
use uuid::Uuid;

use super::batch::{Batch, Comparison, Group, Sample};
use super::{Store, StoreError};

/// Samples kept of one group: enough to see the cause, few enough to read.
const SAMPLES_PER_GROUP: i64 = 5;

impl Store {
    /// Writes a batch whole or not at all.
    pub(super) async fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
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
            .execute(&mut *transaction)
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
            .execute(&mut *transaction)
            .await?;
        }
        write_latencies(&mut transaction, batch).await?;
        for (key, group) in &batch.groups {
            write_group(&mut transaction, key, group).await?;
        }
        for (key, comparison) in &batch.samples {
            if let Some(sample) = &comparison.sample {
                write_sample(&mut transaction, key, comparison, sample).await?;
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

async fn write_latencies(transaction: &mut Transaction<'_, Any>, batch: &Batch) -> Result<(), StoreError> {
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

async fn write_group(transaction: &mut Transaction<'_, Any>, key: &str, group: &Group) -> Result<(), StoreError> {
    // Distinct clients cannot be added up over batches, so the largest number seen at once stands: at least so many.
    sqlx::query(
        "insert into difference_groups (group_key, route, kind, path_template, legacy_sample, native_sample, first_seen, last_seen, n, clients) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (group_key) do update set \
         n = difference_groups.n + excluded.n, \
         last_seen = case when excluded.last_seen > difference_groups.last_seen then excluded.last_seen else difference_groups.last_seen end, \
         clients = case when excluded.clients > difference_groups.clients then excluded.clients else difference_groups.clients end",
    )
    .bind(key)
    .bind(&*group.route)
    .bind(group.difference.kind)
    .bind(&group.difference.path)
    .bind(group.difference.legacy.as_deref())
    .bind(group.difference.native.as_deref())
    .bind(group.first_seen)
    .bind(group.last_seen)
    .bind(group.n)
    .bind(i64::try_from(group.clients.len()).unwrap_or(i64::MAX))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn write_sample(
    transaction: &mut Transaction<'_, Any>,
    key: &str,
    comparison: &Comparison,
    sample: &Sample,
) -> Result<(), StoreError> {
    let kept: i64 = sqlx::query_scalar("select count(*) from difference_samples where group_key = $1")
        .bind(key)
        .fetch_one(&mut **transaction)
        .await?;
    if kept >= SAMPLES_PER_GROUP {
        return Ok(());
    }
    sqlx::query(
        "insert into difference_samples (id, group_key, at, request, legacy, native, effects, reproducer, legacy_ms, native_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(key)
    .bind(comparison.at_ms)
    .bind(&sample.request)
    .bind(&sample.legacy)
    .bind(&sample.native)
    .bind(&sample.effects)
    .bind(&sample.reproducer)
    .bind(i64::try_from(comparison.legacy_took.as_millis()).unwrap_or(i64::MAX))
    .bind(i64::try_from(comparison.native_took.as_millis()).unwrap_or(i64::MAX))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
