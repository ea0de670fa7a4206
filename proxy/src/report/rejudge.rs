//! Judging stored samples again: what would remain under other rules.

use super::model::{Again, Class, RouteReport};
use crate::compare::Rules;
use crate::shadow::judge_again;
use crate::store::{Store, StoreError};

/// Judges the samples of every cause of a route. A cause that none of its samples shows any more is explained by the rules.
pub(super) async fn route(route: &mut RouteReport, store: &Store, rules: &Rules) -> Result<(), StoreError> {
    let mut places = Vec::new();
    for difference in &mut route.differences {
        let (group, mut again) = (&difference.group, Again::default());
        for sample in store.samples(&group.group_key).await? {
            let Some(remaining) = judge_again(&sample, rules) else {
                again.unknown += 1;
                continue;
            };
            let shows = remaining
                .iter()
                .any(|place| place.kind == group.kind && place.path == group.path_template);
            if shows {
                again.still += 1;
            } else {
                again.gone += 1;
            }
            places.extend(remaining);
        }
        if again.still == 0 && again.gone > 0 {
            difference.class = Class::Explained;
        }
        difference.again = Some(again);
    }
    let known = |kind: &str, path: &str| {
        let groups = route.differences.iter().map(|difference| &difference.group);
        groups
            .into_iter()
            .any(|group| group.kind == kind && group.path_template == path)
    };
    let mut appeared: Vec<String> = places
        .into_iter()
        .filter(|place| !known(&place.kind, &place.path))
        .map(|place| format!("{} {}", place.kind, place.path))
        .collect();
    appeared.sort_unstable();
    appeared.dedup();
    route.appeared = appeared;
    Ok(())
}
