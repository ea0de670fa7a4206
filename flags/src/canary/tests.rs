//! Sticky: the same subject on the same side, in when the share grows, last in first out when it shrinks.

use http::header::COOKIE;
use http::{HeaderMap, Method};
use proptest::prelude::*;

use super::*;
use crate::facts::Session;

fn canary(share: Share, subject: Vec<SubjectSource>) -> Canary {
    Canary::new(share, subject.into(), "1".to_owned(), "GET /api/crm/tickets".to_owned())
}

fn is_in(canary: &Canary, subject: &str) -> bool {
    canary.bucket_of(subject) < canary.share.basis_points()
}

#[test]
fn the_bucket_is_that_of_the_published_recipe() {
    let canary = canary(Share::ALL, vec![SubjectSource::User]);
    assert_eq!(canary.bucket_of("user-1"), 8_885);
    assert_eq!(
        canary.bucket_of("user-1"),
        crate::bucket("GET /api/crm/tickets", "1", "user-1")
    );
}

#[test]
fn the_measured_share_is_within_half_a_point_over_a_hundred_thousand_subjects() {
    for basis_points in [1, 50, 100, 500, 2_500, 5_000, 9_000, 9_999] {
        let share = Share::from_basis_points(basis_points).unwrap();
        let canary = canary(share, vec![SubjectSource::User]);
        let inside = (0..100_000).filter(|n| is_in(&canary, &format!("user-{n}"))).count();
        let distance = inside.abs_diff(usize::from(basis_points) * 10);
        assert!(distance <= 500, "{share}: {inside} of 100,000");
    }
}

#[test]
fn the_first_place_that_has_a_subject_decides() {
    let mut headers = HeaderMap::new();
    headers.insert("x-client-id", "c7".parse().unwrap());
    headers.insert(COOKIE, "sid=s1".parse().unwrap());
    let subjects = vec![
        SubjectSource::User,
        SubjectSource::Header("x-client-id".parse().unwrap()),
        SubjectSource::Cookie("sid".to_owned()),
        SubjectSource::Ip,
    ];
    let canary = canary(Share::ALL, subjects);
    let bare = Facts::new(&Method::GET, "/", 0);
    let drawn = |facts: &Facts<'_>| canary.draw(facts).map(|drawn| (drawn.source, drawn.bucket));
    let by = |source, subject: &str| Some((source, canary.bucket_of(subject)));
    assert_eq!(drawn(&bare), None);
    let four: IpAddr = "192.0.2.7".parse().unwrap();
    let mapped: IpAddr = "::ffff:192.0.2.7".parse().unwrap();
    for client in [four, mapped] {
        let facts = Facts {
            client: Some(client),
            ..bare
        };
        assert_eq!(drawn(&facts), by(3, "192.0.2.7"));
    }
    let facts = Facts {
        headers: Some(&headers),
        ..bare
    };
    assert_eq!(drawn(&facts), by(1, "c7"));
    let facts = Facts {
        session: Session {
            user: Some("u1"),
            ..Session::default()
        },
        ..facts
    };
    assert_eq!(drawn(&facts), by(0, "u1"));
    headers.remove("x-client-id");
    let facts = Facts {
        headers: Some(&headers),
        ..bare
    };
    assert_eq!(drawn(&facts), by(2, "s1"));
}

#[test]
fn an_empty_subject_is_none() {
    let mut headers = HeaderMap::new();
    headers.insert("x-client-id", "".parse().unwrap());
    let canary = canary(Share::ALL, vec![SubjectSource::Header("x-client-id".parse().unwrap())]);
    let facts = Facts {
        headers: Some(&headers),
        ..Facts::new(&Method::GET, "/", 0)
    };
    assert_eq!(canary.draw(&facts), None);
}

#[test]
fn the_longest_address_fits() {
    let longest: IpAddr = "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap();
    assert_eq!(AddressText::of(longest).as_str(), longest.to_string());
}

proptest! {
    #[test]
    fn growing_keeps_everybody_and_shrinking_sends_home_the_last_who_came(
        subjects in prop::collection::vec("[a-z0-9-]{1,40}", 1..50),
        shares in prop::collection::vec(0u16..=10_000, 2..6),
    ) {
        let subject = vec![SubjectSource::User];
        let mut path: Vec<Canary> = Vec::new();
        for basis_points in shares {
            path.push(canary(Share::from_basis_points(basis_points).unwrap_or(Share::ALL), subject.clone()));
        }
        for pair in path.windows(2) {
            let (small, large) = if pair[0].share <= pair[1].share { (&pair[0], &pair[1]) } else { (&pair[1], &pair[0]) };
            for subject in &subjects {
                prop_assert!(!is_in(small, subject) || is_in(large, subject));
            }
        }
    }
}
