//! The order of stages, as a release manager climbs it.

use std::fmt;

use flags::{RoutePlan, Share, Stage};
use serde::Serialize;

/// Where a route or group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct State {
    /// Its stage.
    pub stage: Stage,
    /// Its share, at the stage where that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

/// The shares that a canary grows through when nobody names another.
const STEPS: [u16; 5] = [100, 500, 1_000, 2_500, 5_000];

/// The next state: a canary grows step by step before native answers everybody.
#[must_use]
pub fn after(state: State) -> Option<State> {
    let at = |stage| State { stage, share: None };
    match state.stage {
        Stage::Legacy => Some(at(Stage::Shadow)),
        Stage::Shadow => Some(State {
            stage: Stage::Canary,
            share: share(STEPS[0]),
        }),
        Stage::Canary => {
            let reached = state.share.map_or(10_000, Share::basis_points);
            let next = STEPS.into_iter().find(|step| *step > reached);
            Some(next.map_or(at(Stage::Native), |step| State {
                stage: Stage::Canary,
                share: share(step),
            }))
        }
        Stage::Native => Some(at(Stage::Retired)),
        Stage::Retired => None,
    }
}

/// One stage back: whoever takes a canary back wants nobody in it.
#[must_use]
pub fn before(state: State) -> Option<State> {
    let stage = match state.stage {
        Stage::Legacy => return None,
        Stage::Shadow => Stage::Legacy,
        Stage::Canary => Stage::Shadow,
        Stage::Native => {
            return Some(State {
                stage: Stage::Canary,
                share: state.share.or(share(STEPS[STEPS.len() - 1])),
            });
        }
        Stage::Retired => Stage::Native,
    };
    Some(State { stage, share: None })
}

const fn share(basis_points: u16) -> Option<Share> {
    Share::from_basis_points(basis_points)
}

impl State {
    /// The state of a plan.
    #[must_use]
    pub fn of(plan: &RoutePlan) -> Self {
        let canary = plan.canary.as_ref().filter(|_| plan.stage == Stage::Canary);
        Self {
            stage: plan.stage,
            share: canary.map(|canary| canary.share),
        }
    }

    /// How far along it is: what is further compares as greater.
    #[must_use]
    pub fn rank(self) -> (Stage, u16) {
        (self.stage, self.share.map_or(0, Share::basis_points))
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stage, share) = text
            .split_once(' ')
            .map_or((text, None), |(stage, share)| (stage, Some(share)));
        Some(Self {
            stage: Stage::from_word(stage)?,
            share: share.map(str::parse).transpose().ok()?,
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stage.fmt(formatter)?;
        self.share.map_or(Ok(()), |share| write!(formatter, " {share}"))
    }
}

/// What moves when a route does: its group, else the route.
pub(super) fn target(plan: &RoutePlan) -> String {
    plan.group.clone().unwrap_or_else(|| plan.key.to_string())
}
