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

/// Circuits under a clock that only the test moves.
struct Bench {
    circuits: Circuits,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self {
            circuits: Circuits::new(LIMITS),
            now: Instant::now(),
        }
    }

    fn permit(&self) -> Option<Permit> {
        match self.circuits.admit(&route(), self.now) {
            Admission::Run(permit) => Some(permit),
            Admission::Skip => None,
        }
    }

    fn fail(&self, times: usize) {
        for _ in 0..times {
            self.permit().expect("native runs").failed(&route(), self.now);
        }
    }

    fn opened(&self) -> (bool, u64) {
        let view = self.circuits.view();
        view.first().map_or((false, 0), |(_, view)| (view.open, view.opened))
    }
}

#[test]
fn it_opens_after_so_many_failures_and_one_probe_closes_it() {
    let mut bench = Bench::new();
    bench.fail(2);
    assert!(bench.permit().is_some());
    bench.fail(1);
    assert!(bench.permit().is_none(), "it is open");
    assert_eq!(bench.opened(), (true, 1));
    bench.now += LIMITS.pause;
    let probe = bench.permit().expect("one probe");
    assert!(bench.permit().is_none(), "and only one");
    probe.succeeded(bench.now);
    assert_eq!(bench.opened(), (false, 1));
    assert!(bench.permit().is_some() && bench.permit().is_some());
}

#[test]
fn a_probe_that_fails_doubles_the_pause_up_to_a_bound() {
    let mut bench = Bench::new();
    bench.fail(3);
    let mut pause = LIMITS.pause;
    for _ in 0..6 {
        bench.now += pause - Duration::from_millis(1);
        assert!(bench.permit().is_none(), "{pause:?}");
        bench.now += Duration::from_millis(1);
        bench.fail(1);
        pause = (pause * 2).min(Limits::LONGEST_PAUSE);
    }
    assert_eq!(pause, Limits::LONGEST_PAUSE);
}

#[test]
fn a_probe_whose_client_leaves_makes_room_for_the_next() {
    let mut bench = Bench::new();
    bench.fail(3);
    bench.now += LIMITS.pause;
    drop(bench.permit().expect("a probe"));
    assert!(bench.permit().is_some());
    assert_eq!(bench.opened(), (true, 1));
}

#[test]
fn failures_far_apart_or_among_more_successes_do_not_open_it() {
    let mut bench = Bench::new();
    for _ in 0..10 {
        bench.fail(1);
        bench.now += LIMITS.window + Duration::from_millis(1);
    }
    assert_eq!(bench.opened(), (false, 0));
    bench.fail(1);
    for _ in 0..10 {
        bench.permit().expect("native runs").succeeded(bench.now);
    }
    bench.fail(5);
    assert_eq!(bench.opened(), (false, 0), "10 answers against 6 failures");
    bench.fail(4);
    assert_eq!(bench.opened(), (true, 1));
}

#[test]
fn routes_do_not_share_a_circuit() {
    let bench = Bench::new();
    bench.fail(3);
    let other: RouteKey = "POST /api/things".parse().unwrap();
    assert!(matches!(bench.circuits.admit(&other, bench.now), Admission::Run(_)));
}

#[test]
fn a_run_that_began_before_it_opened_does_not_open_it_again() {
    let bench = Bench::new();
    bench.fail(1);
    let (early, late) = (bench.permit().unwrap(), bench.permit().unwrap());
    bench.fail(2);
    early.failed(&route(), bench.now);
    assert_eq!(bench.opened(), (true, 1));
    late.succeeded(bench.now);
    assert!(bench.permit().is_none(), "an old answer does not close it either");
}
