//! Schedules and forgotten routes. The clock of these tests stands at 2023-11-14T22:13:20Z and goes on by a second whenever it is read.

use super::*;
use crate::rollout::schedule::{Runner, StepCounts};

const SCHEDULED: &str = "\
version: 1
defaults: { gate: { min_samples: 10, match: 50%, quiet_for: 0s } }
routes:
  - route: GET /c
    stage: legacy
    schedule:
      - { at: 2023-11-14T22:00Z, stage: shadow }
      - { after: 1s, share: 5% }
      - { after: 90d, stage: native }
";

/// A process that was just started.
fn process() -> Runner {
    Runner::new(StepCounts::default())
}

impl Desk {
    async fn look(&self, runner: &mut Runner) {
        let in_force = self.rollout.snapshot().await.unwrap();
        runner.look(&self.rollout, &in_force).await;
    }

    async fn progress(&self) -> ScheduleRow {
        let views = self.rollout.schedules().await.unwrap();
        views.into_iter().next().unwrap().progress.unwrap()
    }

    /// Comparisons that speak for a route.
    async fn good_evidence(&self, route: &str) {
        let pool = self.rollout.store().pool();
        for (table, columns) in [
            (
                "comparison_counts (direction, outcome, status, flag_version, route, hour, n)",
                "'shadow', 'match', 200, 1",
            ),
            ("latency_counts (side, bucket, route, hour, n)", "'legacy', 4000"),
            ("latency_counts (side, bucket, route, hour, n)", "'native', 4000"),
        ] {
            let hour = clock() / 3_600_000 * 3_600_000;
            let sql = format!("insert into {table} values ({columns}, '{route}', {hour}, 100)");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
        }
    }

    async fn acts(&self) -> Vec<(String, String)> {
        let rows = self.rollout.audit(None, 100).await.unwrap().into_iter().rev();
        rows.map(|row| (row.actor, row.action)).collect()
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = expected.iter();
    owned
        .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_schedule_goes_step_by_step_through_the_gate_and_a_restart_changes_nothing() {
    let desk = desk_of(SCHEDULED).await;
    let mut first = process();
    desk.look(&mut first).await;
    assert_eq!(
        (desk.state("GET /c").await, desk.progress().await.next_step),
        ("legacy".to_owned(), 0)
    );
    desk.look(&mut first).await;
    assert_eq!(
        (desk.state("GET /c").await, desk.progress().await.next_step),
        ("shadow".to_owned(), 1)
    );
    for _ in 0..3 {
        desk.look(&mut process()).await;
    }
    let waiting = desk.progress().await;
    assert!(
        waiting.note.starts_with("the gate is inconclusive: samples"),
        "{}",
        waiting.note
    );
    assert_eq!(
        (desk.state("GET /c").await, waiting.next_step),
        ("shadow".to_owned(), 1)
    );
    desk.good_evidence("GET /c").await;
    desk.look(&mut process()).await;
    assert_eq!(
        desk.state("GET /c").await,
        "canary 5%",
        "{}",
        desk.progress().await.note
    );
    for _ in 0..5 {
        desk.look(&mut process()).await;
    }
    assert_eq!(
        (desk.state("GET /c").await, desk.progress().await.next_step),
        ("canary 5%".to_owned(), 2)
    );
    assert_eq!(
        desk.acts().await,
        pairs(&[("schedule", "schedule"), ("schedule", "schedule")])
    );
}

#[tokio::test]
async fn whoever_moves_the_route_ends_its_schedule_until_it_is_begun_anew() {
    let desk = desk_of(SCHEDULED).await;
    let mut runner = process();
    desk.look(&mut runner).await;
    desk.look(&mut runner).await;
    let guard = Wish {
        actor: "guard".to_owned(),
        reason: "10 of 10 failed".to_owned(),
        ..wish()
    };
    desk.rollout.roll_back("GET /c", &guard).await.unwrap();
    desk.look(&mut runner).await;
    let ended = desk.progress().await;
    assert_eq!(
        (ended.status.as_str(), ended.note.as_str()),
        ("cancelled", "guard moved it to legacy: 10 of 10 failed")
    );
    for _ in 0..3 {
        desk.look(&mut runner).await;
    }
    assert_eq!(desk.state("GET /c").await, "legacy");
    desk.rollout.restart_schedule("GET /c", &wish()).await.unwrap();
    desk.look(&mut runner).await;
    assert_eq!(desk.state("GET /c").await, "shadow");
    desk.rollout.cancel_schedule("GET /c", &wish()).await.unwrap();
    let twice = desk.rollout.cancel_schedule("GET /c", &wish()).await.unwrap_err();
    assert!(matches!(twice, RolloutError::NoSchedule(_)), "{twice}");
    let by_hand = desk.text().replace("stage: shadow\n", "stage: legacy\n");
    std::fs::write(&desk.path, by_hand).unwrap();
    desk.look(&mut runner).await;
    assert_eq!(desk.progress().await.status, "cancelled");
}

#[tokio::test]
async fn two_replicas_take_a_step_once() {
    let desk = desk_of(SCHEDULED).await;
    let other = Rollout::new(
        desk.rollout.store().clone(),
        FlagFile::at(desk.path.clone()),
        desk.rollout.inventory.clone(),
        clock,
    );
    desk.good_evidence("GET /c").await;
    let in_force = desk.rollout.snapshot().await.unwrap();
    let (mut one, mut two) = (process(), process());
    for _ in 0..8 {
        tokio::join!(one.look(&desk.rollout, &in_force), two.look(&other, &in_force));
    }
    assert_eq!(desk.state("GET /c").await, "canary 5%", "{:?}", desk.progress().await);
    assert_eq!(desk.progress().await.status, "running");
    assert_eq!(
        desk.acts().await,
        pairs(&[("schedule", "schedule"), ("schedule", "schedule")])
    );
}

#[tokio::test]
async fn a_process_that_ends_between_a_step_and_its_note_neither_loses_nor_repeats_it() {
    let desk = desk_of(SCHEDULED).await;
    desk.look(&mut process()).await;
    let claim = "update schedules set claimed_at = $1";
    let pool = desk.rollout.store().pool();
    sqlx::query(claim).bind(clock()).execute(pool).await.unwrap();
    let shadow = State {
        stage: Stage::Shadow,
        share: None,
    };
    let by_plan = Wish {
        actor: "schedule".to_owned(),
        ..wish()
    };
    desk.rollout
        .change("GET /c", shadow, "schedule", &by_plan)
        .await
        .unwrap();
    // Whoever looks meanwhile leaves it alone; when the claim is old, the step counts as taken.
    desk.look(&mut process()).await;
    assert_eq!(desk.progress().await.next_step, 0);
    sqlx::query(claim).bind(1_i64).execute(pool).await.unwrap();
    desk.look(&mut process()).await;
    let taken = desk.progress().await;
    assert_eq!(
        (taken.next_step, taken.state.as_str(), taken.status.as_str()),
        (1, "shadow", "running")
    );
    assert_eq!(desk.acts().await, pairs(&[("schedule", "schedule")]));
}

#[tokio::test]
async fn it_waits_through_a_freeze_and_for_a_second_person_and_ends_when_the_gate_says_no() {
    let desk = desk_of(&SCHEDULED.replace("stage: legacy", "stage: legacy\n    approval: required")).await;
    let mut runner = process();
    desk.look(&mut runner).await;
    desk.rollout.freeze(&wish()).await.unwrap();
    desk.look(&mut runner).await;
    assert!(
        desk.progress().await.note.contains("ana has frozen"),
        "{:?}",
        desk.progress().await
    );
    desk.rollout.thaw(&wish()).await.unwrap();
    desk.look(&mut runner).await;
    desk.look(&mut runner).await;
    assert_eq!(desk.progress().await.note, "it waits for approval, id 1");
    assert_eq!(desk.state("GET /c").await, "legacy");
    desk.rollout.approve(1, &wish()).await.unwrap();
    desk.look(&mut runner).await;
    let taken = desk.progress().await;
    assert_eq!(
        (taken.next_step, taken.status.as_str()),
        (1, "running"),
        "{}",
        taken.note
    );
    desk.good_evidence("GET /c").await;
    sqlx::query("update comparison_counts set outcome = 'mismatch'")
        .execute(desk.rollout.store().pool())
        .await
        .unwrap();
    desk.look(&mut process()).await;
    let ended = desk.progress().await;
    assert!(
        ended.note.starts_with("the gate says not ready: match"),
        "{}",
        ended.note
    );
    assert_eq!(
        (ended.status.as_str(), desk.state("GET /c").await.as_str()),
        ("cancelled", "shadow")
    );
}

#[tokio::test]
async fn an_old_plan_is_not_made_up_for_and_what_lies_behind_is_passed_over() {
    let old = desk_of(&SCHEDULED.replace("2023-11-14T22:00Z", "2023-11-12T22:00Z")).await;
    let mut runner = process();
    old.look(&mut runner).await;
    old.look(&mut runner).await;
    assert_eq!(old.state("GET /c").await, "legacy");
    assert!(
        old.progress().await.note.contains("more than a day"),
        "{:?}",
        old.progress().await
    );
    let further = SCHEDULED.replace("stage: legacy", "stage: canary\n    canary: { share: 20% }");
    let further = desk_of(&further).await;
    further.look(&mut runner).await;
    assert_eq!(further.progress().await.next_step, 2);
}

#[tokio::test]
async fn a_forgotten_route_is_named_and_nothing_else_happens_to_it() {
    let flags = "\
version: 1
groups:
  otp: { stage: canary, canary: { share: 5% }, stale_after: 10d }
routes:
  - { route: \"POST /a\", group: otp }
  - { route: \"POST /b\", group: otp }
  - { route: GET /c, stage: shadow, expires: 2023-11-13 }
  - { route: GET /free, stage: legacy, expires: 2023-11-13 }
";
    let desk = desk_of(flags).await;
    let snapshot = desk.rollout.snapshot().await.unwrap();
    let named = async || {
        let forgotten = desk.rollout.forgotten(&snapshot).await.unwrap();
        forgotten
            .into_iter()
            .map(|one| format!("{} {}", one.target, one.why))
            .collect::<Vec<_>>()
    };
    let first = named().await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(
        first[0].starts_with("GET /c its date, 2023-11-13, has passed"),
        "{first:?}"
    );
    assert_eq!(expired(&snapshot, clock()).len(), 1);
    sqlx::query("update route_states set since = since - 864000000 where target = 'otp'")
        .execute(desk.rollout.store().pool())
        .await
        .unwrap();
    let then = named().await;
    assert_eq!(then.len(), 2, "{then:?}");
    assert!(
        then[0].starts_with("otp nobody has moved it since 2023-11-04"),
        "{then:?}"
    );
    let moved = desk.text().replace("share: 5%", "share: 6%");
    let moved = flags::compile(&moved, &desk.rollout.inventory).unwrap();
    assert_eq!(
        desk.rollout.forgotten(&moved).await.unwrap().len(),
        1,
        "a step makes it young again"
    );
    assert_eq!(desk.text(), flags);
}
