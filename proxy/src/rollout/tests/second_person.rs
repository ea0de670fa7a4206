//! Steps that need a second person.

use super::*;

const MARKED: &str = "\
version: 1
groups:
  otp: { stage: legacy, approval: required }
routes:
  - { route: \"POST /a\", group: otp }
  - { route: \"POST /b\", group: otp }
  - route: GET /c
    stage: canary
    canary: { share: 5% }
    approval: required
";

fn by(actor: &str) -> Wish {
    Wish {
        actor: actor.to_owned(),
        ..wish()
    }
}

fn waiting_id(error: &RolloutError) -> i64 {
    match error {
        RolloutError::WaitingForApproval { id, .. } => *id,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_step_waits_for_another_person_who_takes_it_once() {
    let desk = desk_of(MARKED).await;
    let error = desk.rollout.promote("otp", &by("ana")).await.unwrap_err();
    assert!(error.to_string().contains("waits for approval, id 1"), "{error}");
    assert_eq!((waiting_id(&error), desk.text()), (1, MARKED.to_owned()));
    let again = desk.rollout.promote("otp", &by("ana")).await.unwrap_err();
    assert_eq!(waiting_id(&again), 1, "the same step is asked for once");
    for same in ["ana", " ANA "] {
        let refused = desk.rollout.approve(1, &by(same)).await.unwrap_err();
        assert!(matches!(refused, RolloutError::SamePerson(1)), "{refused}");
    }
    let unknown = desk.rollout.approve(7, &by("ben")).await.unwrap_err();
    assert!(matches!(unknown, RolloutError::NoRequest(7)), "{unknown}");
    let changed = desk.rollout.approve(1, &by("ben")).await.unwrap();
    assert_eq!(
        (changed.to.to_string(), desk.state("otp").await),
        ("shadow".to_owned(), "shadow".to_owned())
    );
    let twice = desk.rollout.approve(1, &by("carl")).await.unwrap_err();
    assert!(
        matches!(&twice, RolloutError::RequestClosed { id: 1, status } if status == "approved"),
        "{twice}"
    );
    let told: Vec<_> = desk
        .rollout
        .audit(Some("otp"), 10)
        .await
        .unwrap()
        .into_iter()
        .rev()
        .collect();
    let acts: Vec<_> = told
        .iter()
        .map(|row| (row.actor.as_str(), row.action.as_str()))
        .collect();
    assert_eq!(acts, [("ana", "request"), ("ben", "approve")]);
    assert!(told[1].evidence.contains(r#""by":"ana""#), "{}", told[1].evidence);
}

#[tokio::test]
async fn the_gate_is_asked_again_when_somebody_agrees() {
    let desk = desk_of(MARKED).await;
    let id = waiting_id(&desk.rollout.promote("GET /c", &by("ana")).await.unwrap_err());
    let unready = desk.rollout.approve(id, &by("ben")).await.unwrap_err();
    assert!(matches!(unready, RolloutError::NotReady { .. }), "{unready}");
    assert_eq!(desk.rollout.request(id).await.unwrap().status, ApprovalRequest::WAITING);
    let forced = Wish {
        evidence: json!({ "forced": true }),
        ..by("carl")
    };
    let id = waiting_id(&desk.rollout.promote("GET /c", &forced).await.unwrap_err());
    desk.rollout.approve(id, &by("ben")).await.unwrap();
    assert_eq!(desk.state("GET /c").await, "canary 10%");
}

#[tokio::test]
async fn requests_end_by_a_refusal_by_time_and_by_a_change_of_what_they_are_about() {
    let desk = desk_of(MARKED).await;
    let ask = async || waiting_id(&desk.rollout.promote("otp", &by("ana")).await.unwrap_err());
    let first = ask().await;
    desk.rollout.decline(first, &by("ana")).await.unwrap();
    let closed = desk.rollout.approve(first, &by("ben")).await.unwrap_err();
    assert!(
        matches!(&closed, RolloutError::RequestClosed { status, .. } if status == "declined"),
        "{closed}"
    );
    let second = ask().await;
    sqlx::query("update approval_requests set expires_at = 1 where id = $1")
        .bind(second)
        .execute(desk.rollout.store().pool())
        .await
        .unwrap();
    let closed = desk.rollout.approve(second, &by("ben")).await.unwrap_err();
    assert!(
        matches!(&closed, RolloutError::RequestClosed { status, .. } if status == "expired"),
        "{closed}"
    );
    let newest = desk.rollout.audit(Some("otp"), 1).await.unwrap().remove(0);
    assert_eq!((newest.actor.as_str(), newest.action.as_str()), ("clock", "expire"));
    let third = ask().await;
    std::fs::write(&desk.path, MARKED.replace("stage: legacy", "stage: shadow")).unwrap();
    let moved = desk.rollout.approve(third, &by("ben")).await.unwrap_err();
    assert!(matches!(moved, RolloutError::RequestOutdated(_)), "{moved}");
}

#[tokio::test]
async fn the_way_back_needs_nobody_and_a_whole_file_is_no_way_around() {
    let desk = desk_of(MARKED).await;
    desk.rollout.keep_version("one", MARKED, "ana").await.unwrap();
    desk.rollout.roll_back("GET /c", &by("ana")).await.unwrap();
    assert_eq!(desk.state("GET /c").await, "shadow");
    let around = desk.rollout.restore(1, &by("ana")).await.unwrap_err();
    assert!(matches!(around, RolloutError::NeedsApproval(_)), "{around}");
    let pushed = desk.rollout.push(MARKED.to_owned(), &by("ana")).await.unwrap_err();
    assert!(matches!(pushed, RolloutError::NeedsApproval(_)), "{pushed}");
    let back = desk.text().replace("stage: shadow", "stage: legacy");
    desk.rollout.push(back, &by("ana")).await.unwrap();
}
