//! A guard over sockets: a native handler that goes wrong is out before anybody is called, and its clients never saw an error.

use harness::{Client, TestProxy};
use proxy::rollout::{AuditEntry, FlagFile, Rollout, Wish};
use proxy::store::Store;
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing::{self, READ, WRITE};

const ROUTE: &str = "GET /api/tests/reading";

struct Stage {
    _legacy: FakeLegacy,
    _database: Database,
    proxy: TestProxy,
    rollout: Rollout,
}

fn clock() -> i64 {
    1_700_000_000_000
}

async fn stage(flags: &str) -> Stage {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "by": "legacy" })));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(flags)
        .spawn()
        .await;
    let store = Store::open(&proxy.store_url()).await.unwrap();
    let inventory = [ROUTE, "POST /api/tests/writing"].map(|key| key.parse().unwrap());
    let rollout = Rollout::new(
        store,
        FlagFile::at(proxy.flag_file()),
        flags::Inventory::new(inventory),
        clock,
    );
    Stage {
        _legacy: legacy,
        _database: database,
        proxy,
        rollout,
    }
}

/// Subjects that the published recipe puts into a canary of this share.
fn subjects(below: u16, wanted: usize) -> Vec<String> {
    let all = (0..).map(|number| format!("client-{number}"));
    let inside = all.filter(|subject| flags::bucket(ROUTE, "", subject) < below);
    inside.take(wanted).collect()
}

impl Stage {
    fn of(&self, subject: &str) -> Client {
        self.proxy.client().with_header("x-client-id", subject)
    }

    async fn state(&self, name: &str) -> String {
        self.rollout.find(name).await.unwrap().1.to_string()
    }

    async fn until_at(&self, name: &str, state: &str) {
        eventually(&format!("{name} is at {state}"), || async {
            (self.state(name).await == state).then_some(())
        })
        .await;
    }

    /// What came of the requests of a shadowed route: how many in all, and how many differed.
    async fn compared(&self, route: &str) -> (u64, u64) {
        let metrics = self.proxy.metrics().await;
        let count = |wanted: &str| -> u64 {
            let prefix = format!(r#"ficus_shadow_total{{route="{route}",outcome="{wanted}"#);
            let lines = metrics.lines().filter(|line| line.starts_with(&prefix));
            lines
                .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
                .sum()
        };
        (count(""), count("mismatch"))
    }

    /// The one thing that was done about a target.
    async fn act(&self, target: &str) -> AuditEntry {
        let entry = eventually("it is written down", || async {
            self.rollout.audit(Some(target), 10).await.unwrap().pop()
        })
        .await;
        let all = self.rollout.audit(Some(target), 10).await.unwrap();
        assert_eq!(all.len(), 1, "{all:#?}");
        entry
    }
}

fn canary(share: &str, guard: &str) -> String {
    format!(
        "version: 1
routes:
  - route: {ROUTE}
    stage: canary      # since today
    sample: 0%
    canary: {{ share: {share}, subject: [\"header:x-client-id\"] }}
    guard: {{ {guard} }}
"
    )
}

#[tokio::test]
async fn a_handler_that_starts_to_fail_at_five_percent_is_out_within_a_window_and_no_client_saw_an_error() {
    // The window is longer than anything here waits for, so whatever happens, happens within one.
    let stage = stage(&canary("5%", "error_rate: 10%, window: 60s, min_requests: 30")).await;
    let subjects = subjects(500, 25);
    for subject in &subjects {
        let answer = stage.of(subject).get(READ).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-ficus-served-by")),
            (200, Some("native"))
        );
    }
    // From here on every native run ends in a fault.
    let failing = format!("{READ}?then=fault");
    let mut instead = 0;
    let mut round = subjects.iter().cycle();
    while stage.state(ROUTE).await != "shadow" {
        let answer = stage.of(round.next().unwrap()).get(&failing).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({ "by": "legacy" }))
        );
        instead += 1;
        assert!(instead < 20_000, "the guard never acted");
    }
    // The flags that the guard wrote are in force, for everybody.
    let in_shadow = |answer: &harness::Answer| answer.header("x-ficus-reason") == Some("stage");
    eventually("the new flags are in force", || async {
        in_shadow(&stage.of(&subjects[0]).get(&failing).await).then_some(())
    })
    .await;
    let act = stage.act(ROUTE).await;
    assert_eq!(
        (act.actor.as_str(), act.from_state.as_deref(), act.to_state.as_deref()),
        ("guard", Some("canary 5%"), Some("shadow"))
    );
    assert!(
        act.reason.contains("failed within 60 s, more than the 10%"),
        "{}",
        act.reason
    );
    assert!(act.evidence.contains(r#""criterion":"error_rate""#), "{}", act.evidence);
    let text = std::fs::read_to_string(stage.proxy.flag_file()).unwrap();
    assert!(text.contains("# since today"), "{text}");
    let versions = stage.rollout.versions(10).await.unwrap();
    assert_eq!(
        (versions[0].author.as_str(), versions[0].hash.clone()),
        ("guard", flags::version_of(&text))
    );
    let line = format!(r#"ficus_guard_acts_total{{route="{ROUTE}",criterion="error_rate",outcome="taken_back"}} 1"#);
    stage.proxy.until_counted(&line).await;
}

#[tokio::test]
async fn differences_count_even_through_a_freeze_and_too_few_never_do() {
    let stage = stage(&format!(
        "version: 1
defaults: {{ stage: shadow, shadow: {{ budget: 5s }}, guard: {{ mismatch_rate: 50%, window: 60s, min_requests: 10 }} }}
routes:
  - route: {ROUTE}
  - route: POST /api/tests/writing
"
    ))
    .await;
    let wish = Wish {
        actor: "ana".to_owned(),
        reason: "the season".to_owned(),
        expected: None,
        evidence: json!({}),
        despite_freeze: true,
    };
    stage.rollout.freeze(&wish).await.unwrap();
    let client = stage.proxy.client();
    // Nine different answers on one route, ten on the other: judged in the same look, by the same rules.
    while stage.compared(ROUTE).await.1 < 9 {
        let before = stage.compared(ROUTE).await.0;
        client.get(READ).await;
        eventually("it is compared, or there was no room for it", || async {
            (stage.compared(ROUTE).await.0 > before).then_some(())
        })
        .await;
    }
    let other = "POST /api/tests/writing";
    for number in 0.. {
        let before = stage.compared(other).await;
        if before.1 == 10 {
            break;
        }
        client.post(WRITE, &json!({ "id": format!("g{number}") })).await;
        eventually("it is compared, or there was no room for it", || async {
            (stage.compared(other).await.0 > before.0).then_some(())
        })
        .await;
    }
    stage.until_at("POST /api/tests/writing", "legacy").await;
    assert_eq!(stage.state(ROUTE).await, "shadow");
    let act = stage.act("POST /api/tests/writing").await;
    assert!(
        act.reason.starts_with("10 of 10 differed within 60 s"),
        "{}",
        act.reason
    );
    assert!(
        stage.rollout.frozen().await.unwrap().is_some(),
        "the freeze still holds"
    );
}

#[tokio::test]
async fn a_native_side_that_is_slower_than_it_may_be_is_taken_back() {
    let stage = stage(&canary("50%", "latency_ratio: 3, window: 60s, min_requests: 15")).await;
    let inside = subjects(5_000, 15);
    let outside: Vec<String> = (0..)
        .map(|number| format!("client-{number}"))
        .filter(|subject| !inside.contains(subject) && flags::bucket(ROUTE, "", subject) >= 5_000)
        .take(15)
        .collect();
    let slow = format!("{READ}?then=slow");
    for subject in inside.iter().chain(&outside) {
        assert_eq!(stage.of(subject).get(&slow).await.status, 200);
    }
    stage.until_at(ROUTE, "shadow").await;
    let act = stage.act(ROUTE).await;
    assert!(act.reason.contains("more than the 3.00 times"), "{}", act.reason);
}

#[tokio::test]
async fn a_guard_that_kills_goes_to_legacy_at_once_and_one_act_is_enough() {
    let stage = stage(&format!(
        "version: 1
groups:
  tests:
    stage: canary
    canary: {{ share: 100%, subject: [ip] }}
routes:
  - {{ route: {ROUTE}, group: tests, guard: {{ error_rate: 1%, window: 60s, min_requests: 5, action: kill }} }}
  - {{ route: POST /api/tests/writing, group: tests, guard: {{ error_rate: 1%, window: 60s, min_requests: 5 }} }}
"
    ))
    .await;
    let client = stage.proxy.client();
    for number in 0..5 {
        client.get(&format!("{READ}?then=fault")).await;
        let body = json!({ "id": format!("k{number}") });
        let write = client.post(&format!("{WRITE}?then=fault"), &body).await;
        assert_eq!(write.json(), json!({ "by": "legacy" }));
    }
    stage.until_at("tests", "legacy").await;
    // Both members were broken; the group was moved once.
    let act = stage.act("tests").await;
    assert_eq!(
        (act.from_state.as_deref(), act.to_state.as_deref()),
        (Some("canary 100%"), Some("legacy"))
    );
    // With the new flags in force the kill is over, and nothing is left behind that somebody would have to find.
    eventually("the kill is over", || async {
        let answer = stage.proxy.client().get(READ).await;
        (answer.header("x-ficus-reason") == Some("stage")).then_some(())
    })
    .await;
    stage.proxy.until_counted("ficus_flags_killed_names 0").await;
}

#[tokio::test]
async fn where_the_flags_cannot_be_changed_the_route_is_killed_until_somebody_moves_it() {
    let stage = stage(&canary("100%", "error_rate: 1%, window: 60s, min_requests: 5")).await;
    stage.proxy.set_flags("version: 1\nroutes: [");
    stage.proxy.until_counted("ficus_flags_stale 1").await;
    for _ in 0..5 {
        let answer = stage.of("client-1").get(&format!("{READ}?then=fault")).await;
        assert_eq!(answer.json(), json!({ "by": "legacy" }));
    }
    let is = |reason: &'static str| {
        let client = stage.of("client-1");
        async move {
            eventually(reason, || async {
                (client.get(READ).await.header("x-ficus-reason") == Some(reason)).then_some(())
            })
            .await;
        }
    };
    is("killed").await;
    let killed = format!(r#"ficus_guard_acts_total{{route="{ROUTE}",criterion="error_rate",outcome="killed"}} 1"#);
    stage.proxy.until_counted(&killed).await;
    // A file that is repaired but leaves the route where it was is no word about it.
    stage
        .proxy
        .set_flags(&format!("{}# repaired\n", canary("100%", "error_rate: 1%")));
    stage.proxy.until_counted("ficus_flags_stale 0").await;
    is("killed").await;
    stage
        .proxy
        .set_flags(&canary("60%", "error_rate: 1%").replace("60%", "99.99%"));
    eventually("native answers again", || async {
        let answer = stage.of("client-1").get(READ).await;
        (answer.header("x-ficus-reason") == Some("share")).then_some(())
    })
    .await;
}
