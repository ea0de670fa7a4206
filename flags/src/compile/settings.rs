//! What `defaults`, a group and a route can all state, and how the narrower one wins.

use std::collections::BTreeSet;
use std::time::Duration;

use super::compare::PartialRules;
use super::fields::Fields;
use super::gate::Gates;
use super::{sources, time_limits, values};
use crate::fallback::FallbackOn;
use crate::findings::Findings;
use crate::shadow_rules::ShadowRules;
use crate::share::Share;
use crate::target::TenantSource;
use crate::time_limits::TimeLimits;
use crate::yaml::Node;

/// The keys that [`Settings::read`] reads.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    ["sample", "fallback", "compare", "compat", "shadow"]
        .into_iter()
        .chain(time_limits::KEYS)
        .chain(["gate", "guard", TENANT_FROM])
}
/// Where the tenant of a request is looked for.
pub(super) const TENANT_FROM: &str = "tenant_from";
const SHADOW_KEYS: [&str; 2] = ["budget", "rate_per_second"];
const MILLISECOND: Duration = Duration::from_millis(1);
const MAX_BUDGET: Duration = Duration::from_secs(60);
const MAX_RATE: u32 = 1_000_000;

/// The settings that one part of the file states.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) sample: Option<Share>,
    pub(super) fallback: Option<FallbackOn>,
    pub(super) compare: PartialRules,
    pub(super) compat: BTreeSet<String>,
    pub(super) time_limits: TimeLimits,
    pub(super) gates: Gates,
    tenant_from: Option<Vec<TenantSource>>,
    budget: Option<Duration>,
    rate_per_second: Option<u32>,
}

impl Settings {
    /// Reads the settings among the keys of a part.
    pub(super) fn read(fields: Fields<'_>, findings: &mut Findings) -> Self {
        let mut settings = Self {
            sample: fields
                .get("sample")
                .and_then(|node| values::share(node, "sample", findings)),
            fallback: fields.get("fallback").and_then(|node| values::fallback(node, findings)),
            compare: fields
                .get("compare")
                .and_then(|node| PartialRules::read(node, findings))
                .unwrap_or_default(),
            compat: fields
                .get("compat")
                .map(|node| read_compat(node, findings))
                .unwrap_or_default(),
            time_limits: time_limits::read(fields, findings),
            gates: Gates::read(fields, findings),
            tenant_from: fields.get(TENANT_FROM).map(|node| sources::tenants(node, findings)),
            ..Self::default()
        };
        if let Some(node) = fields.get("shadow") {
            settings.read_shadow(node, findings);
        }
        settings
    }

    /// These settings before those of the next wider part.
    pub(super) fn over(&self, wider: &Self) -> Self {
        Self {
            sample: self.sample.or(wider.sample),
            fallback: self.fallback.or(wider.fallback),
            compare: self.compare.over(&wider.compare),
            compat: self.compat.union(&wider.compat).cloned().collect(),
            time_limits: self.time_limits.over(&wider.time_limits),
            gates: self.gates.over(&wider.gates),
            tenant_from: self.tenant_from.clone().or_else(|| wider.tenant_from.clone()),
            budget: self.budget.or(wider.budget),
            rate_per_second: self.rate_per_second.or(wider.rate_per_second),
        }
    }

    /// Where the tenant is looked for: in the verified session, unless the file says otherwise.
    pub(super) fn tenant_from(&self) -> &[TenantSource] {
        self.tenant_from.as_deref().unwrap_or(&[TenantSource::Session])
    }

    /// The limits of shadowing with what nothing states filled in.
    pub(super) fn shadow(&self) -> ShadowRules {
        ShadowRules {
            budget: self.budget.unwrap_or(ShadowRules::DEFAULT_BUDGET),
            rate_per_second: self.rate_per_second,
        }
    }

    fn read_shadow(&mut self, node: &Node, findings: &mut Findings) {
        let Some(fields) = Fields::open(node, "`shadow`", &SHADOW_KEYS, findings) else {
            return;
        };
        self.budget = fields
            .get("budget")
            .and_then(|node| values::duration(node, "budget", MILLISECOND..=MAX_BUDGET, findings));
        self.rate_per_second = fields
            .get("rate_per_second")
            .and_then(|node| values::number(node, "rate_per_second", 1..=MAX_RATE, findings));
    }
}

fn read_compat(node: &Node, findings: &mut Findings) -> BTreeSet<String> {
    let mut compat = BTreeSet::new();
    for item in values::items(node, "compat", findings) {
        let Some(word) = values::text(item, "compat", findings) else {
            continue;
        };
        if values::is_name(word) {
            compat.insert(word.to_owned());
        } else {
            findings.add(
                item.place,
                format!("`{word}` is not the name of an old behaviour: letters, digits, `_`, `-` and `.`"),
            );
        }
    }
    compat
}
