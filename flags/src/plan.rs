//! What the flag file says about one route, ready to be followed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::compare_rules::CompareRules;
use crate::duration;
use crate::fallback::FallbackOn;
use crate::route_key::RouteKey;
use crate::shadow_rules::ShadowRules;
use crate::share::Share;
use crate::stage::Stage;

/// The whole of what the flag file says about one route, with the defaults and its group already applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoutePlan {
    /// The place of the plan in [`crate::Snapshot::plans`]; a small dense number, fit for an array of counters.
    pub index: usize,
    /// The route.
    pub key: RouteKey,
    /// Who answers.
    pub stage: Stage,
    /// The group with which the route flips, if it is in one.
    pub group: Option<String>,
    /// The phase of the migration plan, for reports.
    pub phase: Option<u8>,
    /// The share of requests whose shadow runs.
    pub sample: Share,
    /// The native failures after which legacy is asked.
    pub fallback: FallbackOn,
    /// How the two answers are compared.
    pub compare: CompareRules,
    /// Named old behaviours that the native handler keeps for this route.
    pub compat: BTreeSet<String>,
    /// What the shadow may cost.
    pub shadow: ShadowRules,
    /// The longest that an answer may take; `None` is the proxy's own limit.
    #[serde(serialize_with = "duration::serialize_optional")]
    pub timeout: Option<Duration>,
    /// Line of the flag file at which the route stands, from 1.
    pub line: usize,
}
