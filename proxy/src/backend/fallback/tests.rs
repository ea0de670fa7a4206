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

/// Stage, what the route names, cause, transaction, outside call, body; and what follows.
const TABLE: &str = "
native   every      fault      rolled_back  none    kept  ok
canary   every      fault      rolled_back  none    kept  ok
shadow   every      fault      rolled_back  none    kept  ok
retired  every      fault      rolled_back  none    kept  retired
native   every      fault      not_begun    none    kept  ok
native   every      fault      committed    none    kept  may_have_happened
native   every      fault      unknown      none    kept  may_have_happened
native   every      fault      rolled_back  called  kept  called
native   every      fault      rolled_back  none    gone  body_gone
native   never      fault      rolled_back  none    kept  not_named
native   fault      off        not_begun    none    kept  ok
native   timeout    off        not_begun    none    kept  not_named
native   timeout    timeout    rolled_back  none    kept  ok
native   saturated  saturated  not_begun    none    kept  ok
native   panic      panic      rolled_back  none    kept  ok
native   fault      panic      rolled_back  none    kept  not_named
native   fault      timeout    rolled_back  none    kept  not_named
native   every      lost       unknown      none    kept  may_have_happened
native   every      lost       rolled_back  none    kept  not_named
retired  every      off        not_begun    none    kept  retired
";

fn named(word: &str) -> FallbackOn {
    FallbackOn {
        fault: word == "fault" || word == "every",
        timeout: word == "timeout" || word == "every",
        saturated: word == "saturated" || word == "every",
        panic: word == "panic" || word == "every",
    }
}

#[test]
fn each_refusal_has_its_reason() {
    for line in TABLE.trim().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let cause = CAUSES.into_iter().find(|cause| cause.label() == words[2]);
        let commits = ["not_begun", "rolled_back", "committed", "unknown"];
        let commit = commits.iter().position(|word| *word == words[3]);
        let situation = Situation {
            stage: Stage::from_word(words[0]).unwrap(),
            on: named(words[1]),
            cause: cause.unwrap(),
            commit: COMMITS[commit.unwrap()],
            called: words[4] == "called",
            body_kept: words[5] == "kept",
        };
        let verdict = may_fall_back(&situation).err().map_or("ok", Refusal::label);
        assert_eq!(verdict, words[6], "{line}");
    }
}
