//! When native is skipped, and how it comes back.

use super::*;

const LIMITS: Limits = Limits {
    failures: 3,
    window: Duration::from_secs(10),
    pause: Duration::from_secs(5),
};

fn route() -> RouteKey {
    "GET /api/things".parse().unwrap()
}

fn permit(circuits: &Circuits) -> Option<Permit> {
    match circuits.admit(&route()) {
        Admission::Run(permit) => Some(permit),
        Admission::Skip => None,
    }
}

fn fail(circuits: &Circuits, times: usize) {
    for _ in 0..times {
        permit(circuits).expect("native runs").failed(&route());
    }
}

fn opened(circuits: &Circuits) -> (bool, u64) {
    let view = circuits.view();
    view.first().map_or((false, 0), |(_, view)| (view.open, view.opened))
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_so_many_failures_and_one_probe_closes_it() {
    let circuits = Circuits::new(LIMITS);
    fail(&circuits, 2);
    assert!(permit(&circuits).is_some());
    fail(&circuits, 1);
    assert!(permit(&circuits).is_none(), "it is open");
    assert_eq!(opened(&circuits), (true, 1));
    tokio::time::advance(LIMITS.pause).await;
    let probe = permit(&circuits).expect("one probe");
    assert!(permit(&circuits).is_none(), "and only one");
    probe.succeeded();
    assert_eq!(opened(&circuits), (false, 1));
    assert!(permit(&circuits).is_some() && permit(&circuits).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_doubles_the_pause_up_to_a_bound() {
    let circuits = Circuits::new(LIMITS);
    fail(&circuits, 3);
    let mut pause = LIMITS.pause;
    for _ in 0..6 {
        tokio::time::advance(pause - Duration::from_millis(1)).await;
        assert!(permit(&circuits).is_none(), "{pause:?}");
        tokio::time::advance(Duration::from_millis(1)).await;
        permit(&circuits).expect("a probe").failed(&route());
        pause = (pause * 2).min(Limits::LONGEST_PAUSE);
    }
    assert_eq!(pause, Limits::LONGEST_PAUSE);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_client_leaves_makes_room_for_the_next() {
    let circuits = Circuits::new(LIMITS);
    fail(&circuits, 3);
    tokio::time::advance(LIMITS.pause).await;
    drop(permit(&circuits).expect("a probe"));
    assert!(permit(&circuits).is_some());
    assert_eq!(opened(&circuits), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn failures_far_apart_or_among_more_successes_do_not_open_it() {
    let circuits = Circuits::new(LIMITS);
    for _ in 0..10 {
        fail(&circuits, 1);
        tokio::time::advance(LIMITS.window + Duration::from_millis(1)).await;
    }
    assert_eq!(opened(&circuits), (false, 0));
    fail(&circuits, 1);
    for _ in 0..10 {
        permit(&circuits).expect("native runs").succeeded();
    }
    fail(&circuits, 5);
    assert_eq!(opened(&circuits), (false, 0), "10 answers against 6 failures");
    fail(&circuits, 4);
    assert_eq!(opened(&circuits), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn routes_do_not_share_a_circuit() {
    let circuits = Circuits::new(LIMITS);
    fail(&circuits, 3);
    let other: RouteKey = "POST /api/things".parse().unwrap();
    assert!(matches!(circuits.admit(&other), Admission::Run(_)));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_began_before_it_opened_does_not_open_it_again() {
    let circuits = Circuits::new(LIMITS);
    let (early, late) = (permit(&circuits).unwrap(), permit(&circuits).unwrap());
    fail(&circuits, 3);
    early.failed(&route());
    assert_eq!(opened(&circuits), (true, 1));
    late.succeeded();
    assert!(permit(&circuits).is_none(), "an old answer does not close it either");
}
