//! How the two answers of a route are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::compare_path::ComparePath;
use crate::duration;
use crate::json_path::JsonPath;
use crate::share::Share;

/// The rules under which legacy's and native's answers count as equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompareRules {
    /// Places that are not compared, with everything below them.
    pub ignore: Vec<IgnoreRule>,
    /// Lists whose order does not count: their path, and the member that identifies an element (without one, the lists are
    /// compared as bags of values).
    pub unordered: BTreeMap<JsonPath, Option<String>>,
    /// Random codes: the same kinds of characters at the same places are enough.
    pub same_shape: BTreeSet<ComparePath>,
    /// Response headers that are compared beside the usual ones, by their names in lower case.
    pub headers: BTreeSet<String>,
    /// How far apart two times that a side minted itself may lie.
    #[serde(serialize_with = "duration::serialize")]
    pub time_tolerance: Duration,
    /// The share of reads of which legacy is asked twice, to learn which fields differ from themselves; none: not learned.
    pub noise: Option<Share>,
}

/// One place of the answer that is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoreRule {
    /// The place that is left out, with everything below it.
    pub path: ComparePath,
    /// Why, for the reader of a report.
    pub reason: Option<String>,
}

impl CompareRules {
    /// The tolerance when the file states none.
    pub const DEFAULT_TIME_TOLERANCE: Duration = Duration::from_secs(5);
}

impl Default for CompareRules {
    fn default() -> Self {
        Self {
            ignore: Vec::new(),
            unordered: BTreeMap::new(),
            same_shape: BTreeSet::new(),
            headers: BTreeSet::new(),
            time_tolerance: Self::DEFAULT_TIME_TOLERANCE,
            noise: None,
        }
    }
}
