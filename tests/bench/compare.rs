//! How long the comparison of two answers of 100 KiB takes: `cargo bench -p suite --bench compare`.
//!
//! Prints the median of many runs for each kind of answer. With `-- --check` a median above the aim makes the exit code 1; only a
//! quiet machine can promise that, so no test does.

use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, StatusCode};
use proxy::compare::{Answer, Known, Occasion, Rules, Verdict, compare};
use serde_json::{Value, json};

/// What is promised of 100 KiB.
const AIM: Duration = Duration::from_millis(2);

/// Runs of each case.
const RUNS: usize = 200;

/// 2026-11-22T19:34:00.000Z.
const NOW: i64 = 1_795_376_040_000;

struct Case {
    name: &'static str,
    media_type: &'static str,
    legacy: String,
    native: String,
    rules: Rules,
    /// How many differences it must find: a fast wrong answer is worth nothing.
    differences: usize,
}

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let mut out = std::io::stdout().lock();
    let mut missed = false;
    for case in cases() {
        let (fastest, median) = measure(&case);
        missed |= median > AIM;
        // A reader that has gone away is no reason to stop measuring.
        let _closed = writeln!(
            out,
            "{:<28} {:>4} KiB  fastest {:>7.3} ms  median {:>7.3} ms",
            case.name,
            case.legacy.len() / 1_024,
            fastest.as_secs_f64() * 1e3,
            median.as_secs_f64() * 1e3
        );
    }
    if check && missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn cases() -> Vec<Case> {
    let json = "application/json";
    let rules = Rules::default;
    let equal = list("0a1b2c3d4e5f60718293", |_| 1);
    let by_id = rules().unordered("$", Some("n")).unwrap_or_default();
    let bag = rules().unordered("$", None).unwrap_or_default();
    let reversed = |mut value: Value| {
        if let Value::Array(members) = &mut value {
            members.reverse();
        }
        value.to_string()
    };
    let plain = |ids: &str| list(ids, |_| 1).to_string();
    let case = |name, native: String, rules, differences| Case {
        name,
        media_type: json,
        legacy: equal.to_string(),
        native,
        rules,
        differences,
    };
    let lines = |word: &str| format!("data: {{\"word\":\"{word}\",\"n\":1}}\n\n").repeat(3_700);
    vec![
        case(
            "JSON, other notation",
            serde_json::to_string_pretty(&equal).unwrap_or_default(),
            rules(),
            0,
        ),
        case("JSON, minted ids", plain("fa1b2c3d4e5f60718293"), rules(), 0),
        case(
            "JSON, every total differs",
            list("0a1b2c3d4e5f60718293", |_| 2).to_string(),
            rules(),
            1,
        ),
        case(
            "JSON, last total differs",
            list("0a1b2c3d4e5f60718293", |n| 1 + n / 629).to_string(),
            rules(),
            1,
        ),
        case(
            "JSON, unordered by a key",
            reversed(list("fa1b2c3d4e5f60718293", |_| 1)),
            by_id,
            0,
        ),
        case("JSON, unordered as a bag", reversed(equal.clone()), bag, 0),
        Case {
            name: "events",
            media_type: "text/event-stream",
            legacy: lines("one"),
            native: lines("one").replacen("one", "two", 1),
            rules: rules(),
            differences: 1,
        },
    ]
}

/// About 100 KiB of tickets.
fn list(ids: &str, total: impl Fn(usize) -> usize) -> Value {
    let item = |n: usize| {
        json!({
            "id": format!("{ids}{n:04}"), "n": n, "total": total(n), "title": "A ticket about something",
            "createdAt": "2026-11-22T19:34:00.131Z", "customer": {"name": "Carla", "phone": null}
        })
    };
    (0..630).map(item).collect()
}

/// Fastest and median run: on a busy machine the fastest says more about the code.
fn measure(case: &Case) -> (Duration, Duration) {
    let headers: HeaderMap = [(http::header::CONTENT_TYPE, HeaderValue::from_static(case.media_type))]
        .into_iter()
        .collect();
    fn answer<'a>(headers: &'a HeaderMap, body: &'a str) -> Answer<'a> {
        Answer {
            status: StatusCode::OK,
            headers,
            body: body.as_bytes(),
        }
    }
    let known = Known::nothing();
    let at = Occasion {
        started_ms: NOW,
        ended_ms: NOW + 200,
        known: &known,
        may_mint: true,
        head: false,
    };
    let (legacy, native) = (answer(&headers, &case.legacy), answer(&headers, &case.native));
    let mut runs: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let verdict = black_box(compare(black_box(&legacy), black_box(&native), &case.rules, &at));
            let took = started.elapsed();
            assert_eq!(differences(&verdict), case.differences, "{}: {verdict:?}", case.name);
            took
        })
        .collect();
    runs.sort_unstable();
    (runs[0], runs[RUNS / 2])
}

fn differences(verdict: &Verdict) -> usize {
    verdict.differences().len()
}
