//! Making the report from the store.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::filter::{Filter, Places};
use super::model::{Class, Difference, Latency, Learned, Report, RouteReport, Totals, WaiverReport};
use super::noise::is_difference;
use super::quantile::quantile;
use super::{rejudge, waivers};
use crate::shadow::now_ms;
use crate::store::{DifferenceGroup, GroupClient, LatencyBucket, LearnedNoise, MismatchSet, Store, StoreError, Window};

/// Clients shown of one cause.
const BUSIEST: usize = 3;

impl Report {
    /// Makes the report.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(store: &Store, filter: &Filter, places: &Places) -> Result<Self, StoreError> {
        Self::make(store, filter, places, false).await
    }

    /// Makes the report with every stored sample judged again under the rules of these flags: what would remain.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn rejudge(store: &Store, filter: &Filter, places: &Places) -> Result<Self, StoreError> {
        Self::make(store, filter, places, true).await
    }

    async fn make(store: &Store, filter: &Filter, places: &Places, again: bool) -> Result<Self, StoreError> {
        let window = filter.window();
        let now = filter.now_ms.unwrap_or_else(now_ms);
        let mut routes = Routes {
            filter,
            places,
            entries: BTreeMap::new(),
        };
        routes.count(store, window).await?;
        let sets = store.mismatch_sets(window).await?;
        routes.learn(store.noise(window).await?);
        let mut waivers = waivers::all(places, store, now).await?;
        routes.add_causes(store, window, &sets).await?;
        for route in routes.entries.values_mut() {
            weigh(route, &mut waivers);
            if again {
                rejudge::route(route, store, &places.place(&route.route).rules).await?;
            }
        }
        routes.subtract(&sets);
        routes.keep_clients();
        for route in routes.entries.values_mut() {
            let order = |one: &Difference| (severity(one.class), Reverse(one.group.n));
            route.differences.sort_by_key(order);
        }
        let mut report = sum(routes.entries.into_values().collect());
        report.made_ms = now;
        (report.since_ms, report.until_ms) = (filter.since_ms, filter.until_ms);
        report.client.clone_from(&filter.client);
        (report.rejudged, report.waivers) = (again, waivers);
        Ok(report)
    }
}

/// The routes of a report in the making.
struct Routes<'f> {
    filter: &'f Filter,
    places: &'f Places,
    entries: BTreeMap<String, RouteReport>,
}

impl Routes<'_> {
    /// The route's part of the report, unless the filter leaves it out.
    fn entry(&mut self, name: &str) -> Option<&mut RouteReport> {
        let place = self.places.place(name);
        if !self.filter.wants(name, &place) {
            return None;
        }
        Some(self.entries.entry(name.to_owned()).or_insert_with(|| RouteReport {
            route: name.to_owned(),
            phase: place.phase,
            group: place.group,
            stage: place.stage,
            ..RouteReport::default()
        }))
    }

    async fn count(&mut self, store: &Store, window: Window) -> Result<(), StoreError> {
        for row in store.counts(window).await? {
            if let Some(route) = self.entry(&row.route) {
                route.count(&row.outcome, row.status, whole(row.n));
            }
        }
        for row in store.not_compared(window).await? {
            if let Some(route) = self.entry(&row.route) {
                route.totals.not_compared += whole(row.n);
                *route.reasons.entry(row.reason).or_default() += whole(row.n);
            }
        }
        let latencies = store.latencies(window).await?;
        for (name, route) in &mut self.entries {
            route.legacy_latency = latency(&latencies, name, "legacy");
            route.native_latency = latency(&latencies, name, "native");
        }
        Ok(())
    }

    fn learn(&mut self, noise: Vec<LearnedNoise>) {
        for figures in noise {
            let counts = is_difference(figures.raw, figures.noise, figures.exchanges);
            if let Some(route) = self.entry(&figures.route.clone()) {
                route.learned.push(Learned { figures, counts });
            }
        }
    }

    /// Adds the causes seen in the window, counted by the sets in which they came.
    async fn add_causes(&mut self, store: &Store, window: Window, sets: &[MismatchSet]) -> Result<(), StoreError> {
        let mut counted: HashMap<&str, i64> = HashMap::new();
        for set in sets {
            for key in set.causes.split(',') {
                *counted.entry(key).or_default() += set.n;
            }
        }
        let mut clients: HashMap<String, Vec<GroupClient>> = HashMap::new();
        for client in store.group_clients().await? {
            clients.entry(client.group_key.clone()).or_default().push(client);
        }
        let mut reproducers = store.reproducers().await?;
        for mut group in store.groups(window).await? {
            let Some(n) = counted.get(group.group_key.as_str()) else {
                continue;
            };
            group.n = *n;
            let busiest = clients.remove(&group.group_key).unwrap_or_default();
            let reproducer = reproducers.remove(&group.group_key);
            if let Some(route) = self.entry(&group.route.clone()) {
                route.differences.push(difference(group, busiest, reproducer));
            }
        }
        Ok(())
    }

    /// Keeps the busiest clients of each cause; of a report on one client, only its causes and routes.
    fn keep_clients(&mut self) {
        let causes = self.entries.values_mut().flat_map(|route| &mut route.differences);
        let Some(wanted) = &self.filter.client else {
            causes.for_each(|difference| difference.busiest.truncate(BUSIEST));
            return;
        };
        for difference in causes {
            difference.busiest.retain(|client| client.client == *wanted);
            difference.group.n = difference.busiest.first().map_or(0, |client| client.n);
        }
        self.entries.retain(|_, route| {
            route.differences.retain(|difference| difference.group.n > 0);
            !route.differences.is_empty()
        });
    }

    /// Takes the exchanges out of the mismatches of which no cause counts.
    fn subtract(&mut self, sets: &[MismatchSet]) {
        for (name, route) in &mut self.entries {
            let classes: HashMap<&str, Class> = route
                .differences
                .iter()
                .map(|difference| (difference.group.group_key.as_str(), difference.class))
                .collect();
            for set in sets.iter().filter(|set| set.route == *name) {
                // A cause that is not in the report is not known to be harmless.
                let of = |key| classes.get(key).copied().unwrap_or(Class::Counts);
                let worst = set.causes.split(',').map(of).min_by_key(|class| severity(*class));
                let n = whole(set.n).min(route.totals.mismatched);
                let apart = match worst.unwrap_or(Class::Counts) {
                    Class::Counts => continue,
                    Class::Waived => &mut route.totals.waived,
                    Class::Noise => &mut route.totals.noise,
                    Class::Explained => &mut route.totals.explained,
                };
                *apart += n;
                route.totals.mismatched -= n;
            }
        }
    }
}

/// One exchange with several causes is what the worst of them is.
fn severity(class: Class) -> u8 {
    match class {
        Class::Counts => 0,
        Class::Waived => 1,
        Class::Noise => 2,
        Class::Explained => 3,
    }
}

fn difference(group: DifferenceGroup, busiest: Vec<GroupClient>, reproducer: Option<String>) -> Difference {
    Difference {
        group,
        class: Class::Counts,
        waiver: None,
        busiest,
        reproducer,
        again: None,
    }
}

/// Says of each cause whether it counts.
fn weigh(route: &mut RouteReport, waivers: &mut [WaiverReport]) {
    for difference in &mut route.differences {
        let group = &difference.group;
        difference.waiver = waivers::covering(waivers, group);
        let learned = route
            .learned
            .iter()
            .find(|one| one.figures.group_key == group.group_key);
        difference.class = match difference.waiver.and_then(|index| waivers.get(index)) {
            Some(waiver) if !waiver.expired => Class::Waived,
            _ if learned.is_some_and(|learned| !learned.counts) => Class::Noise,
            _ => Class::Counts,
        };
    }
}

/// The report of these routes, with its sums.
fn sum(mut routes: Vec<RouteReport>) -> Report {
    let mut totals = Totals::default();
    let (mut phases, mut groups): (BTreeMap<String, Totals>, BTreeMap<String, Totals>) = Default::default();
    for route in &mut routes {
        route.totals.rate();
        let phase = route.phase.map_or_else(|| "none".to_owned(), |phase| phase.to_string());
        totals.add(&route.totals);
        phases.entry(phase).or_default().add(&route.totals);
        if let Some(group) = &route.group {
            groups.entry(group.clone()).or_default().add(&route.totals);
        }
    }
    totals.rate();
    phases.values_mut().chain(groups.values_mut()).for_each(Totals::rate);
    Report {
        made_ms: 0,
        since_ms: None,
        until_ms: None,
        client: None,
        rejudged: false,
        totals,
        phases,
        groups,
        routes,
        waivers: Vec::new(),
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

fn latency(rows: &[LatencyBucket], route: &str, side: &str) -> Latency {
    let buckets: Vec<_> = rows
        .iter()
        .filter(|row| row.route == route && row.side == side)
        .map(|row| (row.bucket, row.n))
        .collect();
    Latency {
        p50_us: quantile(&buckets, 500),
        p99_us: quantile(&buckets, 990),
    }
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}
