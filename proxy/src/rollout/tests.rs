mod planned;
mod second_person;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use flags::{Inventory, Share, Stage};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::store::Store;

const FLAGS: &str = "\
version: 1
groups:
  otp: { stage: legacy, phase: 3 }
routes:
  # the first one
  - { route: \"POST /a\", group: otp }
  - { route: \"POST /b\", group: otp }
  - route: GET /c
    stage: shadow   # since Monday
";

struct Desk {
    rollout: Rollout,
    path: PathBuf,
    _home: TempDir,
}

fn clock() -> i64 {
    static NOW: AtomicI64 = AtomicI64::new(1_700_000_000_000);
    NOW.fetch_add(1_000, Ordering::Relaxed)
}

async fn desk() -> Desk {
    desk_of(FLAGS).await
}

async fn desk_of(flags: &str) -> Desk {
    let home = TempDir::new().unwrap();
    let path = home.path().join("flags.yaml");
    std::fs::write(&path, flags).unwrap();
    let inventory = Inventory::new(["POST /a", "POST /b", "GET /c", "GET /free"].map(|key| key.parse().unwrap()));
    let store = Store::open("sqlite::memory:").await.unwrap();
    Desk {
        rollout: Rollout::new(store, FlagFile::at(path.clone()), inventory, clock),
        path,
        _home: home,
    }
}

fn wish() -> Wish {
    Wish {
        actor: "ana".to_owned(),
        reason: "it is time".to_owned(),
        expected: None,
        evidence: json!({}),
        despite_freeze: false,
    }
}

impl Desk {
    fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    async fn state(&self, name: &str) -> String {
        self.rollout.find(name).await.unwrap().1.to_string()
    }
}

#[tokio::test]
async fn a_route_climbs_every_step_and_each_is_written_down() {
    let desk = desk().await;
    let steps = [
        "canary 1%",
        "canary 5%",
        "canary 10%",
        "canary 25%",
        "canary 50%",
        "native",
        "retired",
    ];
    for step in steps {
        let changed = desk.rollout.promote("GET /c", &wish()).await.unwrap();
        assert_eq!(
            (changed.to.to_string(), desk.state("GET /c").await),
            (step.to_owned(), step.to_owned())
        );
        assert_eq!(changed.version, flags::version_of(&desk.text()));
    }
    let top = desk.rollout.promote("GET /c", &wish()).await.unwrap_err();
    assert!(matches!(top, RolloutError::NoStep { .. }), "{top}");
    assert!(desk.text().contains("# since Monday") && desk.text().contains("# the first one"));
    let rows = desk.rollout.audit(Some("GET /c"), 100).await.unwrap();
    let told: Vec<_> = rows.iter().rev().map(|row| row.to_state.clone().unwrap()).collect();
    assert_eq!(told, steps);
    assert_eq!(desk.rollout.verify_audit().await.unwrap().broken, None);
}

#[tokio::test]
async fn a_group_moves_as_one_and_its_members_not_alone() {
    let desk = desk().await;
    desk.rollout.promote("otp", &wish()).await.unwrap();
    assert_eq!(
        (desk.state("POST /a").await, desk.state("POST /b").await),
        ("shadow".to_owned(), "shadow".to_owned())
    );
    let alone = desk.rollout.promote("POST /a", &wish()).await.unwrap_err();
    assert!(alone.to_string().contains("group `otp`"), "{alone}");
    desk.rollout.promote("GET /free", &wish()).await.unwrap();
    assert_eq!(desk.state("GET /free").await, "shadow");
    let unknown = desk.rollout.promote("GET /nowhere", &wish()).await.unwrap_err();
    assert!(matches!(unknown, RolloutError::Unknown(_)), "{unknown}");
}

#[tokio::test]
async fn the_last_step_is_taken_back_and_then_the_one_before() {
    let desk = desk().await;
    let five = State {
        stage: Stage::Canary,
        share: Share::from_basis_points(500),
    };
    desk.rollout.change("GET /c", five, "promote", &wish()).await.unwrap();
    desk.rollout
        .change(
            "GET /c",
            State {
                stage: Stage::Native,
                share: None,
            },
            "promote",
            &wish(),
        )
        .await
        .unwrap();
    for expected in ["canary 5%", "shadow", "legacy"] {
        desk.rollout.roll_back("GET /c", &wish()).await.unwrap();
        assert_eq!(desk.state("GET /c").await, expected);
    }
    let bottom = desk.rollout.roll_back("GET /c", &wish()).await.unwrap_err();
    assert!(matches!(bottom, RolloutError::NoStep { .. }), "{bottom}");
}

#[tokio::test]
async fn a_freeze_stops_the_way_forward_and_never_the_way_back() {
    let desk = desk().await;
    desk.rollout.freeze(&wish()).await.unwrap();
    let frozen = desk.rollout.promote("GET /c", &wish()).await.unwrap_err();
    assert!(frozen.to_string().contains("by ana: it is time"), "{frozen}");
    assert_eq!(desk.text(), FLAGS);
    let back = Wish {
        despite_freeze: true,
        ..wish()
    };
    desk.rollout.roll_back("GET /c", &back).await.unwrap();
    desk.rollout.thaw(&wish()).await.unwrap();
    desk.rollout.promote("GET /c", &wish()).await.unwrap();
}

#[tokio::test]
async fn of_two_who_saw_the_same_version_one_is_told_to_look_again() {
    let desk = desk().await;
    let seen = Wish {
        expected: Some(flags::version_of(FLAGS)),
        ..wish()
    };
    desk.rollout.promote("GET /c", &seen).await.unwrap();
    let moved = desk.rollout.promote("otp", &seen).await.unwrap_err();
    assert!(matches!(moved, RolloutError::Moved { .. }), "{moved}");
    let silent = Wish {
        reason: "  ".to_owned(),
        ..wish()
    };
    assert!(matches!(
        desk.rollout.promote("otp", &silent).await,
        Err(RolloutError::NoReason)
    ));
}

#[tokio::test]
async fn a_broken_file_is_not_written_to() {
    let desk = desk().await;
    let broken = FLAGS.replace("stage: shadow", "stage: shadwo");
    std::fs::write(&desk.path, &broken).unwrap();
    let refused = desk.rollout.promote("otp", &wish()).await.unwrap_err();
    assert!(matches!(refused, RolloutError::Broken(_)), "{refused}");
    assert_eq!(desk.text(), broken);
}

#[tokio::test]
async fn a_whole_text_is_pushed_when_it_is_good_new_and_expected() {
    let desk = desk().await;
    let new = FLAGS.replace("since Monday", "since Tuesday");
    let broken = new.replace("stage: shadow", "stage: shadwo");
    let seen = Wish {
        expected: Some(flags::version_of(FLAGS)),
        ..wish()
    };
    let push = |text: &str, wish: &Wish| {
        let (text, wish) = (text.to_owned(), wish.clone());
        let rollout = &desk.rollout;
        async move { rollout.push(text, &wish).await }
    };
    assert!(matches!(push(&broken, &seen).await, Err(RolloutError::Refused(_))));
    assert!(matches!(push(FLAGS, &seen).await, Err(RolloutError::Unchanged)));
    let entry = push(&new, &seen).await.unwrap();
    assert_eq!(
        (entry.action.as_str(), entry.to_state),
        ("push", Some(flags::version_of(&new)))
    );
    assert_eq!(desk.text(), new);
    assert!(matches!(push(FLAGS, &seen).await, Err(RolloutError::Moved { .. })));
    desk.rollout.freeze(&wish()).await.unwrap();
    assert!(matches!(push(FLAGS, &wish()).await, Err(RolloutError::Frozen { .. })));
    assert_eq!(desk.text(), new);
}

#[tokio::test]
async fn a_step_is_held_by_its_gate_and_keeps_what_it_rested_on() {
    let desk = desk().await;
    let step = |force| desk.rollout.step("GET /c", None, force, wish());
    let Ok(Step::Held(held)) = step(false).await else {
        panic!("nothing was compared, so the gate does not open");
    };
    assert_eq!(held.evidence.verdict, Verdict::Inconclusive);
    assert_eq!(desk.state("GET /c").await, "shadow");
    let Ok(Step::Moved(changed)) = step(true).await else {
        panic!("force goes without the gate");
    };
    let kept: serde_json::Value = serde_json::from_str(&changed.entry.evidence).unwrap();
    assert_eq!(
        (&kept["forced"], &kept["gate"]["verdict"]),
        (&true.into(), &"inconclusive".into())
    );
    let markdown = kept["markdown"].as_str().unwrap();
    assert!(markdown.starts_with("## GET /c to canary: inconclusive"), "{markdown}");
    assert!(markdown.contains("| samples | inconclusive | 0 compared"), "{markdown}");
    let found = desk.rollout.audit_entry(changed.entry.seq).await.unwrap();
    assert_eq!(found, Some(changed.entry));
}

#[tokio::test]
async fn an_earlier_file_comes_back_whole() {
    let desk = desk().await;
    let first = desk.rollout.promote("GET /c", &wish()).await.unwrap();
    let text = desk.text();
    desk.rollout.promote("otp", &wish()).await.unwrap();
    let versions = desk.rollout.versions(10).await.unwrap();
    assert_eq!(versions.len(), 2);
    let oldest = versions.last().unwrap();
    assert_eq!(
        (oldest.hash.as_str(), oldest.author.as_str()),
        (first.version.as_str(), "ana")
    );
    desk.rollout.restore(oldest.version, &wish()).await.unwrap();
    assert_eq!(desk.text(), text);
    assert!(matches!(
        desk.rollout.restore(99, &wish()).await,
        Err(RolloutError::NoVersion(99))
    ));
    desk.rollout.keep_version(&first.version, &text, "ana").await.unwrap();
    assert_eq!(
        desk.rollout.versions(10).await.unwrap().len(),
        3,
        "the same text is kept once"
    );
}

#[tokio::test]
async fn a_row_that_was_changed_or_taken_out_shows() {
    let desk = desk().await;
    for _ in 0..4 {
        desk.rollout.promote("GET /c", &wish()).await.unwrap();
    }
    let good = desk.rollout.verify_audit().await.unwrap();
    assert_eq!((good.rows, good.broken), (4, None));
    let pool = desk.rollout.store().pool();
    sqlx::query("update audit_log set reason = 'nothing to see' where seq = 3")
        .execute(pool)
        .await
        .unwrap();
    let changed = desk.rollout.verify_audit().await.unwrap().broken.unwrap();
    assert_eq!((changed.seq, changed.why), (3, "it was changed after it was written"));
    sqlx::query("delete from audit_log where seq = 2")
        .execute(pool)
        .await
        .unwrap();
    let missing = desk.rollout.verify_audit().await.unwrap().broken.unwrap();
    assert_eq!((missing.seq, missing.why), (3, "a row before it is missing"));
}

#[tokio::test]
async fn many_who_write_at_once_leave_one_chain() {
    let desk = desk().await;
    let acts = (0..20).map(|number| {
        desk.rollout.write_down(Act {
            actor: format!("writer {number}"),
            action: "note",
            target: "*".to_owned(),
            reason: "at once".to_owned(),
            from: None,
            to: None,
            evidence: json!({ "number": number }),
        })
    });
    futures_util::future::try_join_all(acts).await.unwrap();
    let verified = desk.rollout.verify_audit().await.unwrap();
    assert_eq!((verified.rows, verified.broken), (20, None));
}
