//! What a Ficus flag file means.
//!
//! The way of a flag file: text → [`compile`] (parse, check, every problem at once with its place) → [`Snapshot`] → one
//! swap in [`Flags`]. The way of a request: [`Facts`] → [`decide`] → [`Decision`], which is pure, total, allocates
//! nothing and carries its reason. [`FileSource`] watches the file and never lets a broken one replace a good one.
//!
//! This crate knows no HTTP server, no SQL, no clock and no chance. The file format is described in `docs/flags.md`.

mod alias;
#[cfg(test)]
mod allocations;
mod bucket;
mod calendar;
mod canary;
mod compare_path;
mod compare_rules;
mod compile;
mod decide;
mod duration;
mod edit;
mod explain;
mod facts;
mod fallback;
mod file_source;
mod findings;
mod gate_rules;
mod glob;
mod host_pattern;
mod inventory;
mod json_path;
mod kill;
mod live;
mod network;
mod pattern;
mod plan;
mod problem;
mod route_key;
mod shadow_rules;
mod share;
mod snapshot;
mod stage;
mod suggest;
mod target;
mod time_limits;
mod trie;
mod waiver;
mod yaml;

pub use bucket::bucket;
pub use calendar::{Approval, Calendar, ScheduleStep, StepTime, moment_ms};
pub use canary::{Canary, SubjectSource};
pub use compare_path::ComparePath;
pub use compare_rules::{CompareRules, IgnoreRule};
pub use compile::{MAX_FILE_BYTES, compile, version_of};
pub use decide::{Decision, Match, Reason, Shadowing, Side, decide};
pub use edit::{Change, EditError, EditTarget, edit};
pub use explain::{DrawnBy, Explanation, explain};
pub use facts::{Facts, Session};
pub use fallback::FallbackOn;
pub use file_source::{FileSource, Poll};
pub use gate_rules::{GateRules, GuardAction, GuardRules};
pub use glob::glob_matches;
pub use host_pattern::{HostPattern, HostPatternError};
pub use inventory::Inventory;
pub use json_path::{JsonPath, JsonPathError, PathPart, PathStep};
pub use kill::{KillSet, KillSource};
pub use live::{Flags, Status};
pub use network::Network;
pub use pattern::{Pattern, PatternError, Segment};
pub use plan::RoutePlan;
pub use problem::{Problem, Problems};
pub use route_key::{RouteKey, RouteKeyError};
pub use shadow_rules::ShadowRules;
pub use share::{Share, ShareError};
pub use snapshot::Snapshot;
pub use stage::Stage;
pub use target::{Condition, TargetRule, TenantSource, Words};
pub use time_limits::TimeLimits;
pub use waiver::{WAIVABLE_KINDS, Waiver, end_of_day_ms};
