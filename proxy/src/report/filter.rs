//! What a report is about, and what the flags say of its routes.

use std::collections::HashMap;
use std::sync::Arc;

use flags::{RoutePlan, Snapshot, Waiver};

use crate::compare::Rules;
use crate::store::Window;

/// What the report is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what was seen since then, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only what was seen before then.
    pub until_ms: Option<i64>,
    /// Only routes that contain this text, whatever its case.
    pub route: Option<String>,
    /// Only routes of this group.
    pub group: Option<String>,
    /// Only routes of this phase of the migration plan.
    pub phase: Option<u8>,
    /// Only differences that this client brought about, by its mark.
    pub client: Option<String>,
    /// The moment at which waivers are weighed; now by default.
    pub now_ms: Option<i64>,
}

impl Filter {
    /// The span of time that is meant.
    #[must_use]
    pub fn window(&self) -> Window {
        Window {
            since_ms: self.since_ms.unwrap_or(i64::MIN),
            until_ms: self.until_ms.unwrap_or(i64::MAX),
        }
    }

    /// Whether the route belongs to the report.
    pub(super) fn wants(&self, route: &str, place: &Place) -> bool {
        let named = |part: &String| route.to_lowercase().contains(&part.to_lowercase());
        self.route.as_ref().is_none_or(named)
            && self
                .group
                .as_ref()
                .is_none_or(|group| place.group.as_ref() == Some(group))
            && self.phase.is_none_or(|phase| place.phase == Some(phase))
    }
}

/// Where each route stands in the plan: from the flags, because the store knows only what happened.
#[derive(Clone, Debug, Default)]
pub struct Places {
    routes: HashMap<String, Place>,
    waivers: Vec<Waiver>,
}

/// The place of one route.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The phase of the migration plan.
    pub phase: Option<u8>,
    /// The group with which it flips.
    pub group: Option<String>,
    /// Its stage.
    pub stage: Option<String>,
    /// Its rules of comparison.
    pub rules: Rules,
}

impl Places {
    /// The places that these flags give, and their waivers.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let place = |plan: &Arc<RoutePlan>| {
            let place = Place {
                phase: plan.phase,
                group: plan.group.clone(),
                stage: Some(plan.stage.to_string()),
                rules: Rules::of(&plan.compare),
            };
            (plan.key.to_string(), place)
        };
        Self {
            routes: snapshot.plans().iter().map(place).collect(),
            waivers: snapshot.waivers().to_vec(),
        }
    }

    /// The place of a route; of one that no flag names, the empty one.
    pub(super) fn place(&self, route: &str) -> Place {
        self.routes.get(route).cloned().unwrap_or_default()
    }

    /// The waivers of the flag file.
    pub(super) fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }
}
