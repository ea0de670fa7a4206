//! What the flag file says about one route, ready to be followed.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::calendar::Calendar;
use crate::canary::Canary;
use crate::compare_rules::CompareRules;
use crate::fallback::FallbackOn;
use crate::gate_rules::{GateRules, GuardRules};
use crate::pattern::Pattern;
use crate::route_key::RouteKey;
use crate::shadow_rules::ShadowRules;
use crate::share::Share;
use crate::stage::Stage;
use crate::target::{TargetRule, TenantSource};
use crate::time_limits::TimeLimits;

/// The whole of what the flag file says about one route, with the defaults and its group already applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoutePlan {
    /// The place of the plan in [`crate::Snapshot::plans`]; a small dense number, fit for an array of counters.
    pub index: usize,
    /// The route.
    pub key: RouteKey,
    /// Who answers.
    pub stage: Stage,
    /// Other paths under which it is asked for; a request for one is a request for the route.
    pub aliases: Vec<Pattern>,
    /// The group with which the route flips, if it is in one.
    pub group: Option<String>,
    /// Routes without which this one must not go ahead.
    pub requires: Vec<RouteKey>,
    /// The phase of the migration plan, for reports.
    pub phase: Option<u8>,
    /// Requests that a canary sends to one side before the share is asked; the first that fits decides.
    pub target: Vec<TargetRule>,
    /// The share of subjects that a canary answers natively; none when its targets alone decide.
    pub canary: Option<Canary>,
    /// Where the tenant of a request is looked for, in this order.
    pub tenant_from: Vec<TenantSource>,
    /// The share of requests whose shadow runs.
    pub sample: Share,
    /// The share of safe requests that legacy is asked as well while native answers; nothing unless the file states `sample`.
    pub reverse_sample: Share,
    /// The native failures after which legacy is asked.
    pub fallback: FallbackOn,
    /// How the two answers are compared.
    pub compare: CompareRules,
    /// Named old behaviours that the native handler keeps for this route.
    pub compat: BTreeSet<String>,
    /// What the shadow may cost.
    pub shadow: ShadowRules,
    /// How long things may take.
    #[serde(flatten)]
    pub time_limits: TimeLimits,
    /// What has to be seen before the route moves on.
    pub gate: GateRules,
    /// What takes it back by itself.
    pub guard: Option<GuardRules>,
    /// What of its rollout is planned ahead.
    pub calendar: Calendar,
    /// Line of the flag file at which the route stands, from 1.
    pub line: usize,
}

impl RoutePlan {
    /// Whether the decision asks who the client is, so that its session must be verified first.
    #[must_use]
    pub fn needs_session(&self) -> bool {
        let targets = || self.target.iter().any(|rule| rule.needs_session(&self.tenant_from));
        self.stage == Stage::Canary && (targets() || self.canary.as_ref().is_some_and(Canary::needs_session))
    }
}
