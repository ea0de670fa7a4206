//! Reading the store, for reports and gates. Sums are cast because PostgreSQL widens a sum of `bigint` to `numeric`.

use serde::Serialize;
use sqlx::FromRow;

use super::{Store, StoreError};

/// Groups read at most: a report beyond that is not read by anybody.
const MOST_GROUPS: i64 = 2_000;

/// How often a route came out in one way, with one legacy status.
#[derive(Clone, Debug, FromRow)]
pub struct Counted {
    /// The route.
    pub route: String,
    /// match, mismatch, transient, legacy failed.
    pub outcome: String,
    /// Legacy's status code.
    pub status: i64,
    /// How often.
    pub n: i64,
}

/// How often a route was not compared for one reason.
#[derive(Clone, Debug, FromRow)]
pub struct NotCompared {
    /// The route.
    pub route: String,
    /// Why.
    pub reason: String,
    /// How often.
    pub n: i64,
}

/// One bucket of a latency histogram.
#[derive(Clone, Debug, FromRow)]
pub struct LatencyBucket {
    /// The route.
    pub route: String,
    /// legacy or native.
    pub side: String,
    /// Upper bound in microseconds.
    pub bucket: i64,
    /// How many.
    pub n: i64,
}

/// The differences of one cause.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct DifferenceGroup {
    /// Hash of route, kind and path.
    pub group_key: String,
    /// The route.
    pub route: String,
    /// status, header, body, failure …
    pub kind: String,
    /// Where.
    pub path_template: String,
    /// Legacy's value when first seen, as JSON; absent where it had none.
    pub legacy_sample: Option<String>,
    /// Native's value when first seen, as JSON; absent where it had none.
    pub native_sample: Option<String>,
    /// Milliseconds since 1970.
    pub first_seen: i64,
    /// Milliseconds since 1970.
    pub last_seen: i64,
    /// How often.
    pub n: i64,
    /// At least so many distinct clients.
    pub clients: i64,
}

impl DifferenceGroup {
    /// Part and place in one word or two: `status`, `header:location`, `body $.items[*].total`. Paths outside the body name
    /// their part themselves.
    #[must_use]
    pub fn place(&self) -> String {
        let named = self.path_template.strip_prefix(&self.kind);
        let named = named.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()));
        if named {
            self.path_template.clone()
        } else {
            format!("{} {}", self.kind, self.path_template)
        }
    }
}

/// One stored exchange of a group.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct StoredSample {
    /// Its name.
    pub id: String,
    /// Its group.
    pub group_key: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The request as JSON, redacted.
    pub request: String,
    /// Legacy's answer as JSON, redacted.
    pub legacy: String,
    /// Native's answer as JSON, redacted.
    pub native: String,
    /// What native announced, redacted.
    pub effects: String,
    /// A `curl` line without secrets.
    pub reproducer: String,
    /// How long legacy took, in milliseconds.
    pub legacy_ms: i64,
    /// How long the dry run took, in milliseconds.
    pub native_ms: i64,
}

impl Store {
    /// Outcomes per route since a time (milliseconds since 1970).
    ///
    /// # Errors
    /// When the database refuses; so for every query here.
    pub async fn counts(&self, since_ms: i64) -> Result<Vec<Counted>, StoreError> {
        Ok(sqlx::query_as(
            "select route, outcome, status, cast(sum(n) as bigint) as n from comparison_counts where hour >= $1 \
             group by route, outcome, status order by route, outcome, status",
        )
        .bind(since_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// What was not compared, and why, since a time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn not_compared(&self, since_ms: i64) -> Result<Vec<NotCompared>, StoreError> {
        Ok(sqlx::query_as(
            "select route, reason, cast(sum(n) as bigint) as n from not_compared_counts where hour >= $1 \
             group by route, reason order by route, reason",
        )
        .bind(since_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Latency histograms of both sides since a time, by route, side and rising bucket.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn latencies(&self, since_ms: i64) -> Result<Vec<LatencyBucket>, StoreError> {
        Ok(sqlx::query_as(
            "select route, side, bucket, cast(sum(n) as bigint) as n from latency_counts where hour >= $1 \
             group by route, side, bucket order by route, side, bucket",
        )
        .bind(since_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Groups seen since a time, the most frequent first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn groups(&self, since_ms: i64) -> Result<Vec<DifferenceGroup>, StoreError> {
        Ok(sqlx::query_as(
            "select group_key, route, kind, path_template, legacy_sample, native_sample, first_seen, last_seen, n, clients \
             from difference_groups where last_seen >= $1 order by n desc, group_key limit $2",
        )
        .bind(since_ms)
        .bind(MOST_GROUPS)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The stored exchanges of a group, the oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn samples(&self, group_key: &str) -> Result<Vec<StoredSample>, StoreError> {
        Ok(sqlx::query_as(
            "select id, group_key, at, request, legacy, native, effects, reproducer, legacy_ms, native_ms \
             from difference_samples where group_key = $1 order by at, id",
        )
        .bind(group_key)
        .fetch_all(&self.pool)
        .await?)
    }
}
