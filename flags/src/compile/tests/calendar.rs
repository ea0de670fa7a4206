//! `schedule`, `approval`, `expires`, `stale_after`, and the keys of the guard.

use super::*;
use crate::{Approval, Calendar, GuardAction, ScheduleStep, StepTime, moment_ms};

fn compiled(settings: &str) -> Result<RoutePlan, Problems> {
    let text = format!("version: 1\nroutes:\n  - {{ route: GET /api/tickets, {settings} }}\n");
    let snapshot = compile(&text, &inventory())?;
    Ok(RoutePlan::clone(&snapshot.plans()[0]))
}

fn refusal(settings: &str) -> String {
    compiled(settings)
        .err()
        .map(|problems| problems.to_string())
        .unwrap_or_default()
}

#[test]
fn a_calendar_is_read_and_without_one_nothing_is_planned() -> Result<(), Problems> {
    let plain = compiled("stage: shadow")?.calendar;
    assert_eq!(
        plain,
        Calendar {
            schedule: Vec::new(),
            approval: Approval::None,
            expires_ms: None,
            stale_after: Calendar::DEFAULT_STALE_AFTER,
        }
    );
    let planned = compiled(
        "approval: required, expires: 1970-01-02, stale_after: 14d, schedule: [{ at: 2026-12-01T08:00Z, stage: shadow }, \
         { after: 30m, share: 5% }, { after: 1h, stage: canary, share: 25% }, { at: 2026-12-02T08:00Z, stage: native }]",
    )?
    .calendar;
    let step = |when, stage, points| ScheduleStep {
        when,
        stage,
        share: Share::from_basis_points(points).filter(|_| points > 0),
    };
    let at = |text| StepTime::At(moment_ms(text).unwrap_or_default());
    let after = |minutes: u64| StepTime::After(Duration::from_secs(minutes * 60));
    assert_eq!(
        planned.schedule,
        [
            step(at("2026-12-01T08:00Z"), Stage::Shadow, 0),
            step(after(30), Stage::Canary, 500),
            step(after(60), Stage::Canary, 2_500),
            step(at("2026-12-02T08:00Z"), Stage::Native, 0),
        ]
    );
    assert_eq!(
        (planned.approval, planned.expires_ms, planned.stale_after),
        (Approval::Required, Some(172_800_000), Duration::from_secs(14 * 86_400))
    );
    Ok(())
}

#[test]
fn a_plan_that_cannot_be_followed_is_refused_when_it_is_written() {
    for (settings, expected) in [
        ("schedule: { at: 2026-12-01T08:00Z }", "`schedule` is a list of steps"),
        ("schedule: []", "a schedule has 1 to 50 steps, not 0"),
        ("schedule: [{ share: 5% }]", "a step needs its time"),
        (
            "schedule: [{ after: 5m, share: 5% }]",
            "the first step has no step before it",
        ),
        (
            "schedule: [{ at: 2026-12-01T08:00Z, after: 5m, share: 5% }]",
            "one time, not two",
        ),
        (
            "schedule: [{ at: 2026-12-01 08:00, share: 5% }]",
            "is not a moment (write it in UTC",
        ),
        (
            "schedule: [{ at: 2026-12-01T08:00Z, stage: canary }]",
            "needs its share (write `share: 5%`)",
        ),
        (
            "schedule: [{ at: 2026-12-01T08:00Z, stage: native, share: 5% }]",
            "only a canary has a share",
        ),
        (
            "schedule: [{ at: 2026-12-01T08:00Z, stage: retired }]",
            "does not retire a route",
        ),
        ("schedule: [{ at: 2026-12-01T08:00Z, stage: legacy }]", "leads forward"),
        (
            "schedule: [{ at: 2026-12-01T08:00Z, share: 5% }, { after: 5m, share: 5% }]",
            "does not lead further",
        ),
        (
            "schedule: [{ at: 2026-12-01T08:00Z, share: 5% }, { at: 2026-11-30T08:00Z, share: 6% }]",
            "is due before an earlier one",
        ),
        (
            "approval: requird",
            "`approval: requird` is unknown (did you mean `required`?)",
        ),
        ("expires: soon", "is not a day (write the last day"),
        ("stale_after: 0s", "is not between 1s and 3650d"),
        ("guard: { window: 5m }", "the guard has nothing to look at"),
        (
            "guard: { error_rate: 1%, action: kil }",
            "a guard has no action `kil` (did you mean `kill`?)",
        ),
        ("guard: { latency_ratio: fast }", "`latency_ratio: fast` is not a ratio"),
    ] {
        let found = refusal(settings);
        assert!(
            found.contains(expected) && found.lines().count() == 1,
            "{settings}\n{found}"
        );
    }
}

#[test]
fn a_schedule_needs_a_handler_and_one_stage_and_belongs_to_the_whole_group() {
    let step = "[{ at: 2026-12-01T08:00Z, stage: shadow }]";
    let text = |group: &str, member: &str| {
        format!(
            "version: 1\ngroups:\n  g: {{ {group} }}\nroutes:\n  - {{ route: GET /api/tickets, group: g{member} }}\n"
        )
    };
    let found = |text: &str| {
        compile(text, &inventory())
            .err()
            .map(|problems| problems.to_string())
            .unwrap_or_default()
    };
    assert_eq!(found(&text(&format!("stage: legacy, schedule: {step}"), "")), "");
    let own = found(&text("stage: legacy", &format!(", schedule: {step}")));
    assert!(own.contains("has no schedule of its own"), "{own}");
    let two = found(&text(&format!("stage: legacy, reads: shadow, schedule: {step}"), ""));
    assert!(two.contains("a part with `reads` has two stages"), "{two}");
    let nobody = found(&format!(
        "version: 1\nroutes:\n  - {{ route: GET /api/other, schedule: {step} }}\n"
    ));
    assert!(nobody.contains("no native handler for `GET /api/other`"), "{nobody}");
    let dates = found("version: 1\ndefaults: { expires: 2026-12-31 }\n");
    assert!(dates.contains("`defaults` has no key `expires`"), "{dates}");
}

#[test]
fn a_guard_says_what_it_does_when_it_is_broken() -> Result<(), Problems> {
    let guard = |settings| {
        Ok(compiled(settings)?
            .guard
            .map(|rules| (rules.action, rules.latency_percent)))
    };
    assert_eq!(guard("guard: { error_rate: 1% }")?, Some((GuardAction::Back, None)));
    assert_eq!(
        guard("guard: { latency_ratio: 1.5, action: kill }")?,
        Some((GuardAction::Kill, Some(150)))
    );
    Ok::<(), Problems>(())
}
