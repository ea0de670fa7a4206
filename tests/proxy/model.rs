//! The model: for any sequence of flag edits, kills, failures and reloads, each request is served by a side that the flags of its
//! answer name, and no write is done twice or lost.

use std::collections::HashMap;

use flags::{Facts, Inventory, Side, Snapshot, compile, decide};
use harness::{Answer as Heard, TestProxy};
use http::{HeaderMap, Method};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing::{self, WRITE, rows};

const SEQUENCES: usize = 12;
const STAGES: [&str; 5] = ["legacy", "shadow", "canary", "native", "retired"];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    /// The flags are replaced: stage, share in percent, what falls back.
    Edit(usize, u8, bool),
    /// The flag file is broken, or goes away.
    Break(bool),
    /// The kill file appears, with these words, or goes.
    Kill(Option<&'static str>),
    /// Writes come in at the same time, each with its client and its failure.
    Writes(Vec<(u8, &'static str)>),
}

fn event() -> impl Strategy<Value = Event> {
    let failures = prop::sample::select(vec!["", "", "", "panic", "fault", "terminate"]);
    let kill = prop::sample::select(vec![
        None,
        None,
        Some(""),
        Some("POST /api/tests/writing\n"),
        Some("other\n"),
    ]);
    prop_oneof![
        3 => (0..STAGES.len(), 0u8..=100, any::<bool>()).prop_map(|(stage, share, back)| Event::Edit(stage, share, back)),
        1 => any::<bool>().prop_map(Event::Break),
        1 => kill.prop_map(Event::Kill),
        6 => prop::collection::vec((0u8..20, failures), 1..4).prop_map(Event::Writes),
    ]
}

fn text(stage: usize, share: u8, falls_back: bool) -> String {
    let fallback = if falls_back {
        "[fault, timeout, saturated, panic]"
    } else {
        "[]"
    };
    format!(
        "version: 1
routes:
  - route: POST /api/tests/writing
    stage: {}
    sample: 0%
    fallback: {fallback}
    canary: {{ share: {share}%, subject: [\"header:x-client-id\"] }}
",
        STAGES[stage]
    )
}

/// Every version that was ever written, by its name.
struct Versions(HashMap<String, Snapshot>);

impl Versions {
    fn add(&mut self, text: &str) {
        let inventory = Inventory::new("POST /api/tests/writing".parse().ok());
        let snapshot = compile(text, &inventory).unwrap();
        self.0.insert(snapshot.version().to_owned(), snapshot);
    }

    /// The side that the flags of an answer name for its client, and whether a failure may go on to legacy.
    fn named(&self, heard: &Heard, client: &str) -> (Side, bool) {
        let version = heard.header("x-ficus-flags").expect("an answer names its flags");
        let snapshot = self
            .0
            .get(version)
            .expect("only a version that was written is in force");
        let mut headers = HeaderMap::new();
        headers.insert("x-client-id", client.parse().unwrap());
        let facts = Facts {
            headers: Some(&headers),
            ..Facts::new(&Method::POST, WRITE, 0)
        };
        let decision = decide(snapshot, &facts);
        let plan = decision.plan.expect("the route is named");
        let falls_back = plan.fallback.fault && plan.stage != flags::Stage::Retired;
        (decision.serve, falls_back)
    }
}

struct World {
    legacy: FakeLegacy,
    database: Database,
    proxy: TestProxy,
    versions: Versions,
    next: usize,
}

impl World {
    async fn happen(&mut self, event: Event) {
        match event {
            Event::Edit(stage, share, falls_back) => {
                let text = text(stage, share, falls_back);
                self.versions.add(&text);
                self.proxy.set_flags(&text);
            }
            Event::Break(true) => self
                .proxy
                .set_flags("version: 1\nroutes: [{ route: POST /api/tests/writing, stage: nativ"),
            Event::Break(false) => {
                let _may_be_gone = std::fs::remove_file(self.proxy.flag_file());
            }
            Event::Kill(None) => {
                let _may_be_gone = std::fs::remove_file(self.proxy.kill_file());
            }
            Event::Kill(Some(text)) => std::fs::write(self.proxy.kill_file(), text).unwrap(),
            Event::Writes(writes) => {
                let begun: Vec<_> = writes
                    .into_iter()
                    .map(|(client, then)| {
                        self.next += 1;
                        (format!("m{}", self.next), format!("client-{client}"), then)
                    })
                    .collect();
                let asked = begun.iter().map(|(id, client, then)| {
                    let caller = self.proxy.client().with_header("x-client-id", client);
                    async move { caller.post(&format!("{WRITE}?then={then}"), &json!({ "id": id })).await }
                });
                let heard = futures_util::future::join_all(asked).await;
                for ((id, client, then), heard) in begun.iter().zip(&heard) {
                    self.check(id, client, then, heard).await;
                }
            }
        }
    }

    async fn check(&self, id: &str, client: &str, then: &str, heard: &Heard) {
        let about = format!("{id} of {client}, then {then:?}: {} {:?}", heard.status, heard.headers);
        let body = json!({ "id": id }).to_string();
        let asked = self.legacy.requests_to(WRITE);
        let by_legacy = asked.iter().filter(|request| request.text() == body).count();
        let by_native = rows(&self.database.pool, id).await;
        assert!(by_native == 0 || by_native == 2, "half a write: {about}");
        let done = usize::from(by_native == 2) + by_legacy;
        let (named, falls_back) = self.versions.named(heard, client);
        let reason = heard.header("x-ficus-reason").unwrap_or_default();
        let served = heard.header("x-ficus-served-by").unwrap_or_default();
        let fails = !then.is_empty();
        match (reason, named) {
            ("killed", _) | (_, Side::Legacy) => {
                assert_eq!((served, by_native, by_legacy), ("legacy", 0, 1), "{about}")
            }
            ("fallback" | "circuit", Side::Native) => {
                assert!(falls_back && (fails || reason == "circuit"), "{about}");
                assert_eq!((served, by_native, by_legacy), ("legacy", 0, 1), "{about}");
            }
            (_, Side::Native) if fails => {
                assert!(!falls_back && heard.status.is_server_error(), "{about}");
                assert_eq!(done, 0, "{about}");
            }
            (_, Side::Native) => assert_eq!((served, by_native, by_legacy), ("native", 2, 0), "{about}"),
        }
        assert_eq!(done, usize::from(heard.status.is_success()), "{about}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_is_served_by_a_side_that_its_flags_name_and_no_write_is_done_twice() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "by": "legacy" })));
    let database = Cluster::shared().await.database().await;
    let first = text(0, 0, true);
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(&first)
        .config("circuit:\n  failures: 4\n  pause: 50ms")
        .spawn()
        .await;
    let mut versions = Versions(HashMap::new());
    versions.add(&first);
    let mut world = World {
        legacy,
        database,
        proxy,
        versions,
        next: 0,
    };
    let mut runner = TestRunner::deterministic();
    let sequence = prop::collection::vec(event(), 20..40);
    for _ in 0..SEQUENCES {
        for event in sequence.new_tree(&mut runner).unwrap().current() {
            world.happen(event).await;
        }
    }
    assert!(world.next > 200, "only {} writes", world.next);
}
