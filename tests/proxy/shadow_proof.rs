//! The proof of the shadow: under load, on one database, every injected difference is found and grouped once, and nothing else is.
//!
//! Both sides mint ids, times and tokens, list tags in an order of their own, and race for the same rows. In CI it runs until some
//! hundred exchanges are compared; `FICUS_PROOF_SECONDS` and `FICUS_PROOF_EXCHANGES` ask for the full figures.

mod legacy;
mod load;
mod native;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use harness::TestProxy;
use proxy::store::Store;
use tempfile::TempDir;
use test_support::database::Cluster;

use self::load::{Load, Sent};

/// One way in which legacy can be made to differ, and the one group that must come of it.
#[derive(Debug)]
pub(crate) struct Injection {
    /// Its name in the query.
    pub(crate) name: &'static str,
    pub(crate) route: &'static str,
    kind: &'static str,
    path: &'static str,
}

const LIST: &str = "GET /api/proof/items";
const SHOW: &str = "GET /api/proof/items/[id]";
const CREATE: &str = "POST /api/proof/items";
const UPDATE: &str = "PUT /api/proof/items/[id]";

const INJECTIONS: [Injection; 18] = [
    injection("status", LIST, "status", "status"),
    injection("header", LIST, "header", "header:cache-control"),
    injection("field", LIST, "body", "$.items[*].label"),
    injection("missing", LIST, "body", "$.items[*].kind"),
    injection("null", LIST, "body", "$.note"),
    injection("type", LIST, "body", "$.total"),
    injection("extra-row", LIST, "body", "$.items"),
    injection("order", LIST, "body", "$.sorted"),
    injection("tag", LIST, "body", "$.items[*].tags[*]"),
    injection("stored-time", LIST, "body", "$.items[*].createdAt"),
    injection("claim", LIST, "body", "$.token(jwt).role"),
    injection("field", SHOW, "body", "$.label"),
    injection("status", SHOW, "status", "status"),
    injection("status", CREATE, "status", "status"),
    injection("field", CREATE, "body", "$.label"),
    injection("location", CREATE, "header", "header:location"),
    injection("cookie", CREATE, "header", "header:set-cookie.seen.samesite"),
    injection("field", UPDATE, "body", "$.label"),
];

const fn injection(name: &'static str, route: &'static str, kind: &'static str, path: &'static str) -> Injection {
    Injection {
        name,
        route,
        kind,
        path,
    }
}

const FLAGS: &str = "version: 1
defaults:
  shadow: { budget: 5s }
routes:
  - { route: 'GET /api/proof/items', stage: shadow, compare: { unordered: { '$.items[*].tags': ~ } } }
  - { route: 'GET /api/proof/items/[id]', stage: shadow }
  - { route: 'POST /api/proof/items', stage: shadow }
  - { route: 'PUT /api/proof/items/[id]', stage: shadow }
";

const SCHEMA: &str =
    "create table proof_items (id text primary key, label text not null, kind text not null, n integer not null,
        seeded boolean not null, created_at timestamptz not null, updated_at timestamptz not null);
    insert into proof_items select 'item-' || i, 'label ' || i, 'kind', 0, true, '2026-01-01T00:00:00Z', now()
        from generate_series(1, 8) as i";

/// The environment of the full run.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_injected_difference_is_found_and_grouped_once_and_no_other() {
    let database = Cluster::shared().await.database().await;
    sqlx::raw_sql(SCHEMA).execute(&database.pool).await.expect("the table");
    let legacy = legacy::start(database.pool.clone()).await;
    let home = TempDir::with_prefix("ficus-proof-").expect("a directory");
    let store = format!("sqlite:{}", home.path().join("store.db").display());
    let proxy = TestProxy::builder()
        .legacy_url(&legacy.url)
        .database(&database.url)
        .store(&store)
        .routes(native::routes)
        .flags(FLAGS)
        .setting("FICUS_DRY_RUN_WAIT_MS", "3000")
        .spawn()
        .await;
    let load = Load {
        origin: proxy.origin().to_owned(),
        for_at_least: Duration::from_secs(setting("FICUS_PROOF_SECONDS", 2)),
        exchanges: setting("FICUS_PROOF_EXCHANGES", 600),
    };
    let sent = load.run().await;
    // Drained: every comparison is settled and stored.
    drop(proxy);
    let outcome = Outcome::read(&Store::open(&store).await.expect("the store")).await;
    outcome.report(&sent);
    outcome.accounts_for(&sent);
    outcome.has_one_group_for_each_injection(&sent);
}

/// What the store has in the end.
struct Outcome {
    /// By route: matched and the like.
    compared: BTreeMap<(String, String), u64>,
    /// By route: each reason.
    not_compared: BTreeMap<(String, String), u64>,
    /// By route, kind and path.
    groups: BTreeMap<(String, String, String), (u64, String)>,
}

impl Outcome {
    async fn read(store: &Store) -> Self {
        let (mut compared, mut not_compared) = (BTreeMap::new(), BTreeMap::new());
        for row in store.counts(0).await.expect("counts") {
            *compared.entry((row.route, row.outcome)).or_default() += count(row.n);
        }
        for row in store.not_compared(0).await.expect("reasons") {
            *not_compared.entry((row.route, row.reason)).or_default() += count(row.n);
        }
        let groups = store.groups(0).await.expect("groups").into_iter().map(|group| {
            let values = format!("{:?} {:?}", group.legacy_sample, group.native_sample);
            ((group.route, group.kind, group.path_template), (count(group.n), values))
        });
        Self {
            compared,
            not_compared,
            groups: groups.collect(),
        }
    }

    fn of(&self, route: &str) -> (u64, u64) {
        let sum =
            |map: &BTreeMap<(String, String), u64>| map.iter().filter(|(key, _)| key.0 == route).map(|(_, n)| n).sum();
        (sum(&self.compared), sum(&self.not_compared))
    }

    /// Never silent: every request is compared, or says why not.
    fn accounts_for(&self, sent: &Sent) {
        for (route, requests) in sent.by_route() {
            let (compared, not_compared) = self.of(&route);
            assert_eq!(compared + not_compared, requests, "{route}: {:?}", self.not_compared);
            assert!(
                compared > requests / 4,
                "{route}: too little was compared: {:?}",
                self.not_compared
            );
        }
    }

    fn has_one_group_for_each_injection(&self, sent: &Sent) {
        let key = |one: &Injection| (one.route.to_owned(), one.kind.to_owned(), one.path.to_owned());
        let expected: BTreeSet<_> = INJECTIONS.iter().map(key).collect();
        let found: BTreeSet<_> = self.groups.keys().cloned().collect();
        assert_eq!(found, expected, "{:#?}", self.groups);
        for one in &INJECTIONS {
            let (n, injected) = (self.groups[&key(one)].0, sent.injected(one));
            let (_, unknown) = self.of(one.route);
            assert!(n <= injected, "{one:?}: found {n} of {injected}");
            assert!(
                n + unknown >= injected,
                "{one:?}: found {n} of {injected}, {unknown} were not compared"
            );
        }
    }

    /// The figures, for people who asked for the full run.
    #[expect(clippy::print_stderr, reason = "the figures of the full run are for people")]
    fn report(&self, sent: &Sent) {
        if std::env::var_os("FICUS_PROOF_SECONDS").is_some() {
            let groups: Vec<_> = self.groups.iter().map(|(key, (n, _))| (key, n)).collect();
            eprintln!(
                "sent {:#?}\ncompared {:#?}\nnot compared {:#?}\ngroups {groups:#?}",
                sent.by_route(),
                self.compared,
                self.not_compared
            );
        }
    }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).expect("a count")
}
