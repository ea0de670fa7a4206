//! Lookup against the precedence of Next.js.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::inventory::Inventory;
use crate::pattern::Segment;
use crate::snapshot::Snapshot;

fn snapshot(routes: &[&str]) -> Result<Snapshot, crate::Problems> {
    let lines: String = routes.iter().map(|route| format!("  - route: \"{route}\"\n")).collect();
    crate::compile(&format!("version: 1\nroutes:\n{lines}"), &Inventory::default())
}

fn found(snapshot: &Snapshot, method: &Method, path: &str) -> String {
    let matched = snapshot.look_up(method, path);
    let unusual = matched.decide(&crate::Facts::new(method, path, 0)).reason == crate::Reason::UnusualPath;
    match matched.plan() {
        Some(plan) => plan.key.to_string(),
        None if unusual => "unusual".to_owned(),
        None => "nothing".to_owned(),
    }
}

#[test]
fn the_most_specific_route_wins_segment_by_segment() -> Result<(), crate::Problems> {
    let flags = snapshot(&[
        "GET /",
        "GET /api",
        "GET /api/tickets",
        "GET /api/tickets/new",
        "GET /api/tickets/[id]",
        "GET /api/tickets/[id]/notes",
        "GET /api/tickets/[...rest]",
        "GET /api/[area]/list",
        "GET /api/café",
        "GET /files/[...path]",
        "GET /docs/[[...slug]]",
        "POST /api/tickets",
    ])?;
    for (path, route) in [
        ("/", "GET /"),
        ("/api", "GET /api"),
        ("/api/tickets", "GET /api/tickets"),
        ("/api/tickets/new", "GET /api/tickets/new"),
        ("/api/tickets/News", "GET /api/tickets/[id]"),
        ("/api/tickets/new/notes", "GET /api/tickets/[id]/notes"),
        ("/api/tickets/7/notes", "GET /api/tickets/[id]/notes"),
        ("/api/tickets/7/other", "GET /api/tickets/[...rest]"),
        ("/api/tickets/list", "GET /api/tickets/[id]"),
        ("/api/customers/list", "GET /api/[area]/list"),
        ("/api/customers", "nothing"),
        ("/api/caf%C3%A9", "GET /api/café"),
        ("/api/caf%c3%a9", "GET /api/café"),
        ("/api/café", "GET /api/café"),
        ("/api/cafe%CC%81", "nothing"),
        ("/api/%74ickets", "GET /api/tickets"),
        ("/api/tickets/a%20b", "GET /api/tickets/[id]"),
        ("/api/tickets/%5Bid%5D", "GET /api/tickets/[id]"),
        ("/api/tickets/a%2Fb", "unusual"),
        ("/api/tickets/", "unusual"),
        ("/API/tickets", "nothing"),
        ("/files", "nothing"),
        ("/files/a", "GET /files/[...path]"),
        ("/files/a/b/c", "GET /files/[...path]"),
        ("/docs", "GET /docs/[[...slug]]"),
        ("/docs/a/b", "GET /docs/[[...slug]]"),
        ("/documents", "nothing"),
    ] {
        assert_eq!(found(&flags, &Method::GET, path), route, "{path}");
    }
    let thousand = format!("/files{}", "/x".repeat(1_000));
    assert_eq!(found(&flags, &Method::GET, &thousand), "GET /files/[...path]");
    Ok(())
}

#[test]
fn the_path_decides_before_the_method() -> Result<(), crate::Problems> {
    let flags = snapshot(&["GET /api/[x]", "POST /api/tickets"])?;
    assert_eq!(
        found(&flags, &Method::GET, "/api/tickets"),
        "nothing",
        "Next.js answers 405 here"
    );
    assert_eq!(found(&flags, &Method::POST, "/api/tickets"), "POST /api/tickets");
    assert_eq!(found(&flags, &Method::HEAD, "/api/other"), "GET /api/[x]");
    assert_eq!(found(&flags, &Method::TRACE, "/api/other"), "nothing");
    Ok(())
}

#[test]
fn a_handler_without_a_flag_hides_less_specific_flags() -> Result<(), Box<dyn std::error::Error>> {
    let inventory = Inventory::new(["GET /api/tickets".parse()?]);
    let flags = crate::compile("version: 1\nroutes: [{ route: 'GET /api/[x]' }]", &inventory)?;
    assert_eq!(found(&flags, &Method::GET, "/api/tickets"), "nothing");
    assert_eq!(found(&flags, &Method::GET, "/api/other"), "GET /api/[x]");
    Ok(())
}

/// The plain reading of Next.js: the first pattern, in sorted order, that matches.
fn first_match<'s>(snapshot: &'s Snapshot, path: &str) -> Option<&'s Arc<RoutePlan>> {
    let segments: Vec<&str> = path.split('/').skip(1).filter(|segment| !segment.is_empty()).collect();
    snapshot
        .plans()
        .iter()
        .find(|plan| matches(plan.key.pattern.segments(), &segments))
}

fn matches(pattern: &[Segment], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((Segment::OptionalCatchAll(_), _)), _) | (Some((Segment::CatchAll(_), _)), Some(_)) => true,
        (Some((Segment::Static(text), rest)), Some((segment, after))) => text == segment && matches(rest, after),
        (Some((Segment::Dynamic(_), rest)), Some((_, after))) => matches(rest, after),
        _ => false,
    }
}

proptest! {
    #[test]
    fn the_tree_agrees_with_the_sorted_list(
        routes in prop::collection::btree_set("(/(a|b|c|\\[x\\])){0,3}(/\\[\\.\\.\\.r\\])?", 0..12),
        paths in prop::collection::vec("/((a|b|c|d)(/(a|b|c|d)){0,4})?", 1..12),
    ) {
        let routes: Vec<String> = routes.iter().map(|path| format!("GET {}", if path.is_empty() { "/" } else { path })).collect();
        let routes: Vec<&str> = routes.iter().filter(|route| route.matches("[x]").count() < 2).map(String::as_str).collect();
        if let Ok(flags) = snapshot(&routes) {
            for path in paths {
                let expected = first_match(&flags, &path).map_or("nothing".to_owned(), |plan| plan.key.to_string());
                prop_assert_eq!(found(&flags, &Method::GET, &path), expected, "{}", path);
            }
        }
    }

    #[test]
    fn any_path_at_all_is_found_or_not(path in any::<String>(), tail in "[/%a-f0-9.]{0,20}") {
        if let Ok(flags) = snapshot(&["GET /[a]/[...b]", "GET /a"]) {
            let _ = flags.look_up(&Method::GET, &path);
            let _ = flags.look_up(&Method::GET, &format!("/{tail}"));
        }
    }
}
