use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_800_000_000_000;
const DAY: i64 = 86_400_000;

fn good() -> Seen {
    Seen {
        samples: 10_000,
        matched: 10_000,
        interval: (0.9996, 1.0),
        statuses: BTreeMap::from([(200, 9_000), (401, 1_000)]),
        native_failures: 0,
        session_breaks: 0,
        legacy: Histogram::of([(2_000, 9_000), (5_000, 1_000)]),
        native: Histogram::of([(500, 9_900), (1_000, 100)]),
        last_difference_ms: None,
        first_ms: Some(NOW - 3 * DAY),
        waivers: 1,
        expired_waivers: 0,
        required: vec![("POST /a".parse().unwrap(), Some(Stage::Canary))],
    }
}

fn verdict(seen: &Seen) -> (Verdict, Vec<&'static str>) {
    let readiness = judge(&GateRules::default(), seen, Stage::Canary, NOW);
    let against = readiness
        .criteria
        .iter()
        .filter(|criterion| criterion.verdict == readiness.verdict);
    (readiness.verdict, against.map(|criterion| criterion.name).collect())
}

#[test]
fn good_evidence_is_ready_and_none_is_never() {
    assert_eq!(verdict(&good()).0, Verdict::Ready);
    let nothing = Seen {
        interval: (0.0, 1.0),
        ..Seen::default()
    };
    let (verdict, against) = verdict(&nothing);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(against, ["samples", "match", "statuses", "session", "latency", "quiet"]);
}

#[test]
fn each_criterion_can_say_no_or_not_yet() {
    let mut cases: Vec<(&str, Verdict, Seen)> = Vec::new();
    let mut case = |name, verdict, change: &dyn Fn(&mut Seen)| {
        let mut seen = good();
        change(&mut seen);
        cases.push((name, verdict, seen));
    };
    case("samples", Verdict::Inconclusive, &|seen| seen.samples = 499);
    case("match", Verdict::Inconclusive, &|seen| seen.interval = (0.99, 0.999));
    case("match", Verdict::NotReady, &|seen| seen.interval = (0.95, 0.99));
    case("failures", Verdict::NotReady, &|seen| seen.native_failures = 60);
    case("statuses", Verdict::Inconclusive, &|seen| {
        seen.statuses = BTreeMap::from([(401, 9)])
    });
    case("session", Verdict::NotReady, &|seen| seen.session_breaks = 1);
    case("latency", Verdict::Inconclusive, &|seen| {
        seen.native = Histogram::of([(500, 9_800), (90_000, 200)]);
    });
    case("latency", Verdict::NotReady, &|seen| {
        seen.native = Histogram::of([(9_000, 10_000)])
    });
    case("quiet", Verdict::Inconclusive, &|seen| {
        seen.last_difference_ms = Some(NOW - DAY / 2)
    });
    case("quiet", Verdict::Inconclusive, &|seen| {
        seen.first_ms = Some(NOW - DAY / 2)
    });
    case("waivers", Verdict::NotReady, &|seen| seen.expired_waivers = 1);
    case("requires", Verdict::NotReady, &|seen| {
        seen.required = vec![("POST /a".parse().unwrap(), Some(Stage::Shadow))];
    });
    case("requires", Verdict::NotReady, &|seen| {
        seen.required = vec![("POST /a".parse().unwrap(), None)]
    });
    for (name, expected, seen) in cases {
        assert_eq!(verdict(&seen), (expected, vec![name]), "{name}");
    }
}

#[test]
fn the_test_sees_a_shift_and_not_a_tail() {
    let base = Histogram::of([(100, 500), (200, 500)]);
    assert!(slower(&Histogram::of([(100, 300), (200, 700)]), &base));
    assert!(!slower(&base, &base));
    assert!(!slower(&Histogram::of([(100, 500), (200, 490), (9_999, 10)]), &base));
    assert!(!slower(&base, &Histogram::default()) && !slower(&Histogram::default(), &base));
    assert!(
        !slower(&Histogram::of([(100, 5)]), &Histogram::of([(100, 5)])),
        "all alike says nothing"
    );
}

proptest! {
    #[test]
    fn both_sides_are_never_slower_than_each_other(
        left in proptest::collection::vec((1_i64..50, 0_i64..1_000), 0..20),
        right in proptest::collection::vec((1_i64..50, 0_i64..1_000), 0..20),
    ) {
        let sum = |buckets: Vec<(i64, i64)>| {
            let mut sums = BTreeMap::new();
            for (bound, count) in buckets {
                *sums.entry(bound).or_insert(0) += count;
            }
            Histogram::of(sums)
        };
        let (left, right) = (sum(left), sum(right));
        prop_assert!(!(slower(&left, &right) && slower(&right, &left)));
    }
}
