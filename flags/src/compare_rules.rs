//! How the two answers of a route are compared.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::duration;
use crate::json_path::JsonPath;

/// The rules under which legacy's and native's answers count as equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompareRules {
    /// Values that are not compared, with everything below them.
    pub ignore: Vec<IgnoreRule>,
    /// Lists whose order does not count: their path, and the member that identifies an element (without one, the lists are
    /// compared as bags of values).
    pub unordered: BTreeMap<JsonPath, Option<String>>,
    /// How far apart two times that a side minted itself may lie.
    #[serde(serialize_with = "duration::serialize")]
    pub time_tolerance: Duration,
}

/// One place in the JSON answer that is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoreRule {
    /// The value that is left out, with everything below it.
    pub path: JsonPath,
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
            time_tolerance: Self::DEFAULT_TIME_TOLERANCE,
        }
    }
}
