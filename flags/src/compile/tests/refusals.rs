//! What is refused, where, and with which advice.

use super::*;

/// The problems of a file, one a line.
fn problems(text: &str) -> String {
    compile(text, &inventory())
        .err()
        .map(|problems| problems.to_string())
        .unwrap_or_default()
}

/// A file with one route with these settings, at line 3.
fn route(settings: &str) -> String {
    problems(&format!(
        "version: 1\nroutes:\n  - {{ route: GET /api/tickets, {settings} }}\n"
    ))
}

#[test]
fn every_problem_is_reported_at_once_in_the_order_of_the_file() {
    let text = "version: 2
default: {}
groups:
  otp: { stage: shadwo, stge: x }
routes:
  - route: get /api/tickets
  - route: GET /api/tickets
    stage: canry
    retire_after: 30d
    sample: 101%
  - route: POST /api/otp/verify
    group: opt
";
    assert_eq!(
        problems(text),
        "flags.yaml:1:10: the file is written in version `2` of the format (this version of Ficus reads version 1)
flags.yaml:2:1: a flag file has no key `default` (did you mean `defaults`?)
flags.yaml:4:17: the stage `shadwo` is unknown (did you mean `shadow`?)
flags.yaml:4:25: a group has no key `stge` (did you mean `stage`?)
flags.yaml:6:12: `get /api/tickets` is not a route: `get` is not a method of a route; write one of GET, POST, PUT, PATCH, DELETE, OPTIONS (write `GET /api/tickets`)
flags.yaml:8:12: the stage `canry` is unknown (did you mean `canary`?)
flags.yaml:9:5: `retire_after` is not known to this version of Ficus (leave it out, or run a version that knows it: a safety setting that is passed over would protect nobody)
flags.yaml:10:13: `sample: 101%`: a share is at most 100% (write for example `25%` or `0.5%`)
flags.yaml:12:12: there is no group `opt` (did you mean `otp`?)"
    );
}

#[test]
fn shares_and_times_are_refused_with_their_place_and_advice() {
    refuses_each(&[
        (
            "sample: 50",
            "3:40: `sample: 50`: a share is written as a percentage, with its percent sign (write `50%`)",
        ),
        (
            "sample: \"50\"",
            "3:40: `sample: 50`: a share is written as a percentage, with its percent sign (write `50%`)",
        ),
        ("sample: .nan", "a share is written as a percentage"),
        ("sample: NaN%", "a share is a plain number"),
        ("sample: -1%", "a share is a plain number"),
        ("sample: ~", "`sample` is a text, not nothing"),
        ("sample: [1%]", "`sample` is a text, not a list"),
        ("phase: 10", "`phase` is a whole number from 0 to 9, not `10`"),
        ("phase: +1", "not `+1`"),
        (
            "timeout: 5",
            "`timeout: 5` is not a duration (write a whole number and its unit",
        ),
        ("timeout: 0ms", "not between 1ms and 1d"),
        (
            "connect_timeout: 5",
            "3:49: `connect_timeout: 5` is not a duration (write a whole number and its unit",
        ),
        ("idle_timeout: 2d", "`idle_timeout: 2d` is not between 1ms and 1d"),
        ("total_timeout: ~", "`total_timeout` is a text, not nothing"),
        ("total_timout: 1s", "did you mean `total_timeout`?"),
        ("shadow: { budget: 2m }", "not between 1ms and 1m"),
    ]);
}

#[test]
fn a_whole_that_is_shorter_than_its_part_is_refused_where_it_is_stated() {
    let text = "version: 1
defaults: { timeout: 5s }
groups:
  slow: { total_timeout: 2s }
  fine: { total_timeout: 5s }
routes:
  - { route: GET /api/tickets, group: slow }
  - { route: POST /api/tickets, group: slow, timeout: 3s }
  - { route: GET /api/crm/customers, group: slow, timeout: 2s }
  - { route: POST /api/otp/verify, group: fine, timeout: 9s, total_timeout: 8s }
";
    let remedy = "which is a part of it (state both here, `timeout` not longer than `total_timeout`)";
    assert_eq!(
        problems(text),
        format!(
            "flags.yaml:4:26: `total_timeout: 2s` is shorter than `timeout: 5s`, {remedy}
flags.yaml:8:55: `total_timeout: 2s` is shorter than `timeout: 3s`, {remedy}
flags.yaml:10:77: `total_timeout: 8s` is shorter than `timeout: 9s`, {remedy}"
        )
    );
}

#[test]
fn other_values_are_refused_with_their_place_and_advice() {
    refuses_each(&[
        ("shadow: { rate_per_second: 0 }", "a whole number from 1 to"),
        (
            "shadow: 5",
            "`shadow` is a mapping, not a text (its keys are `budget`, `rate_per_second`)",
        ),
        ("fallback: fault", "`fallback` is a list, not a text"),
        (
            "fallback: [timout]",
            "`timout` is no failure that has a fallback (did you mean `timeout`?)",
        ),
        ("compat: [a b]", "is not the name of an old behaviour"),
        (
            "compare: { ignore: [\"$.a[?x]\"] }",
            "3:57: the path `$.a[?x]`: filters are not known here",
        ),
        ("compare: { ignore: [{ reason: x }] }", "needs its `path`"),
        (
            "compare: { unordered: { items: id } }",
            "3:56: the path `items`: a path begins with `$`",
        ),
        ("compare: { time_tolerance: 2 }", "is not a duration"),
        ("guard: { window: 5m }", "3:39: the guard has nothing to look at"),
        ("gate: { p99_ratio: 1.123 }", "3:51: `p99_ratio: 1.123` is not a ratio"),
        (
            "requires: [GET /x]",
            "3:43: no route of the file is `GET /x` (name it under `routes`)",
        ),
        ("requires: [x]", "3:43: `x` is not a route"),
        (
            "stage: shadow, stage: native",
            "3:47: the key `stage` stands here a second time; the first is on line 3",
        ),
        ("stage: \"null\"", "the stage `null` is unknown"),
    ]);
}

/// Each setting of a route is refused with one problem, which says this.
fn refuses_each(cases: &[(&str, &str)]) {
    for (settings, refusal) in cases {
        let found = route(settings);
        assert!(
            found.contains(refusal) && found.lines().count() == 1,
            "{settings}\n{found}"
        );
    }
}

#[test]
fn half_a_file_does_not_pass_for_a_whole_one() {
    for text in [
        "version: 1\nroutes:\n",
        "version: 1\ngroups:\n",
        "version: 1\ndefaults:\n",
        "routes: []\n",
        "version:\n",
        "version: 1\nroutes:\n  - route:\n",
        "- a\n",
        "x\n",
    ] {
        assert!(!problems(text).is_empty(), "{text:?} was accepted");
    }
    assert_eq!(problems("version: 1\nroutes: []\n"), "");
}

#[test]
fn routes_that_next_js_would_not_build_side_by_side_are_refused() {
    for (one, other, refusal) in [
        (
            "GET /a",
            "GET /a",
            "the route `GET /a` stands here a second time; the first is on line 3",
        ),
        (
            "GET /a/[id]",
            "POST /a/[key]",
            "the parameter `key` is called `id` at the same position on line 3",
        ),
        ("GET /a/[id]", "GET /a/[slug]/b", "the parameter `slug` is called `id`"),
        ("GET /[t]/a/[id]", "GET /[t]/a/[x]", "the parameter `x` is called `id`"),
        ("GET /a/[...p]", "GET /a/[...q]", "the parameter `q` is called `p`"),
        (
            "GET /a/[...p]",
            "GET /a/[[...p]]",
            "a required and an optional catch-all stand at the same position",
        ),
        (
            "GET /a/[[...p]]",
            "GET /a/[...p]",
            "a required and an optional catch-all stand at the same position",
        ),
        (
            "GET /a",
            "GET /a/[[...p]]",
            "the optional catch-all matches the path of the route on line 3",
        ),
        (
            "GET /a/[[...p]]",
            "POST /a",
            "the optional catch-all on line 3 matches this path",
        ),
    ] {
        let found = problems(&format!(
            "version: 1\nroutes:\n  - route: {one}\n  - route: \"{other}\"\n"
        ));
        assert!(
            found.starts_with("flags.yaml:4:12: ") && found.contains(refusal) && found.lines().count() == 1,
            "{one} {other}\n{found}"
        );
    }
    let side_by_side = "version: 1\nroutes: [{route: 'GET /a/[id]'}, {route: 'POST /a/[id]'}, {route: 'GET /a/[...rest]'}, {route: 'GET /a/[id]/[x]'}, {route: GET /a}]";
    assert_eq!(problems(side_by_side), "");
}

#[test]
fn a_group_flips_as_one() {
    let text =
        "version: 1\ngroups: { g: { stage: legacy } }\nroutes:\n  - { route: GET /a, group: g, stage: legacy }\n";
    let expected = "flags.yaml:4:32: a member of the group `g` has no stage of its own, because the group flips together (leave out `stage` or `group`)";
    assert_eq!(problems(text), expected);
}

#[test]
fn a_native_stage_needs_its_handler() {
    for (route, advice) in [
        ("GET /api/tickets/[id]", "write `GET /api/tickets/[ticketId]`"),
        ("DELETE /api/tickets", "on this path it has GET, POST"),
        ("GET /api/crm/custmers", "did you mean `GET /api/crm/customers`?"),
        ("GET /somewhere/else/entirely", "leave it at `legacy`"),
    ] {
        for stage in ["shadow", "native"] {
            let found = problems(&format!(
                "version: 1\nroutes:\n  - {{ route: \"{route}\", stage: {stage} }}\n"
            ));
            assert!(
                found.contains("this binary has no native handler") && found.contains(advice),
                "{found}"
            );
        }
        assert_eq!(
            problems(&format!(
                "version: 1\nroutes:\n  - {{ route: \"{route}\", stage: legacy }}\n"
            )),
            ""
        );
    }
}

#[test]
fn a_flood_of_problems_is_counted_and_size_has_a_bound() {
    let text = format!("version: 1\nroutes:\n{}", "  - route: x\n".repeat(1_000));
    let found = problems(&text);
    assert_eq!(found.lines().count(), 201);
    assert!(found.ends_with("800 more problems are not listed"), "{found}");
    let oversized = format!("version: 1\n{}", "#".repeat(MAX_FILE_BYTES));
    assert!(problems(&oversized).contains("larger than 4 MiB"));
}

#[test]
fn rules_of_comparison_are_refused_with_their_place_and_advice() {
    refuses_each(&[
        (
            "compare: { ignore: [\"header:a b\"] }",
            "3:60: the path `header:a b`: the name of a response header follows `header:`",
        ),
        (
            "compare: { same_shape: [code] }",
            "3:56: the path `code`: a path begins with `$`",
        ),
        (
            "compare: { unordered: [\"header:vary\"] }",
            "the path `header:vary`: a path begins with `$`",
        ),
        (
            "compare: { headers: [date] }",
            "3:53: `date` belongs to the way of an answer, not to the answer (leave it out)",
        ),
        ("compare: { headers: [\"a b\"] }", "`a b` is not the name of a header"),
        (
            "compare: { noise: lern }",
            "3:50: `noise: lern` is unknown (write `learn`, `off`, or a share of the reads such as `5%`)",
        ),
        ("compare: { noise: 101% }", "`noise: 101%`: a share is at most 100%"),
    ]);
}

#[test]
fn a_waiver_needs_an_owner_a_reason_and_a_day() {
    let waiver = |keys: &str| {
        problems(&format!(
            "version: 1\nroutes:\n  - route: GET /api/tickets\nwaivers:\n  - {{ {keys} }}\n"
        ))
    };
    assert_eq!(
        waiver("route: GET /api/tikets, kind: bdy, owner: \"\", expires: tomorrow"),
        "flags.yaml:5:5: a waiver needs its `reason`
flags.yaml:5:14: the waiver for `GET /api/tikets` covers no route of this file (name a route as it stands under `routes:`; `*` stands for anything)
flags.yaml:5:37: no answer has a part `bdy` (did you mean `body`?)
flags.yaml:5:49: the `owner` of a waiver is empty
flags.yaml:5:62: `expires: tomorrow` is not a day (write its last day, such as `2026-12-31`)"
    );
    assert_eq!(waiver("route: '*', owner: a, reason: b, expires: 2026-12-31"), "");
}

#[test]
fn canaries_are_refused_with_their_place_and_advice() {
    refuses_each(&[
        (
            "stage: canary",
            "3:14: the route is at stage `canary`, but nothing says for whom (write `canary: { share: 1% }`",
        ),
        ("stage: canary, canary: { subject: [user] }", "nothing says for whom"),
        (
            "canary: { share: 5 }",
            "3:49: `share: 5`: a share is written as a percentage",
        ),
        (
            "canary: { share: 5%, sticky: yes }",
            "`canary` has no key `sticky` (its keys are",
        ),
        ("canary: { share: 5%, subject: [] }", "`subject` names no place"),
        (
            "canary: { share: 5%, subject: [usr] }",
            "3:63: `usr` is no place for `subject` (did you mean `user`?)",
        ),
        (
            "canary: { share: 5%, subject: [\"header:x-ficus-id\"] }",
            "`header:x-ficus-id` is no place for `subject`",
        ),
        (
            "tenant_from: [\"path:tenant\"]",
            "the route has no parameter `[tenant]`",
        ),
        (
            "tenant_from: [\"host:app.example.com\"]",
            "is no place for `tenant_from`",
        ),
        ("reads: native", "a route has no key `reads`"),
    ]);
}

#[test]
fn targets_are_refused_with_their_place_and_advice() {
    refuses_each(&[
        ("target: native", "`target` is a list, not a text"),
        (
            "target: [{ tenant: [a] }]",
            "3:41: a target says who answers (write `serve: native`",
        ),
        (
            "target: [{ tenant: [a], serve: rust }]",
            "`rust` is no side that answers",
        ),
        (
            "target: [{ serve: native }]",
            "a target without a condition would fit every request",
        ),
        (
            "target: [{ user: [], serve: native }]",
            "`user` names no value, so that nothing would fit",
        ),
        (
            "target: [{ ip: [10.0.0.300], serve: native }]",
            "`ip`: `10.0.0.300` is no address or network",
        ),
        (
            "target: [{ host: [\"http://a\"], serve: native }]",
            "`host`: a host is written without scheme",
        ),
        (
            "target: [{ header: x-beta, serve: native }]",
            "`header` is a mapping from names to values",
        ),
        (
            "target: [{ header: { x-ficus-stage: a, x-b: c }, serve: native }]",
            "`x-ficus-stage` is not the name of a header that can be asked for",
        ),
        (
            "target: [{ tenants: [a], ip: 10.0.0.1, serve: native }]",
            "a target has no key `tenants` (did you mean `tenant`?)",
        ),
    ]);
}

#[test]
fn members_leave_their_canary_and_targets_to_the_group() {
    for (own, key) in [
        ("canary: { share: 1% }", "canary"),
        ("target: [{ user: u1, serve: native }]", "target"),
    ] {
        let text = format!(
            "version: 1\ngroups: {{ g: {{ stage: legacy }} }}\nroutes:\n  - {{ route: GET /a, group: g, {own} }}\n"
        );
        let expected = format!(
            "flags.yaml:4:32: a member of the group `g` has no {key} of its own, because the group flips together (leave out `{key}` or `group`)"
        );
        assert_eq!(problems(&text), expected);
    }
}

#[test]
fn reads_and_defaults_give_each_method_its_stage() -> Result<(), Problems> {
    let text = "version: 1
defaults: { stage: shadow, reads: native }
groups:
  one: { stage: legacy }
  two: { reads: shadow }
routes:
  - { route: GET /api/tickets }
  - { route: POST /api/tickets }
  - { route: GET /api/crm/customers, group: one }
  - { route: \"GET /api/tickets/[ticketId]\", group: two }
  - { route: POST /api/otp/verify, group: two }
";
    let snapshot = compile(text, &inventory())?;
    let stages: Vec<String> = snapshot
        .plans()
        .iter()
        .map(|plan| format!("{} {}", plan.key, plan.stage))
        .collect();
    let expected = [
        "GET /api/crm/customers legacy",
        "POST /api/otp/verify shadow",
        "GET /api/tickets native",
        "POST /api/tickets shadow",
        "GET /api/tickets/[ticketId] shadow",
    ];
    assert_eq!(stages, expected);
    Ok(())
}

#[test]
fn a_route_is_never_further_than_what_it_requires() {
    let file = |stage: &str, required: &str| {
        problems(&format!(
            "version: 1
defaults: {{ canary: {{ share: 1% }} }}
routes:
  - {{ route: POST /api/otp/verify, stage: {stage}, requires: [GET /api/tickets] }}
  - {{ route: GET /api/tickets, stage: {required} }}
"
        ))
    };
    for (place, stage) in Stage::ALL.into_iter().enumerate() {
        for (required_place, required) in Stage::ALL.into_iter().enumerate() {
            let found = file(stage.as_str(), required.as_str());
            let refused = stage >= Stage::Canary && required_place < place;
            assert_eq!(!found.is_empty(), refused, "{stage} {required}: {found}");
        }
    }
    assert_eq!(
        file("native", "canary"),
        "flags.yaml:4:62: `POST /api/otp/verify` is at stage `native`, but `GET /api/tickets`, which it requires, is at `canary` (move what is required first, or put both into one group)"
    );
}

#[test]
fn an_alias_leads_to_one_route() {
    refuses_each(&[
        ("aliases: [GET /a]", "`GET /a` is not a path: a path begins with `/`"),
        (
            "aliases: ['/a/[id]']",
            "the alias `/a/[id]` has other parameters than `GET /api/tickets`",
        ),
        (
            "aliases: [/api/tickets]",
            "`GET /api/tickets` leads elsewhere already, on line 3",
        ),
        ("aliases: [/a, /a]", "`GET /a` leads elsewhere already"),
        (
            "aliases: [/api/crm/customers]",
            "this binary has a native handler for `GET /api/crm/customers` itself",
        ),
    ]);
}
