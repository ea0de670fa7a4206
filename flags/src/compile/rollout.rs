//! How far a route has come: `stage`, `reads`, `canary` and `target`. A group states them for all of its members.

use std::sync::Arc;

use http::Method;

use super::fields::Fields;
use super::{sources, target, values};
use crate::canary::{Canary, SubjectSource};
use crate::findings::{Findings, Place};
use crate::share::Share;
use crate::stage::Stage;
use crate::target::TargetRule;
use crate::yaml::Node;

/// The keys that a route can state; a member of a group leaves them to the group, so that it flips as one.
pub(super) const KEYS: [&str; 3] = ["stage", "canary", "target"];
/// The further key of a group and of `defaults`.
pub(super) const READS: &str = "reads";
const CANARY_KEYS: [&str; 3] = ["share", "subject", "salt"];

/// What one part of the file states.
#[derive(Debug, Clone, Default)]
pub(super) struct Rollout {
    stage: Option<Stage>,
    reads: Option<Stage>,
    share: Option<Share>,
    subject: Option<Arc<[SubjectSource]>>,
    salt: Option<String>,
    target: Option<Vec<TargetRule>>,
}

impl Rollout {
    /// Reads these keys of a part.
    pub(super) fn read(fields: Fields<'_>, findings: &mut Findings) -> Self {
        let mut rollout = Self {
            stage: fields
                .get("stage")
                .and_then(|node| values::stage(node, "stage", findings)),
            reads: fields.get(READS).and_then(|node| values::stage(node, READS, findings)),
            target: fields.get("target").map(|node| target::read(node, findings)),
            ..Self::default()
        };
        if let Some(node) = fields.get("canary") {
            rollout.read_canary(node, findings);
        }
        rollout
    }

    /// This before what the next wider part states. Its own `stage` hides the wider `reads`.
    pub(super) fn over(&self, wider: &Self) -> Self {
        Self {
            stage: self.stage.or(wider.stage),
            reads: self.reads.or(wider.reads.filter(|_| self.stage.is_none())),
            share: self.share.or(wider.share),
            subject: self.subject.clone().or_else(|| wider.subject.clone()),
            salt: self.salt.clone().or_else(|| wider.salt.clone()),
            target: self.target.clone().or_else(|| wider.target.clone()),
        }
    }

    /// The stage of a method: `reads` holds for the safe ones, `stage` for the rest.
    pub(super) fn stage_of(&self, method: &Method) -> Stage {
        let reads = self.reads.filter(|_| method.is_safe());
        reads.or(self.stage).unwrap_or_default()
    }

    /// The targets.
    pub(super) fn target(&self) -> Vec<TargetRule> {
        self.target.clone().unwrap_or_default()
    }

    /// The canary, when a share is stated; subjects are hashed under `key`.
    pub(super) fn canary(&self, key: String) -> Option<Canary> {
        let subject = self.subject.clone().unwrap_or_else(|| Arc::from([SubjectSource::User]));
        let salt = self.salt.clone().unwrap_or_default();
        self.share.map(|share| Canary::new(share, subject, salt, key))
    }

    /// A canary needs something to decide by.
    pub(super) fn check(&self, stage: Stage, place: Place, findings: &mut Findings) {
        if stage == Stage::Canary && self.share.is_none() && self.target.is_none() {
            let message = "the route is at stage `canary`, but nothing says for whom";
            findings.add_with_remedy(
                place,
                message,
                "write `canary: { share: 1% }` or a `target` for it, its group or `defaults`",
            );
        }
    }

    fn read_canary(&mut self, node: &Node, findings: &mut Findings) {
        let Some(fields) = Fields::open(node, "`canary`", &CANARY_KEYS, findings) else {
            return;
        };
        self.share = fields
            .get("share")
            .and_then(|node| values::share(node, "share", findings));
        self.subject = fields
            .get("subject")
            .map(|node| Arc::from(sources::subjects(node, findings)));
        self.salt = fields
            .get("salt")
            .and_then(|node| values::text(node, "salt", findings))
            .map(str::to_owned);
    }
}
