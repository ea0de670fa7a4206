//! How long legacy has not been asked for a route: by the word of a person, or by what Ficus's store has seen.

use std::collections::BTreeMap;

use crate::inventory::stages;
use crate::store::{Store, StoreError};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Versions of the flag file that are looked at, the newest first.
const MOST_VERSIONS: i64 = 1_000;
/// Stages in which legacy is not asked.
const WITHOUT_LEGACY: [&str; 2] = ["native", "retired"];

/// For how long legacy has been left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// Whole days; `None` when nobody knows.
    pub days: Option<u32>,
    /// How that is known, in one clause.
    pub evidence: String,
}

/// Who knows when legacy was last asked for a route.
pub trait Traffic: std::fmt::Debug {
    /// The days since then, for `METHOD pattern`.
    fn quiet(&self, route: &str) -> Quiet;
}

/// The word of a person, who has looked at legacy's access log.
#[derive(Debug, Clone, Copy)]
pub struct Said(pub Option<u32>);

impl Traffic for Said {
    fn quiet(&self, _: &str) -> Quiet {
        let evidence = self.0.map_or_else(
            || {
                "nobody knows when legacy last answered it; name the store, or the days of legacy's access log"
                    .to_owned()
            },
            |days| format!("{days} days, as --quiet-days says"),
        );
        Quiet { days: self.0, evidence }
    }
}

/// What the store has seen: the last hour of every route in which legacy was asked, and the flag files that were in force.
#[derive(Debug, Clone)]
pub struct Seen {
    now_ms: i64,
    last: BTreeMap<String, i64>,
    /// When each version came into force, and its text; the oldest first.
    versions: Vec<(i64, String)>,
}

impl Seen {
    /// Reads the store. `now_ms` is in milliseconds since 1970.
    ///
    /// # Errors
    /// When the store's database refuses.
    pub async fn load(store: &Store, now_ms: i64) -> Result<Self, StoreError> {
        let last: Vec<(String, i64)> = sqlx::query_as(
            "select route, max(hour) as last from ( \
             select route, hour from comparison_counts \
             union all select route, hour from not_compared_counts \
             union all select route, hour from latency_counts where side = 'legacy') as seen \
             group by route order by route",
        )
        .fetch_all(store.pool())
        .await?;
        let mut versions: Vec<(i64, String)> =
            sqlx::query_as("select published_at, yaml from flag_versions order by version desc limit $1")
                .bind(MOST_VERSIONS)
                .fetch_all(store.pool())
                .await?;
        versions.reverse();
        Ok(Self {
            now_ms,
            last: last.into_iter().collect(),
            versions,
        })
    }

    /// The end of the last version of the flag file in which legacy answered the route.
    fn last_version(&self, route: &str) -> Option<i64> {
        let answers = |text: &str| {
            let stage = stages(text, route).remove(route);
            !stage.is_some_and(|stage| WITHOUT_LEGACY.contains(&stage.as_str()))
        };
        let at = self.versions.iter().rposition(|(_, text)| answers(text));
        match at {
            Some(at) => Some(self.versions.get(at + 1).map_or(self.now_ms, |(next, _)| *next)),
            // In every version that is known native answered; before the first one nothing is known.
            None => self.versions.first().map(|(first, _)| *first),
        }
    }
}

impl Traffic for Seen {
    fn quiet(&self, route: &str) -> Quiet {
        let (asked, version) = (self.last.get(route).copied(), self.last_version(route));
        let days = asked.max(version).map(|at| {
            let days = self.now_ms.saturating_sub(at).max(0) / DAY_MS;
            u32::try_from(days).unwrap_or(u32::MAX)
        });
        let evidence = match (days, asked >= version, version.is_some()) {
            (None, ..) => {
                "the store has no trace of it; say --quiet-days after a look at legacy's access log".to_owned()
            }
            (Some(days), true, true) => format!("legacy was last asked {days} days ago"),
            (Some(days), true, false) => {
                format!(
                    "last compared {days} days ago; the store has no flag files, and unshadowed requests leave no trace"
                )
            }
            (Some(days), false, _) => format!("no flag file sends it to legacy for {days} days"),
        };
        Quiet { days, evidence }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{DAY_MS, Said, Seen, Traffic as _};
    use crate::store::Store;

    fn flags(stage: &str) -> String {
        format!("version: 1\nroutes:\n  - route: GET /api/a\n    stage: {stage}\n")
    }

    fn seen(last: Option<i64>, versions: &[(i64, &str)]) -> Seen {
        Seen {
            now_ms: 100 * DAY_MS,
            last: last
                .map(|day| ("GET /api/a".to_owned(), day * DAY_MS))
                .into_iter()
                .collect(),
            versions: versions
                .iter()
                .map(|(day, stage)| (day * DAY_MS, flags(stage)))
                .collect(),
        }
    }

    #[test]
    fn the_later_of_traffic_and_flags_counts() {
        let days = |seen: &Seen| seen.quiet("GET /api/a").days;
        assert_eq!(
            days(&seen(Some(90), &[(10, "shadow"), (60, "native"), (80, "retired")])),
            Some(10)
        );
        assert_eq!(
            days(&seen(Some(50), &[(10, "shadow"), (60, "native"), (80, "retired")])),
            Some(40)
        );
        assert_eq!(days(&seen(Some(50), &[(10, "native"), (60, "legacy")])), Some(0));
        assert_eq!(days(&seen(None, &[(70, "retired")])), Some(30));
        assert_eq!(days(&seen(Some(95), &[])), Some(5));
        assert_eq!(days(&seen(None, &[])), None);
        assert_eq!(Said(Some(3)).quiet("GET /api/a").days, Some(3));
    }

    #[tokio::test]
    async fn the_store_is_asked_for_every_kind_of_trace() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let yaml = flags("native").replace('\'', "''");
        for sql in [
            "insert into comparison_counts values ('GET /api/a', 'shadow', 'match', 200, 1, 86400000, 3)".to_owned(),
            "insert into latency_counts values ('GET /api/b', 'legacy', 100, 172800000, 1)".to_owned(),
            "insert into latency_counts values ('GET /api/b', 'native', 100, 864000000, 1)".to_owned(),
            format!("insert into flag_versions values (1, 'h', '{yaml}', 259200000, 'somebody')"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(store.pool())
                .await
                .unwrap();
        }
        let seen = Seen::load(&store, 10 * DAY_MS).await.unwrap();
        assert_eq!(
            seen.last,
            BTreeMap::from([("GET /api/a".to_owned(), DAY_MS), ("GET /api/b".to_owned(), 2 * DAY_MS)])
        );
        assert_eq!(seen.quiet("GET /api/a").days, Some(7));
        assert_eq!(
            seen.quiet("GET /api/b").days,
            Some(0),
            "no version names it, so legacy answers it"
        );
        store.close().await;
    }
}
