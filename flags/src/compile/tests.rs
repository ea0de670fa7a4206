//! Whole flag files, good and bad.

use std::time::Duration;

use http::Method;
use proptest::prelude::*;

use super::*;
use crate::{FallbackOn, Share, Stage, TimeLimits};

mod calendar;
mod refusals;

const FULL: &str = r#"version: 1
defaults: { sample: 50%, timeout: 5s, compare: { ignore: ["$.requestId"], time_tolerance: 2s } }
groups:
  otp: { stage: shadow, phase: 3, sample: 25%, shadow: { budget: 80ms, rate_per_second: 20 }, compat: [loose-phone] }
routes:
  - { route: POST /api/otp/verify, group: otp, sample: 0%, compare: { ignore: [{ path: "$.token", reason: fresh }] } }
  - route: GET /api/tickets
    stage: native
    fallback: [fault, panic]
    compare: { unordered: { "$.items": id, "$.tags": ~ }, time_tolerance: 0s }
  - route: GET /api/other
"#;

/// Everything that the file of a test can name.
pub(super) fn inventory() -> Inventory {
    let routes = [
        "POST /api/otp/verify",
        "GET /api/tickets",
        "POST /api/tickets",
        "GET /api/tickets/[ticketId]",
        "GET /api/crm/customers",
    ];
    Inventory::new(routes.into_iter().filter_map(|route| route.parse().ok()))
}

fn plan(method: &Method, path: &str) -> Result<RoutePlan, Problems> {
    let snapshot = compile(FULL, &inventory())?;
    let found = snapshot.look_up(method, path).plan();
    found
        .map(|plan| RoutePlan::clone(plan))
        .ok_or_else(|| Problems::of_file("no plan", None))
}

#[test]
fn a_member_takes_what_it_does_not_state_from_its_group_and_the_defaults() -> Result<(), Problems> {
    let verify = plan(&Method::POST, "/api/otp/verify")?;
    assert_eq!(
        (verify.stage, verify.phase, verify.group.as_deref()),
        (Stage::Shadow, Some(3), Some("otp"))
    );
    assert_eq!(verify.sample, Share::NONE, "0% is not the same as leaving it out");
    assert_eq!(
        (verify.shadow.budget, verify.shadow.rate_per_second),
        (Duration::from_millis(80), Some(20))
    );
    assert_eq!(verify.time_limits.timeout, Some(Duration::from_secs(5)));
    assert_eq!(verify.fallback, FallbackOn::EVERY);
    assert!(verify.compat.contains("loose-phone"));
    let ignored: Vec<_> = verify
        .compare
        .ignore
        .iter()
        .map(|rule| (rule.path.to_string(), rule.reason.as_deref()))
        .collect();
    assert_eq!(
        ignored,
        [("$.requestId".to_owned(), None), ("$.token".to_owned(), Some("fresh"))],
        "lists grow"
    );
    assert_eq!(verify.compare.time_tolerance, Duration::from_secs(2));
    Ok(())
}

#[test]
fn each_time_limit_is_that_of_the_narrowest_part_that_states_it() -> Result<(), Problems> {
    let text = "version: 1
defaults: { timeout: 5s, connect_timeout: 1s, idle_timeout: 2s, total_timeout: 30s }
groups:
  otp: { connect_timeout: 3s, idle_timeout: 4s }
routes:
  - { route: POST /api/otp/verify, group: otp, idle_timeout: 250ms }
  - { route: GET /api/tickets, total_timeout: 1d }
";
    let snapshot = compile(text, &inventory())?;
    let limits = |timeout, connect, idle, total| {
        let [timeout, connect_timeout, idle_timeout, total_timeout] =
            [timeout, connect, idle, total].map(|milliseconds| Some(Duration::from_millis(milliseconds)));
        TimeLimits {
            timeout,
            connect_timeout,
            idle_timeout,
            total_timeout,
        }
    };
    let found: Vec<_> = snapshot.plans().iter().map(|plan| plan.time_limits).collect();
    assert_eq!(
        found,
        [
            limits(5_000, 3_000, 250, 30_000),
            limits(5_000, 1_000, 2_000, 86_400_000)
        ]
    );
    let printed = serde_json::to_value(&*snapshot.plans()[0]).unwrap_or_default();
    assert_eq!(
        ["timeout", "connect_timeout", "idle_timeout", "total_timeout"].map(|key| printed[key].as_str()),
        [Some("5s"), Some("3s"), Some("250ms"), Some("30s")]
    );
    let silent = compile("version: 1\nroutes: [{ route: GET /api/tickets }]\n", &inventory())?;
    assert_eq!(silent.plans()[0].time_limits, TimeLimits::default());
    Ok(())
}

#[test]
fn a_route_states_its_own() -> Result<(), Problems> {
    let tickets = plan(&Method::GET, "/api/tickets")?;
    assert_eq!(
        (tickets.stage, tickets.group.as_deref(), tickets.line),
        (Stage::Native, None, 7)
    );
    assert_eq!(
        tickets.fallback,
        FallbackOn {
            fault: true,
            timeout: false,
            saturated: false,
            panic: true
        }
    );
    assert_eq!(tickets.compare.unordered.get("$.items"), Some(&Some("id".to_owned())));
    assert_eq!(tickets.compare.unordered.get("$.tags"), Some(&None));
    assert_eq!(tickets.compare.time_tolerance, Duration::ZERO);
    assert_eq!(tickets.sample.basis_points(), 5_000);
    let other = plan(&Method::GET, "/api/other")?;
    assert_eq!((other.stage, other.phase), (Stage::Legacy, None));
    Ok(())
}

#[test]
fn rules_of_comparison_and_waivers_are_read() -> Result<(), Problems> {
    let text = "version: 1
defaults: { compare: { headers: [X-Total-Count], noise: learn } }
routes:
  - route: GET /api/tickets
    compare:
      ignore: [\"header:etag\", \"header:set-cookie.theme\"]
      same_shape: [\"$.code\", \"header:x-code\"]
      headers: x-page
  - { route: GET /api/crm/customers, compare: { noise: off } }
waivers:
  - { route: GET /api/*, path: \"$.viewers\", owner: ana, reason: counts viewers, expires: 2026-12-31 }
";
    let snapshot = compile(text, &inventory())?;
    let rules = |index: usize| &snapshot.plans()[index].compare;
    let tickets = rules(1);
    let ignored: Vec<_> = tickets.ignore.iter().map(|rule| rule.path.to_string()).collect();
    assert_eq!(ignored, ["header:etag", "header:set-cookie['theme']"]);
    let shapes: Vec<_> = tickets.same_shape.iter().map(ToString::to_string).collect();
    assert_eq!(shapes, ["$.code", "header:x-code"]);
    assert_eq!(
        tickets.headers.iter().collect::<Vec<_>>(),
        ["x-page", "x-total-count"],
        "lists grow"
    );
    assert_eq!(tickets.noise, Share::from_basis_points(1_000));
    assert_eq!(rules(0).noise, None);
    let waiver = &snapshot.waivers()[0];
    assert_eq!(
        (waiver.kind.as_str(), waiver.owner.as_str(), waiver.expires_ms),
        ("*", "ana", 1_798_761_600_000)
    );
    Ok(())
}

#[test]
fn plans_stand_in_order_under_a_version_made_of_the_text() -> Result<(), Problems> {
    let snapshot = compile(FULL, &inventory())?;
    let keys: Vec<_> = snapshot
        .plans()
        .iter()
        .map(|plan| (plan.index, plan.key.to_string()))
        .collect();
    let expected = ["GET /api/other", "POST /api/otp/verify", "GET /api/tickets"].map(str::to_owned);
    assert_eq!(keys, expected.into_iter().enumerate().collect::<Vec<_>>());
    assert_eq!(compile("version: 1", &inventory())?.version(), "1a6ddd3533d9");
    assert_eq!(snapshot.version().len(), 12);
    Ok(())
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() -> Result<(), Problems> {
    let plans = |text: &str| compile(text, &inventory()).map(|snapshot| snapshot.plans().to_vec());
    let expected = plans(FULL)?;
    assert_eq!(plans(&FULL.replace('\n', "\r\n"))?, expected);
    assert_eq!(plans(&format!("\u{feff}{FULL}"))?, expected);
    Ok(())
}

#[test]
fn ten_thousand_routes_are_compiled_and_found() -> Result<(), Problems> {
    let lines: String = (0..10_000)
        .map(|number| format!("  - route: GET /api/a{}/b{number}/[id]\n", number % 100))
        .collect();
    let snapshot = compile(&format!("version: 1\nroutes:\n{lines}"), &Inventory::default())?;
    assert_eq!(snapshot.plans().len(), 10_000);
    let found = snapshot.look_up(&Method::GET, "/api/a42/b9942/7").plan();
    let found = found.map(|plan| plan.key.to_string());
    assert_eq!(found.as_deref(), Some("GET /api/a42/b9942/[id]"));
    Ok(())
}

#[test]
fn the_examples_of_the_documentation_hold() -> Result<(), Box<dyn std::error::Error>> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/flags.md"))?;
    let mut examples = 0;
    for block in page.split("```yaml").skip(1) {
        let (head, rest) = block.split_once('\n').ok_or("a block without an end")?;
        let (text, _) = rest.split_once("```").ok_or("a block without an end")?;
        let named = text
            .lines()
            .filter_map(|line| line.split_once("route:"))
            .map(|(_, rest)| {
                let rest = rest.trim();
                rest.strip_prefix('"')
                    .and_then(|quoted| quoted.split('"').next())
                    .unwrap_or(rest)
            });
        let inventory = named.map(str::parse).collect::<Result<Inventory, _>>()?;
        let compiled = compile(text, &inventory);
        assert_eq!(
            compiled.is_err(),
            head.trim() == "refused",
            "{text}\n{:?}",
            compiled.err()
        );
        examples += 1;
    }
    assert!(examples >= 5, "only {examples} examples were found");
    Ok(())
}

/// A valid file with one place overwritten.
fn damaged() -> impl Strategy<Value = String> {
    let pieces = prop_oneof!["[ \\n:\\-{}\\[\\]'\"#%&*!|>~?,@`\\\\$.0-9a-z]{0,6}", any::<String>()];
    (0..FULL.len(), 0usize..12, pieces).prop_map(|(start, cut, piece)| {
        let letters: Vec<char> = FULL.chars().collect();
        let start = start.min(letters.len());
        let end = (start + cut).min(letters.len());
        letters[..start]
            .iter()
            .copied()
            .chain(piece.chars())
            .chain(letters[end..].iter().copied())
            .collect()
    })
}

fn is_total(text: &str) -> Result<(), TestCaseError> {
    if let Err(problems) = compile(text, &inventory()) {
        prop_assert!(!problems.is_empty());
        for problem in &problems {
            prop_assert!(!problem.message.contains("parser failed"), "the parser panicked");
            prop_assert!(problem.line <= text.split('\n').count() + 1);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_refused(text in any::<String>()) {
        is_total(&text)?;
    }

    #[test]
    fn a_damaged_file_compiles_or_is_refused(text in damaged()) {
        is_total(&text)?;
    }

    #[test]
    fn a_truncated_file_compiles_or_is_refused(length in 0..FULL.len()) {
        is_total(&FULL[..length])?;
    }
}
