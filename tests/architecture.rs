//! The rules of `docs/architecture.md` that a compiler does not check, as tests: who may depend on whom, what a file may
//! name, how long it may grow, and that no endpoint goes without a contract test.
//!
//! Every rule reads the real tree or `cargo metadata`; a finding names the file, the line and the rule.

#[path = "architecture/coverage.rs"]
#[cfg(test)]
mod coverage;
#[path = "architecture/crates.rs"]
#[cfg(test)]
mod crates;
#[path = "architecture/metrics.rs"]
#[cfg(test)]
mod metrics;
#[path = "architecture/settings.rs"]
#[cfg(test)]
mod settings;
#[path = "architecture/tree.rs"]
#[cfg(test)]
mod tree;

use tree::{Source, Tree};

/// Lines a source file may have.
const CEILING: usize = 400;
/// Lines a file of tests may have.
const TEST_CEILING: usize = 600;

/// Files of `proxy` that may name `handlers`, each with its reason.
const KNOWS_HANDLERS: [(&str, &str); 16] = [
    (
        "proxy/src/app.rs",
        "makes the inventory that flags are checked against, and owns the tasks",
    ),
    ("proxy/src/app/native.rs", "starts the native side"),
    ("proxy/src/app/status.rs", "asks it whether it is ready"),
    (
        "proxy/src/backend.rs",
        "gives a request the extensions that handlers read",
    ),
    ("proxy/src/demo/database.rs", "makes the schema of the demo's database"),
    ("proxy/src/backend/native.rs", "hands a request to a native handler"),
    (
        "proxy/src/backend/fallback.rs",
        "weighs what is known of a failed transaction",
    ),
    ("proxy/src/backend/candidate.rs", "hands a request to a dry run"),
    (
        "proxy/src/cli/native.rs",
        "lists the handlers for people, and runs the app's migrations",
    ),
    ("proxy/src/replay.rs", "the parity lab runs handlers"),
    ("proxy/src/replay/effects.rs", "the parity lab runs handlers"),
    ("proxy/src/replay/error.rs", "the parity lab runs handlers"),
    ("proxy/src/replay/lab.rs", "the parity lab runs handlers"),
    ("proxy/src/replay/live.rs", "the parity lab runs handlers"),
    ("proxy/src/replay/play.rs", "the parity lab runs handlers"),
    (
        "proxy/src/replay/stubs.rs",
        "the parity lab answers the calls of handlers",
    ),
];

#[test]
fn crates_depend_only_downward() {
    let edges = crates::Workspace::read();
    assert_eq!(edges.internal("flags"), Vec::<&str>::new(), "flags knows nobody");
    assert_eq!(edges.internal("handlers"), Vec::<&str>::new(), "handlers knows nobody");
    assert_eq!(
        edges.internal("proxy"),
        ["flags", "handlers"],
        "proxy is the only one that knows both"
    );
    let binaries: Vec<&str> = edges.binaries();
    assert_eq!(binaries, ["ficus"], "one binary");
}

#[test]
fn flags_stays_pure() {
    let edges = crates::Workspace::read();
    for forbidden in [
        "tokio",
        "hyper",
        "hyper-util",
        "axum",
        "sqlx",
        "reqwest",
        "rand",
        "uuid",
        "time",
    ] {
        assert!(
            !edges.direct("flags").contains(&forbidden),
            "flags must not depend on {forbidden}"
        );
        assert!(
            !edges.reachable("flags").contains(forbidden),
            "something below flags brings {forbidden} in"
        );
    }
}

#[test]
fn handlers_neither_proxies_nor_parses_arguments() {
    let edges = crates::Workspace::read();
    for forbidden in ["clap", "hyper", "hyper-util", "socket2", "arc-swap", "saphyr-parser"] {
        assert!(
            !edges.direct("handlers").contains(&forbidden),
            "handlers must not depend on {forbidden}"
        );
    }
}

#[test]
fn there_is_one_tls_stack() {
    let edges = crates::Workspace::read();
    for forbidden in ["openssl", "openssl-sys", "native-tls"] {
        assert!(
            !edges.reachable("proxy").contains(forbidden),
            "{forbidden} is in the build"
        );
    }
}

#[test]
fn only_the_named_files_of_proxy_know_handlers() {
    let allowed = |source: &Source| KNOWS_HANDLERS.iter().any(|(path, _)| source.path == *path);
    let tree = Tree::read();
    let words = ["handlers::", "use handlers"];
    tree.under("proxy/src")
        .filter(|source| !allowed(source))
        .forbid(&words, "knows handlers");
    for (path, reason) in KNOWS_HANDLERS {
        let used = tree
            .rust()
            .any(|source| source.path == path && !source.lines_with(&words).is_empty());
        assert!(used, "{path} no longer needs its exception ({reason})");
    }
}

#[test]
fn the_comparison_is_pure() {
    let tree = Tree::read();
    let compare: Vec<&Source> = tree
        .rust()
        .filter(|source| source.path.starts_with("proxy/src/compare/") || source.path == "proxy/src/compare.rs")
        .collect();
    assert!(
        !compare.is_empty(),
        "the comparison code has moved; this rule must move with it"
    );
    // A test of the comparison may well measure how long it takes.
    compare.into_iter().filter(|source| !source.is_test()).forbid(
        &[
            "tokio::",
            "hyper::",
            "sqlx::",
            "Instant::now",
            "SystemTime::now",
            "now_utc",
            "rand::",
            "std::fs",
            "std::env",
        ],
        "belongs outside the comparison, which gets everything as arguments",
    );
}

#[test]
fn decisions_have_no_clock_no_chance_and_no_surroundings() {
    let tree = Tree::read();
    tree.under("flags/src").forbid(
        &[
            "Instant::now",
            "SystemTime::now",
            "std::env",
            "std::net",
            "std::thread",
            "RandomState::new",
        ],
        "has no place in flags: the same text and the same facts give the same decision",
    );
}

#[test]
fn the_environment_is_read_at_the_doors_only() {
    let door = |source: &Source| {
        let rest = source
            .path
            .trim_start_matches("proxy/src/")
            .trim_start_matches("handlers/src/");
        ["config", "cli", "provision", "demo"].iter().any(|room| {
            rest == format!("{room}.rs") || rest.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let tree = Tree::read();
    let crates = tree.under("proxy/src").chain(tree.under("handlers/src"));
    crates
        .filter(|source| !door(source) && !source.is_test())
        .forbid(&["env::var"], "reads the environment outside config and cli");
}

#[test]
fn handlers_take_time_and_ids_from_the_kit() {
    let tree = Tree::read();
    let outside_kit = tree
        .under("handlers/src")
        .filter(|source| !source.path.starts_with("handlers/src/kit"));
    outside_kit.forbid(
        &[
            "OffsetDateTime::now_utc",
            "SystemTime::now",
            "Uuid::new_v4",
            "rand::rng",
            "tokio::spawn",
            "println!",
        ],
        "goes around the kit, so a dry run would not be one",
    );
}

#[test]
fn commands_write_through_the_printer() {
    let tree = Tree::read();
    tree.under("proxy/src")
        // The access log is standard output where no file is named.
        .filter(|source| !["proxy/src/cli/printer.rs", "proxy/src/access_log.rs"].contains(&source.path.as_str()))
        .forbid(
            &["println!", "eprintln!", "io::stdout()", "process::exit"],
            "writes to the terminal or leaves the process by itself",
        );
}

#[test]
fn files_stay_below_their_ceiling() {
    let tree = Tree::read();
    let too_long: Vec<String> = tree
        .rust()
        .filter_map(|source| {
            let ceiling = if source.is_test() { TEST_CEILING } else { CEILING };
            let lines = source.text.lines().count();
            (lines > ceiling).then(|| format!("{}: {lines} lines, the ceiling is {ceiling}", source.path))
        })
        .collect();
    assert!(too_long.is_empty(), "split these:\n{}", too_long.join("\n"));
}

#[test]
fn files_are_named_for_what_they_hold() {
    let tree = Tree::read();
    let vague = ["mod", "util", "utils", "common", "helper", "helpers", "misc", "shared"];
    let found: Vec<&str> = tree
        .rust()
        .filter(|source| vague.contains(&source.stem()))
        .map(|source| source.path.as_str())
        .collect();
    assert!(found.is_empty(), "these names say nothing: {found:?}");
}

#[test]
fn a_lint_is_expected_with_a_reason_or_obeyed() {
    let tree = Tree::read();
    tree.rust()
        .filter(|source| !source.path.starts_with("tests/architecture"))
        .forbid(
            &["#[allow(", "#![allow("],
            "silences a lint for ever; `#[expect(…, reason = …)]` notices when it is no longer needed",
        );
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    let tree = Tree::read();
    let silent: Vec<String> = tree
        .rust()
        .filter(|source| !source.path.starts_with("tests/architecture"))
        .flat_map(|source| source.unexplained_unsafe())
        .collect();
    assert!(
        silent.is_empty(),
        "an `unsafe` without a SAFETY comment above it:\n{}",
        silent.join("\n")
    );
}

#[test]
fn every_endpoint_has_a_contract_test() {
    let tree = Tree::read();
    let calls = coverage::Calls::of(tree.under("tests/contract"));
    let endpoints = handlers::catalogue();
    assert!(
        !endpoints.is_empty(),
        "the catalogue is empty, so this rule would hold by itself"
    );
    let untested: Vec<String> = endpoints
        .into_iter()
        .filter(|endpoint| !calls.reach(endpoint.method.as_str(), endpoint.pattern))
        .map(|endpoint| format!("{} {}", endpoint.method, endpoint.pattern))
        .collect();
    assert!(
        untested.is_empty(),
        "no test under tests/contract calls:\n{}",
        untested.join("\n")
    );
}

#[test]
fn every_key_of_the_configuration_is_explained() {
    let code = settings::in_code();
    assert!(
        code.len() > 20,
        "only {} keys found: the structures have moved, and this rule with them",
        code.len()
    );
    assert_eq!(
        code,
        settings::in_documentation(),
        "left: in proxy::config; right: in docs/configuration.md"
    );
}

#[test]
fn every_metric_is_explained_and_no_alert_asks_for_another() {
    let code = metrics::in_code(&Tree::read());
    let documented = metrics::in_files(&["docs/operations/metrics.md"]);
    assert_eq!(
        code, documented,
        "left: in proxy/src; right: in docs/operations/metrics.md"
    );
    let asked = metrics::in_files(&["deploy/prometheus/ficus.rules.yaml", "deploy/grafana/ficus.json"]);
    let missing: Vec<&String> = asked.difference(&code).collect();
    assert!(
        missing.is_empty(),
        "alerts or dashboards ask for metrics that do not exist: {missing:?}"
    );
}

/// Lets a rule be written as one sentence over a selection of files.
trait Forbid<'t>: Iterator<Item = &'t Source> + Sized {
    /// Fails with every line of the selection that has one of `words` in its code (comments do not count).
    fn forbid(self, words: &[&str], rule: &str) {
        let found: Vec<String> = self.flat_map(|source| source.lines_with(words)).collect();
        assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
    }
}

impl<'t, I: Iterator<Item = &'t Source>> Forbid<'t> for I {}
