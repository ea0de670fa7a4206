//! Waivers of the flag file and of the store, weighed at the time of the report.

use flags::Waiver;

use super::filter::Places;
use super::model::WaiverReport;
use crate::store::{DifferenceGroup, Store, StoreError};

/// All of them, those of the flag file first.
pub(super) async fn all(places: &Places, store: &Store, now_ms: i64) -> Result<Vec<WaiverReport>, StoreError> {
    let report = |id, waiver: Waiver| WaiverReport {
        id,
        expired: waiver.has_expired(now_ms),
        waiver,
        causes: 0,
    };
    let mut all: Vec<_> = places
        .waivers()
        .iter()
        .map(|waiver| report(None, waiver.clone()))
        .collect();
    for stored in store.waivers().await? {
        all.push(report(Some(stored.id.clone()), stored.into()));
    }
    Ok(all)
}

/// The waiver that covers a cause: one that holds, else one that has expired. Counts the cause on it.
pub(super) fn covering(waivers: &mut [WaiverReport], group: &DifferenceGroup) -> Option<usize> {
    let covers = |report: &WaiverReport| report.waiver.covers(&group.route, &group.kind, &group.path_template);
    let found = waivers
        .iter()
        .position(|report| !report.expired && covers(report))
        .or_else(|| waivers.iter().position(covers))?;
    waivers[found].causes += 1;
    Some(found)
}
