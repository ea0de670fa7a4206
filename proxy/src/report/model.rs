//! The report as data, and how it is made from the store.

use std::collections::{BTreeMap, HashMap};

use flags::Snapshot;
use serde::Serialize;

use super::quantile::quantile;
use super::wilson;
use crate::store::{DifferenceGroup, LatencyBucket, Store, StoreError};

/// What the report is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what was seen since then, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only routes that contain this text, whatever its case.
    pub route: Option<String>,
    /// Only routes of this phase of the migration plan.
    pub phase: Option<u8>,
}

/// Where each route stands in the plan: from the flags, because the store knows only what happened.
#[derive(Clone, Debug, Default)]
pub struct Places(HashMap<String, Place>);

/// The place of one route.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The phase of the migration plan.
    pub phase: Option<u8>,
    /// The group with which it flips.
    pub group: Option<String>,
    /// Its stage.
    pub stage: Option<String>,
}

impl Places {
    /// The places that these flags give.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let place = |plan: &std::sync::Arc<flags::RoutePlan>| {
            let stage = serde_json::to_value(plan.stage)
                .ok()
                .and_then(|value| value.as_str().map(str::to_owned));
            (
                plan.key.to_string(),
                Place {
                    phase: plan.phase,
                    group: plan.group.clone(),
                    stage,
                },
            )
        };
        Self(snapshot.plans().iter().map(place).collect())
    }
}

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was seen since then only, in milliseconds since 1970; absent: everything that is kept.
    pub since_ms: Option<i64>,
    /// All routes together.
    pub totals: Totals,
    /// By phase; the key `none` holds routes without one.
    pub phases: BTreeMap<String, Totals>,
    /// By group of routes.
    pub groups: BTreeMap<String, Totals>,
    /// Every route that was shadowed, or could not be.
    pub routes: Vec<RouteReport>,
}

/// Counts of one route or of several.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Comparisons that say something: matches and mismatches.
    pub samples: u64,
    /// Equal.
    pub matched: u64,
    /// Different.
    pub mismatched: u64,
    /// Different at first, equal when asked again.
    pub transient: u64,
    /// Legacy answered 5xx.
    pub legacy_failed: u64,
    /// Not compared, for whatever reason.
    pub not_compared: u64,
    /// The match rate, absent without samples.
    pub match_rate: Option<f64>,
    /// Its interval at 95 % confidence.
    pub interval: Interval,
}

/// A confidence interval, in 0..=1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interval {
    /// Lower bound: what gates use.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Default for Interval {
    fn default() -> Self {
        Self { low: 0.0, high: 1.0 }
    }
}

/// One route.
#[derive(Clone, Debug, Serialize)]
pub struct RouteReport {
    /// In flag notation.
    pub route: String,
    /// Phase of the plan.
    pub phase: Option<u8>,
    /// Group of routes.
    pub group: Option<String>,
    /// Stage now.
    pub stage: Option<String>,
    /// Its counts.
    #[serde(flatten)]
    pub totals: Totals,
    /// Comparisons by legacy's status code: a status that never occurred is not covered.
    pub statuses: BTreeMap<u16, u64>,
    /// Why requests were not compared.
    pub reasons: BTreeMap<String, u64>,
    /// Legacy's latency.
    pub legacy_latency: Latency,
    /// Latency of the dry run.
    pub native_latency: Latency,
    /// Causes of differences, the most frequent first.
    pub differences: Vec<Difference>,
}

/// Latency in microseconds, as upper bounds of histogram buckets.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// Median.
    pub p50_us: Option<i64>,
    /// 99th percentile.
    pub p99_us: Option<i64>,
}

/// Differences of one cause.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The group in the store.
    #[serde(flatten)]
    pub group: DifferenceGroup,
    /// A `curl` line without secrets that shows it; absent when no sample was kept for this group.
    pub reproducer: Option<String>,
}

impl Report {
    /// Makes the report.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(store: &Store, filter: &Filter, places: &Places) -> Result<Self, StoreError> {
        let since = filter.since_ms.unwrap_or(i64::MIN);
        // Counters are kept by hour: the hour that the moment lies in belongs to the report.
        let since_hour = since.checked_sub(since.rem_euclid(3_600_000)).unwrap_or(i64::MIN);
        let mut routes: BTreeMap<String, RouteReport> = BTreeMap::new();
        for row in store.counts(since_hour).await? {
            if let Some(route) = entry(&mut routes, &row.route, filter, places) {
                route.count(&row.outcome, row.status, whole(row.n));
            }
        }
        for row in store.not_compared(since_hour).await? {
            if let Some(route) = entry(&mut routes, &row.route, filter, places) {
                route.totals.not_compared += whole(row.n);
                *route.reasons.entry(row.reason).or_default() += whole(row.n);
            }
        }
        add_latencies(&mut routes, &store.latencies(since_hour).await?);
        for group in store.groups(since).await? {
            if let Some(route) = entry(&mut routes, &group.route.clone(), filter, places) {
                let reproducer = store
                    .samples(&group.group_key)
                    .await?
                    .into_iter()
                    .next()
                    .map(|sample| sample.reproducer);
                route.differences.push(Difference { group, reproducer });
            }
        }
        Ok(Self::of(filter.since_ms, routes.into_values().collect()))
    }

    fn of(since_ms: Option<i64>, mut routes: Vec<RouteReport>) -> Self {
        let mut report = Self {
            since_ms,
            totals: Totals::default(),
            phases: BTreeMap::new(),
            groups: BTreeMap::new(),
            routes: Vec::new(),
        };
        for route in &mut routes {
            route.totals.rate();
            let phase = route.phase.map_or_else(|| "none".to_owned(), |phase| phase.to_string());
            report.totals.add(&route.totals);
            report.phases.entry(phase).or_default().add(&route.totals);
            if let Some(group) = &route.group {
                report.groups.entry(group.clone()).or_default().add(&route.totals);
            }
        }
        report.totals.rate();
        report
            .phases
            .values_mut()
            .chain(report.groups.values_mut())
            .for_each(Totals::rate);
        report.routes = routes;
        report
    }
}

impl RouteReport {
    fn count(&mut self, outcome: &str, status: i64, n: u64) {
        let totals = &mut self.totals;
        match outcome {
            "match" => totals.matched += n,
            "mismatch" => totals.mismatched += n,
            "transient" => totals.transient += n,
            "legacy failed" => totals.legacy_failed += n,
            // A newer version of Ficus may have written other outcomes into a shared store.
            _ => return,
        }
        *self
            .statuses
            .entry(u16::try_from(status).unwrap_or_default())
            .or_default() += n;
    }
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.matched += other.matched;
        self.mismatched += other.mismatched;
        self.transient += other.transient;
        self.legacy_failed += other.legacy_failed;
        self.not_compared += other.not_compared;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    fn rate(&mut self) {
        self.samples = self.matched + self.mismatched;
        self.match_rate = (self.samples > 0).then(|| self.matched as f64 / self.samples as f64);
        let (low, high) = wilson::interval(self.matched, self.samples);
        self.interval = Interval { low, high };
    }
}

/// The route's line of the report, unless the filter leaves it out.
fn entry<'r>(
    routes: &'r mut BTreeMap<String, RouteReport>,
    name: &str,
    filter: &Filter,
    places: &Places,
) -> Option<&'r mut RouteReport> {
    let place = places.0.get(name).cloned().unwrap_or_default();
    let wanted = filter
        .route
        .as_ref()
        .is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
        && filter.phase.is_none_or(|phase| place.phase == Some(phase));
    wanted.then(|| {
        routes.entry(name.to_owned()).or_insert_with(|| RouteReport {
            route: name.to_owned(),
            phase: place.phase,
            group: place.group,
            stage: place.stage,
            totals: Totals::default(),
            statuses: BTreeMap::new(),
            reasons: BTreeMap::new(),
            legacy_latency: Latency::default(),
            native_latency: Latency::default(),
            differences: Vec::new(),
        })
    })
}

fn add_latencies(routes: &mut BTreeMap<String, RouteReport>, rows: &[LatencyBucket]) {
    for (name, route) in routes {
        let side = |side: &str| {
            let buckets: Vec<_> = rows
                .iter()
                .filter(|row| row.route == *name && row.side == side)
                .map(|row| (row.bucket, row.n))
                .collect();
            Latency {
                p50_us: quantile(&buckets, 500),
                p99_us: quantile(&buckets, 990),
            }
        };
        (route.legacy_latency, route.native_latency) = (side("legacy"), side("native"));
    }
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}
