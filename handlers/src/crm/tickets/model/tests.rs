//! Pages, snapshots and inputs.

use super::*;
use serde_json::json;

#[test]
fn a_negative_limit_counts_from_the_end_and_a_negative_offset_is_none() {
    assert_eq!(
        Page::new(-2, 1),
        Page {
            rows: 2,
            skip: 1,
            from_end: true
        }
    );
    assert_eq!(
        Page::new(100, -5),
        Page {
            rows: 100,
            skip: 0,
            from_end: false
        }
    );
    assert_eq!(Page::new(i64::MIN, 0).rows, i64::MAX);
}

#[test]
fn a_snapshot_never_has_an_empty_name() {
    let contact = |name: &str, metadata: Option<Value>| ContactRow {
        display_name: name.into(),
        phone: None,
        metadata,
    };
    assert_eq!(Snapshot::of(None).name, "Unknown Customer");
    assert_eq!(Snapshot::of(Some(contact("", None))).name, "Unknown");
    assert_eq!(
        Snapshot::of(Some(contact("C", Some(json!({"email": "c@x.example"})))))
            .email
            .as_deref(),
        Some("c@x.example")
    );
    assert_eq!(Snapshot::of(Some(contact("C", Some(json!({"email": 5}))))).email, None);
}
