//! Reading the store, for reports and gates. Sums are cast because PostgreSQL widens a sum of `bigint` to `numeric`.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::FromRow;

use super::{Store, StoreError};

const HOUR_MS: i64 = 3_600_000;

/// Groups read at most: a report beyond that is not read by anybody.
const MOST_GROUPS: i64 = 2_000;

/// A span of time: counters by the hours that it touches, groups by what was seen in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment, in milliseconds since 1970.
    pub since_ms: i64,
    /// The first moment after it.
    pub until_ms: i64,
}

impl Window {
    /// All of time.
    pub const EVER: Self = Self {
        since_ms: i64::MIN,
        until_ms: i64::MAX,
    };

    /// The start of the hour that the first moment lies in.
    fn first_hour(self) -> i64 {
        self.since_ms
            .checked_sub(self.since_ms.rem_euclid(HOUR_MS))
            .unwrap_or(i64::MIN)
    }
}

impl From<i64> for Window {
    /// Everything since a moment.
    fn from(since_ms: i64) -> Self {
        Self { since_ms, ..Self::EVER }
    }
}

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
    /// In what way: changed, missing, extra, type, …; empty where that is not known.
    pub detail: String,
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

/// How many mismatches had exactly these causes.
#[derive(Clone, Debug, FromRow)]
pub struct MismatchSet {
    /// The route.
    pub route: String,
    /// Group keys, joined by commas.
    pub causes: String,
    /// How many.
    pub n: i64,
}

/// How often one client brought a difference about.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct GroupClient {
    /// The group.
    #[serde(skip)]
    pub group_key: String,
    /// The client's mark.
    pub client: String,
    /// How often.
    pub n: i64,
}

/// What asking legacy twice has shown about one place of a route.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct LearnedNoise {
    /// The group of differences at this place.
    pub group_key: String,
    /// The route.
    #[serde(skip)]
    pub route: String,
    /// status, header, body.
    pub kind: String,
    /// Where.
    pub path_template: String,
    /// How often native differed from legacy there.
    pub raw: i64,
    /// How often legacy differed from itself there.
    pub noise: i64,
    /// Exchanges of the route for which legacy was asked twice.
    pub exchanges: i64,
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
    /// What judging it again needs.
    pub judged: String,
    /// How long legacy took, in milliseconds.
    pub legacy_ms: i64,
    /// How long the dry run took, in milliseconds.
    pub native_ms: i64,
}

impl Store {
    /// Outcomes per route.
    ///
    /// # Errors
    /// When the database refuses; so for every query here.
    pub async fn counts(&self, window: impl Into<Window>) -> Result<Vec<Counted>, StoreError> {
        let window = window.into();
        Ok(sqlx::query_as(
            "select route, outcome, status, cast(sum(n) as bigint) as n from comparison_counts where hour >= $1 and hour < $2 \
             group by route, outcome, status order by route, outcome, status",
        )
        .bind(window.first_hour())
        .bind(window.until_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// What was not compared, and why.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn not_compared(&self, window: impl Into<Window>) -> Result<Vec<NotCompared>, StoreError> {
        let window = window.into();
        Ok(sqlx::query_as(
            "select route, reason, cast(sum(n) as bigint) as n from not_compared_counts where hour >= $1 and hour < $2 \
             group by route, reason order by route, reason",
        )
        .bind(window.first_hour())
        .bind(window.until_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Latency histograms of both sides, by route, side and rising bucket.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn latencies(&self, window: impl Into<Window>) -> Result<Vec<LatencyBucket>, StoreError> {
        let window = window.into();
        Ok(sqlx::query_as(
            "select route, side, bucket, cast(sum(n) as bigint) as n from latency_counts where hour >= $1 and hour < $2 \
             group by route, side, bucket order by route, side, bucket",
        )
        .bind(window.first_hour())
        .bind(window.until_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Mismatches by the set of their causes.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mismatch_sets(&self, window: impl Into<Window>) -> Result<Vec<MismatchSet>, StoreError> {
        let window = window.into();
        Ok(sqlx::query_as(
            "select route, causes, cast(sum(n) as bigint) as n from mismatch_counts where hour >= $1 and hour < $2 \
             group by route, causes order by route, causes",
        )
        .bind(window.first_hour())
        .bind(window.until_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// What was learned about noise, by route and the noisiest place first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn noise(&self, window: impl Into<Window>) -> Result<Vec<LearnedNoise>, StoreError> {
        let window = window.into();
        Ok(sqlx::query_as(
            "select c.group_key, c.route, c.kind, c.path_template, cast(sum(c.raw) as bigint) as raw, cast(sum(c.noise) as bigint) as noise, \
             (select cast(coalesce(sum(e.n), 0) as bigint) from noise_exchanges e where e.route = c.route and e.hour >= $1 and e.hour < $2) as exchanges \
             from noise_counts c where c.hour >= $1 and c.hour < $2 \
             group by c.group_key, c.route, c.kind, c.path_template order by c.route, 6 desc, c.group_key",
        )
        .bind(window.first_hour())
        .bind(window.until_ms)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Groups seen within the window, the most frequent first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn groups(&self, window: impl Into<Window>) -> Result<Vec<DifferenceGroup>, StoreError> {
        let window = window.into();
        Ok(sqlx::query_as(
            "select g.group_key, g.route, g.kind, g.path_template, g.detail, g.legacy_sample, g.native_sample, g.first_seen, g.last_seen, g.n, \
             (select count(*) from group_clients c where c.group_key = g.group_key) as clients \
             from difference_groups g where g.last_seen >= $1 and g.first_seen < $2 order by g.n desc, g.group_key limit $3",
        )
        .bind(window.since_ms)
        .bind(window.until_ms)
        .bind(MOST_GROUPS)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The clients of every group, the busiest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn group_clients(&self) -> Result<Vec<GroupClient>, StoreError> {
        Ok(
            sqlx::query_as("select group_key, client, n from group_clients order by group_key, n desc, client")
                .fetch_all(&self.pool)
                .await?,
        )
    }

    /// A `curl` line for every group that has a sample: that of the oldest.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reproducers(&self) -> Result<HashMap<String, String>, StoreError> {
        let newest_first: Vec<(String, String)> = sqlx::query_as(
            "select c.group_key, s.reproducer from sample_causes c join difference_samples s on s.id = c.sample_id order by s.at desc, s.id desc",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(newest_first.into_iter().collect())
    }

    /// The stored exchanges that show a cause, the oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn samples(&self, group_key: &str) -> Result<Vec<StoredSample>, StoreError> {
        Ok(sqlx::query_as(
            "select s.id, s.group_key, s.at, s.request, s.legacy, s.native, s.effects, s.reproducer, s.judged, s.legacy_ms, s.native_ms \
             from difference_samples s join sample_causes c on c.sample_id = s.id where c.group_key = $1 order by s.at, s.id",
        )
        .bind(group_key)
        .fetch_all(&self.pool)
        .await?)
    }
}
