//! How often something may be tried, counted in the database so that it holds across replicas and restarts.
//!
//! An attempt is counted before it is answered, so attempts made at the same time get no more answers than attempts made one after
//! the other.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// How many rows of windows that are over are removed at once.
const REMOVED_AT_ONCE: i64 = 50;

/// The limits that one attempt falls under.
pub(super) struct Throttle(Vec<Limit>);

/// So many events in a window that begins with the first of them.
pub(super) struct Limit {
    key: String,
    most: i32,
    window: Duration,
}

#[derive(sqlx::FromRow)]
struct Counted {
    key: String,
    events: i32,
    ends_at: OffsetDateTime,
}

impl Limit {
    /// `kind` and `parts` say what is limited; the table has only their hash, so that it tells nobody who tried what from where.
    pub(super) fn new(kind: &str, parts: &[&str], most: i32, window: Duration) -> Self {
        let mut digest = Sha256::new_with_prefix(kind);
        for part in parts {
            digest.update([0]);
            digest.update(part);
        }
        Self {
            key: digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            most,
            window,
        }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

impl Throttle {
    pub(super) fn new(mut limits: Vec<Limit>) -> Self {
        // Rows are always locked in this order, so two attempts never wait for each other.
        limits.sort_by(|one, other| one.key.cmp(&other.key));
        Self(limits)
    }

    /// Whether a limit was reached already: the seconds until it is lifted.
    pub(super) async fn reached(&self, db: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<Option<u64>> {
        let rows: Vec<Counted> =
            sqlx::query_as("select key, events, ends_at from ficus.throttle where key = any($1) and ends_at > $2")
                .bind(self.keys())
                .bind(now)
                .fetch_all(db)
                .await?;
        Ok(self.wait(&rows, now, 1))
    }

    /// Counts this attempt: the seconds to wait when it was over a limit.
    pub(super) async fn count(&self, db: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<Option<u64>> {
        let ends: Vec<OffsetDateTime> = self.0.iter().map(|limit| now + limit.window).collect();
        let rows: Vec<Counted> = sqlx::query_as(
            "insert into ficus.throttle as old (key, events, ends_at)
             select key, 1, ends_at from unnest($1::text[], $2::timestamptz[]) as new (key, ends_at)
             on conflict (key) do update set
               events = case when old.ends_at <= $3 then 1 else least(old.events, 1000000) + 1 end,
               ends_at = case when old.ends_at <= $3 then excluded.ends_at else old.ends_at end
             returning key, events, ends_at",
        )
        .bind(self.keys())
        .bind(ends)
        .bind(now)
        .fetch_all(db)
        .await?;
        Ok(self.wait(&rows, now, 0))
    }

    /// Takes one count back, and all of them of the limit `forgiven`.
    pub(super) async fn take_back(&self, db: &mut PgConnection, forgiven: &str) -> sqlx::Result<()> {
        sqlx::query(
            "update ficus.throttle set events = case when key = $2 then 0 else greatest(events - 1, 0) end
             where key = any($1)",
        )
        .bind(self.keys())
        .bind(forgiven)
        .execute(db)
        .await?;
        Ok(())
    }

    /// Removes some of the rows that no longer count.
    pub(super) async fn tidy(db: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
        sqlx::query(
            "delete from ficus.throttle where key in (
               select key from ficus.throttle where ends_at <= $1
               order by ends_at limit $2 for update skip locked)",
        )
        .bind(now)
        .bind(REMOVED_AT_ONCE)
        .execute(db)
        .await?;
        Ok(())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(Limit::key).collect()
    }

    /// `more` is how many events the attempt would add.
    fn wait(&self, rows: &[Counted], now: OffsetDateTime, more: i32) -> Option<u64> {
        let over = rows.iter().filter(|row| {
            let limit = self.0.iter().find(|limit| limit.key == row.key);
            limit.is_some_and(|limit| row.events.saturating_add(more) > limit.most)
        });
        let longest = over.map(|row| row.ends_at - now).max()?;
        Some(u64::try_from(longest.whole_seconds().max(0)).unwrap_or_default() + 1)
    }
}

/// One household or server: an IPv4 address, the first 64 bits of an IPv6 address.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_network_of_version_six_is_one_client_and_a_mapped_address_is_version_four() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:aaaa::1"), of("2001:db8:1:2:bbbb::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn the_last_allowed_attempt_passes_and_the_next_waits_for_the_end_of_the_window() {
        let limit = Limit::new("kind", &["part"], 10, Duration::minutes(15));
        let key = limit.key().to_owned();
        let throttle = Throttle::new(vec![limit]);
        let now = datetime!(2026-11-22 10:00 UTC);
        let row = |events| {
            [Counted {
                key: key.clone(),
                events,
                ends_at: now + Duration::minutes(5),
            }]
        };
        assert_eq!(throttle.wait(&row(10), now, 0), None);
        assert_eq!(throttle.wait(&row(11), now, 0), Some(301));
        assert_eq!(throttle.wait(&row(9), now, 1), None);
        assert_eq!(throttle.wait(&row(10), now, 1), Some(301));
    }
}
