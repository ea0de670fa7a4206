//! The page as text: what it must say, and what it must not let through.

use std::time::Duration;

use super::super::view::{FlagsView, NativeView, RouteView, StatusView};
use super::{duration, grouped, page};

fn busy() -> StatusView {
    StatusView {
        flags: FlagsView {
            version: "0123456789ab".to_owned(),
            file: Some("flags.yaml".to_owned()),
            loaded: 1,
            ..FlagsView::default()
        },
        native: NativeView::On { handlers: 28 },
        routes: vec![RouteView {
            route: "GET /api/crm/tickets".to_owned(),
            phase: Some(7),
            stage: "shadow".to_owned(),
            legacy: 12_345,
            compared: 3_000,
            matched: 2_999,
            last_difference: Some("body $.items[0].total".to_owned()),
            ..RouteView::default()
        }],
        ..StatusView::default()
    }
}

#[test]
fn a_route_shows_its_counts_and_one_miss_is_not_a_hundred_percent() {
    let page = page(&busy(), true);
    assert!(page.contains("12\u{202f}345"));
    assert!(page.contains("99.96 %"), "rounded up: {page}");
    assert!(page.contains("body $.items[0].total"));
}

#[test]
fn a_kill_and_a_skipped_native_side_are_said_where_they_are() {
    let mut view = busy();
    assert!(!page(&view, true).contains("kill"));
    view.flags.killed_names = vec!["auth".to_owned()];
    view.flags.kill_unknown = vec!["atuh".to_owned()];
    view.routes[0].share = Some("5%".to_owned());
    view.routes[0].killed = true;
    view.routes[0].skipped = true;
    let page = page(&view, true);
    for text in [
        "Legacy answers <code>auth</code>",
        "<code>atuh</code>. Nothing is killed by that",
        "shadow</span> 5% <strong class=\"bad\">killed</strong> <strong class=\"bad\">native is skipped</strong>",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let mut view = busy();
    view.routes[0].route = "GET /<script>alert(1)</script>".to_owned();
    view.routes[0].stage = "\" onmouseover=\"alert(1)".to_owned();
    view.flags.problem = Some("</pre><img src=x onerror=alert(1)>".to_owned());
    let page = page(&view, true);
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains("\" onmouseover"),
        "{page}"
    );
}

#[test]
fn a_refused_flag_file_is_said_with_its_problem() {
    let mut view = busy();
    view.flags.problem = Some("flags.yaml:4:12: unknown stage".to_owned());
    let page = page(&view, true);
    assert!(page.contains("newest flag file was refused") && page.contains("flags.yaml:4:12: unknown stage"));
}

#[test]
fn native_off_says_why() {
    let view = StatusView {
        native: NativeView::Off {
            reason: "no DATABASE_URL".to_owned(),
        },
        ..StatusView::default()
    };
    assert!(page(&view, true).contains("no DATABASE_URL"));
}

#[test]
fn a_reader_can_stop_the_updates() {
    assert!(page(&busy(), true).contains("http-equiv=\"refresh\""));
    assert!(!page(&busy(), false).contains("http-equiv=\"refresh\""));
}

#[test]
fn numbers_and_durations_read_well() {
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    assert_eq!(duration(Duration::from_secs(59)), "59 s");
    assert_eq!(duration(Duration::from_secs(3_660)), "1 h 1 min");
    assert_eq!(duration(Duration::from_secs(90_000)), "1 d 1 h");
}
