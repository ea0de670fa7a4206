//! A schedule in a running process: the step that is due is taken, is in force, and a person's change ends the rest.

use harness::TestProxy;
use proxy::report::moment;
use proxy::rollout::{FlagFile, Rollout};
use proxy::shadow::now_ms;
use proxy::store::Store;
use serde_json::json;
use test_support::database::Cluster;
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing;

const ROUTE: &str = "GET /api/tests/reading";

fn flags(stage: &str, at: &str) -> String {
    format!(
        "version: 1
routes:
  - route: {ROUTE}
    stage: {stage}
    sample: 0%
    expires: 2020-12-31
    schedule:
      - {{ at: {at}, stage: shadow }}
      - {{ after: 1s, share: 5% }}
"
    )
}

#[tokio::test]
async fn a_step_that_is_due_is_taken_once_and_a_person_ends_the_rest() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "by": "native" })));
    let database = Cluster::shared().await.database().await;
    // A minute ago, as the file writes it: `2026-12-01T08:00Z`.
    let minute_ago = moment(now_ms() - 60_000);
    let at = format!("{}T{}Z", &minute_ago[..10], &minute_ago[11..16]);
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(&flags("legacy", &at))
        .spawn()
        .await;
    let store = Store::open(&proxy.store_url()).await.unwrap();
    let inventory = flags::Inventory::new(ROUTE.parse().ok());
    let rollout = Rollout::new(store, FlagFile::at(proxy.flag_file()), inventory, now_ms);
    proxy
        .until_counted(r#"ficus_schedule_steps_total{outcome="taken"} 1"#)
        .await;
    assert_eq!(rollout.find(ROUTE).await.unwrap().1.to_string(), "shadow");
    let in_force = flags::version_of(&std::fs::read_to_string(proxy.flag_file()).unwrap());
    let is_in_force = |answer: &harness::Answer| answer.header("x-ficus-flags") == Some(&in_force);
    proxy.until("the step is in force", writing::READ, is_in_force).await;
    // The next step is due, and the gate has seen too little.
    eventually("the next step waits for the gate", || async {
        let row = rollout.schedules().await.unwrap().remove(0).progress?;
        row.note.starts_with("the gate is inconclusive").then_some(())
    })
    .await;
    proxy.set_flags(&flags("native", &at));
    proxy
        .until_counted(r#"ficus_schedule_steps_total{outcome="cancelled"} 1"#)
        .await;
    let row = rollout.schedules().await.unwrap().remove(0).progress.unwrap();
    assert_eq!(
        (row.status.as_str(), row.note.as_str()),
        ("cancelled", "it was moved to native by hand")
    );
    let acts = rollout.audit(Some(ROUTE), 10).await.unwrap();
    let acts: Vec<_> = acts
        .iter()
        .map(|entry| (entry.actor.as_str(), entry.action.as_str()))
        .collect();
    assert_eq!(acts, [("schedule", "unschedule"), ("schedule", "schedule")]);
}

#[tokio::test]
async fn a_forgotten_route_is_told_on_the_page_and_in_the_metrics_and_keeps_its_side() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .routes(writing::routes)
        .flags(&flags("shadow", "2099-01-01T00:00Z"))
        .spawn()
        .await;
    let line = format!(r#"ficus_rollout_forgotten{{target="{ROUTE}"}} 1"#);
    proxy.until_counted(&line).await;
    let page = harness::Client::of_origin(proxy.admin()).get("/").await;
    assert!(
        page.text().contains("its date, 2020-12-31, has passed"),
        "{}",
        page.text()
    );
    let answer = proxy.client().get(writing::READ).await;
    assert_eq!(
        (answer.text(), answer.header("x-ficus-reason")),
        ("legacy", Some("stage"))
    );
}
