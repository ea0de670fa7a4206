use std::time::Duration;

use flags::{GuardAction, Share, Stage};

use super::*;
use crate::metrics::Times;
use crate::store::BothTimes;

fn rules() -> GuardRules {
    GuardRules {
        error_rate: Share::from_basis_points(100),
        mismatch_rate: Share::from_basis_points(200),
        latency_percent: Some(200),
        window: Duration::from_secs(60),
        min_requests: 50,
        action: GuardAction::Back,
    }
}

fn counts(asked: u64, failed: u64, compared: u64, differed: u64) -> Counts {
    Counts {
        asked,
        failed,
        compared,
        differed,
        times: BothTimes::default(),
    }
}

/// So many answers of so many milliseconds each.
fn times(answers: &[(u64, u64)]) -> Times {
    let mut times = Times::default();
    for (count, millis) in answers {
        (0..*count).for_each(|_| times.add(Duration::from_millis(*millis)));
    }
    times
}

fn timed(legacy: Times, native: Times) -> Counts {
    Counts {
        times: BothTimes { legacy, native },
        ..Counts::default()
    }
}

#[test]
fn a_window_with_too_many_failures_is_broken_and_one_with_too_few_requests_is_not() {
    let (mut watch, start) = (Watch::default(), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(
        watch.judge(&rules(), at(0), counts(1_000, 10, 0, 0)),
        None,
        "the past does not count"
    );
    assert_eq!(
        watch.judge(&rules(), at(5), counts(1_049, 59, 0, 0)),
        None,
        "49 are too few"
    );
    let broken = watch.judge(&rules(), at(10), counts(1_050, 60, 0, 0)).unwrap();
    assert_eq!(
        broken.to_string(),
        "50 of 50 failed within 60 s, more than the 1% that the guard allows"
    );
    assert_eq!(broken.criterion(), Criterion::ErrorRate);
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let (mut watch, start) = (Watch::default(), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    watch.judge(&rules(), at(0), counts(0, 0, 0, 0));
    watch.judge(&rules(), at(1), counts(40, 40, 0, 0));
    watch.judge(&rules(), at(30), counts(40, 40, 0, 0));
    assert_eq!(watch.judge(&rules(), at(70), counts(140, 40, 0, 0)), None);
    assert!(watch.judge(&rules(), at(80), counts(150, 50, 0, 0)).is_some());
}

#[test]
fn differences_count_and_after_an_act_it_rests() {
    let (mut watch, start) = (Watch::default(), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    watch.judge(&rules(), at(0), Counts::default());
    let broken = watch.judge(&rules(), at(10), counts(0, 0, 100, 3)).unwrap();
    assert!(broken.to_string().starts_with("3 of 100 differed"), "{broken}");
    watch.rest(&rules(), at(10));
    assert_eq!(watch.judge(&rules(), at(20), counts(0, 0, 200, 100)), None);
    assert_eq!(watch.judge(&rules(), at(69), counts(0, 0, 300, 200)), None);
    assert!(watch.judge(&rules(), at(71), counts(0, 0, 400, 300)).is_some());
}

#[test]
fn what_was_counted_at_one_stage_says_nothing_of_the_next() {
    let (mut watch, start) = (Watch::default(), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let state = |stage| State { stage, share: None };
    watch.at(state(Stage::Canary));
    watch.judge(&rules(), at(0), Counts::default());
    watch.judge(&rules(), at(1), counts(49, 49, 0, 0));
    watch.at(state(Stage::Shadow));
    assert_eq!(watch.judge(&rules(), at(2), counts(60, 60, 0, 0)), None);
    assert!(watch.judge(&rules(), at(3), counts(110, 110, 0, 0)).is_some());
}

#[test]
fn native_is_too_slow_when_its_mean_is_and_all_of_it_is_slower() {
    let judged = |legacy, native| broken(&rules(), &timed(legacy, native));
    let slow = judged(times(&[(100, 4)]), times(&[(100, 20)])).unwrap();
    assert_eq!(
        slow.to_string(),
        "native took 20000 µs on average and legacy 4000 µs within 60 s, more than the 2.00 times that the guard allows"
    );
    assert_eq!(slow.criterion(), Criterion::Latency);
    assert_eq!(judged(times(&[(100, 4)]), times(&[(100, 7)])), None, "within the ratio");
    let one_long = times(&[(99, 4), (1, 4_000)]);
    assert_eq!(judged(times(&[(100, 4)]), one_long), None, "one long answer");
    assert_eq!(
        judged(times(&[(100, 4)]), times(&[(49, 900)])),
        None,
        "too few of native"
    );
    assert_eq!(
        judged(times(&[(49, 4)]), times(&[(100, 900)])),
        None,
        "too few of legacy"
    );
    assert_eq!(
        judged(Times::default(), times(&[(100, 900)])),
        None,
        "nothing to compare with"
    );
}

#[test]
fn without_data_nothing_is_broken() {
    let (mut watch, start) = (Watch::default(), Instant::now());
    let strict = GuardRules {
        error_rate: Some(Share::NONE),
        mismatch_rate: Some(Share::NONE),
        latency_percent: Some(1),
        min_requests: 1,
        ..rules()
    };
    for seconds in 0..600 {
        let now = start + Duration::from_secs(seconds);
        assert_eq!(watch.judge(&strict, now, Counts::default()), None);
    }
}
