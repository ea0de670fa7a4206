//! Who answers, for every stage, sample and state of the kill switch.

use proptest::prelude::*;

use super::*;
use crate::{Flags, Inventory, Problems, compile};

const TEXT: &str = "version: 1
routes:
  - { route: GET /legacy, stage: legacy }
  - { route: GET /shadow, stage: shadow, sample: 25% }
  - { route: GET /native, stage: native }
";

fn snapshot() -> Result<Snapshot, Problems> {
    let keys = ["GET /shadow", "GET /native"]
        .into_iter()
        .filter_map(|key| key.parse().ok());
    compile(TEXT, &Inventory::new(keys))
}

fn decided(snapshot: &Snapshot, path: &str, ticket: u32) -> (Side, Shadowing, Reason) {
    let decision = decide(
        snapshot,
        &Facts {
            method: &Method::GET,
            path,
            ticket,
        },
    );
    (decision.serve, decision.shadow, decision.reason)
}

#[test]
fn the_stage_decides() -> Result<(), Problems> {
    let flags = snapshot()?;
    for (path, ticket, expected) in [
        (
            "/legacy",
            0,
            (Side::Legacy, Shadowing::Off, Reason::Stage(Stage::Legacy)),
        ),
        (
            "/shadow",
            2_499,
            (Side::Legacy, Shadowing::Native, Reason::Stage(Stage::Shadow)),
        ),
        (
            "/shadow",
            2_500,
            (Side::Legacy, Shadowing::SampledOut, Reason::Stage(Stage::Shadow)),
        ),
        (
            "/shadow",
            12_499,
            (Side::Legacy, Shadowing::Native, Reason::Stage(Stage::Shadow)),
        ),
        (
            "/native",
            9_999,
            (Side::Native, Shadowing::Off, Reason::Stage(Stage::Native)),
        ),
        ("/other", 0, (Side::Legacy, Shadowing::Off, Reason::NoFlag)),
        ("/native/", 0, (Side::Legacy, Shadowing::Off, Reason::UnusualPath)),
    ] {
        assert_eq!(decided(&flags, path, ticket), expected, "{path} {ticket}");
    }
    Ok(())
}

#[test]
fn the_kill_switch_beats_every_stage_and_every_reload() -> Result<(), Problems> {
    let flags = Flags::new(snapshot()?);
    let killed = (Side::Legacy, Shadowing::Off, Reason::Killed);
    flags.kill();
    for path in ["/legacy", "/shadow", "/native", "/other", "/native/"] {
        assert_eq!(decided(&flags.load(), path, 0), killed, "{path}");
    }
    flags.note_failure(Problems::of_file("broken", None));
    flags.publish(snapshot()?);
    assert_eq!(decided(&flags.load(), "/native", 0), killed, "a reload does not revive");
    flags.revive();
    assert_eq!(decided(&flags.peek(), "/native", 0).0, Side::Native);
    Ok(())
}

#[test]
fn the_status_tells_good_from_bad_reloads() -> Result<(), Problems> {
    let flags = Flags::new(Snapshot::all_legacy());
    assert_eq!(flags.status().version, "none");
    flags.note_failure(Problems::of_file("broken", None));
    let status = flags.status();
    assert_eq!(
        (status.loaded, status.failed, status.routes, status.killed),
        (1, 1, 0, false)
    );
    assert_eq!(status.last_failure, Some(Problems::of_file("broken", None)));
    flags.publish(snapshot()?);
    let status = flags.status();
    assert_eq!((status.loaded, status.failed, status.routes), (2, 1, 3));
    assert_eq!(status.last_failure, None, "a good file takes the failure back");
    assert_eq!(status.version, snapshot()?.version());
    Ok(())
}

proptest! {
    #[test]
    fn native_answers_only_where_a_native_flag_says_so(path in "/(shadow|native|legacy|[a-z%/.]{0,8})", ticket: u32) {
        let flags = snapshot().map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let decision = decide(&flags, &Facts { method: &Method::GET, path: &path, ticket });
        let native_flag = decision.plan.is_some_and(|plan| plan.stage == Stage::Native);
        prop_assert_eq!(decision.serve == Side::Native, native_flag);
        if decision.plan.is_none() {
            prop_assert_eq!(decision.shadow, Shadowing::Off);
        }
    }
}
