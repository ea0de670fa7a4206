//! The whole table: stage × cause × what the route names × transaction × outside call × body.

use super::*;

const CAUSES: [Cause; 6] = [
    Cause::Off,
    Cause::Fault,
    Cause::Timeout,
    Cause::Saturated,
    Cause::Panic,
    Cause::Lost,
];
const COMMITS: [CommitState; 4] = [
    CommitState::NotBegun,
    CommitState::RolledBack,
    CommitState::Committed,
    CommitState::Unknown,
];

fn ons() -> impl Iterator<Item = FallbackOn> {
    (0..16).map(|bits| FallbackOn {
        fault: bits & 1 > 0,
        timeout: bits & 2 > 0,
        saturated: bits & 4 > 0,
        panic: bits & 8 > 0,
    })
}

fn every_situation() -> Vec<Situation> {
    let mut all = Vec::new();
    for stage in Stage::ALL {
        for on in ons() {
            for cause in CAUSES {
                for commit in COMMITS {
                    for (called, body_kept) in [(false, true), (false, false), (true, true), (true, false)] {
                        all.push(Situation {
                            stage,
                            on,
                            cause,
                            commit,
                            called,
                            body_kept,
                        });
                    }
                }
            }
        }
    }
    all
}

#[test]
fn legacy_never_answers_what_may_have_happened() {
    for situation in every_situation() {
        let allowed = may_fall_back(&situation).is_ok();
        let nothing_happened = matches!(situation.commit, CommitState::NotBegun | CommitState::RolledBack);
        assert!(!allowed || (nothing_happened && !situation.called), "{situation:?}");
        assert!(!allowed || situation.stage != Stage::Retired, "{situation:?}");
        assert!(!allowed || situation.body_kept, "{situation:?}");
        assert!(!allowed || situation.cause != Cause::Lost, "{situation:?}");
        assert!(!allowed || situation.on != FallbackOn::NEVER, "{situation:?}");
    }
}

#[test]
fn no_request_is_lost_that_could_be_answered() {
    let allowed = every_situation()
        .iter()
        .filter(|situation| may_fall_back(situation).is_ok())
        .count();
    // Four stages, two states of the transaction, no call, the body kept; of 16 lists each cause but `lost` stands in 8, and
    // `off` counts as a fault.
    assert_eq!(allowed, 4 * 2 * 5 * 8);
}

#[test]
fn each_refusal_has_its_reason() {
    let good = Situation {
        stage: Stage::Native,
        on: FallbackOn::EVERY,
        cause: Cause::Fault,
        commit: CommitState::RolledBack,
        called: false,
        body_kept: true,
    };
    assert_eq!(may_fall_back(&good), Ok(()));
    let only = |word: &str| FallbackOn {
        fault: word == "fault",
        timeout: word == "timeout",
        saturated: word == "saturated",
        panic: word == "panic",
    };
    for (situation, expected) in [
        (
            Situation {
                stage: Stage::Canary,
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                stage: Stage::Shadow,
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                stage: Stage::Retired,
                ..good
            },
            Err(Refusal::Retired),
        ),
        (
            Situation {
                commit: CommitState::NotBegun,
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                commit: CommitState::Committed,
                ..good
            },
            Err(Refusal::MayHaveHappened),
        ),
        (
            Situation {
                commit: CommitState::Unknown,
                ..good
            },
            Err(Refusal::MayHaveHappened),
        ),
        (Situation { called: true, ..good }, Err(Refusal::Called)),
        (
            Situation {
                body_kept: false,
                ..good
            },
            Err(Refusal::BodyGone),
        ),
        (
            Situation {
                on: FallbackOn::NEVER,
                ..good
            },
            Err(Refusal::NotNamed),
        ),
        (
            Situation {
                cause: Cause::Off,
                on: only("fault"),
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                cause: Cause::Timeout,
                on: only("timeout"),
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                cause: Cause::Saturated,
                on: only("saturated"),
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                cause: Cause::Panic,
                on: only("panic"),
                ..good
            },
            Ok(()),
        ),
        (
            Situation {
                cause: Cause::Panic,
                on: only("fault"),
                ..good
            },
            Err(Refusal::NotNamed),
        ),
        (
            Situation {
                cause: Cause::Timeout,
                on: only("fault"),
                ..good
            },
            Err(Refusal::NotNamed),
        ),
        (
            Situation {
                cause: Cause::Lost,
                ..good
            },
            Err(Refusal::NotNamed),
        ),
    ] {
        assert_eq!(may_fall_back(&situation), expected, "{situation:?}");
    }
}
