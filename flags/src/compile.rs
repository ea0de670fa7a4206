//! From the text of a flag file to a snapshot, or to everything that is wrong with it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::findings::Findings;
use crate::inventory::Inventory;
use crate::plan::RoutePlan;
use crate::problem::Problems;
use crate::snapshot::Snapshot;
use crate::yaml;

mod aliases;
mod calendar;
mod compare;
mod conflicts;
mod fields;
mod file;
mod gate;
mod handlers;
mod requires;
mod rollout;
mod routes;
mod settings;
mod sources;
mod target;
mod time_limits;
mod values;
mod waivers;

/// The largest flag file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// How many hexadecimal digits of the SHA-256 make the version.
const VERSION_DIGITS: usize = 12;

/// Compiles a flag file: pure, and total on any text.
///
/// # Errors
/// Everything that is wrong with it, at once, each problem with its line and column. A file that is not YAML has one
/// problem, because nothing behind it can be read.
pub fn compile(text: &str, inventory: &Inventory) -> Result<Snapshot, Problems> {
    if text.len() > MAX_FILE_BYTES {
        return Err(too_large());
    }
    let mut findings = Findings::default();
    let (plans, waivers) = match yaml::parse(text, &mut findings) {
        Some(root) => file::read(&root, inventory, &mut findings),
        None => Default::default(),
    };
    if !findings.is_empty() {
        return Err(findings.into_problems());
    }
    Ok(Snapshot::new(version_of(text), in_order(plans), inventory).with_waivers(waivers))
}

/// The problem of a file that is larger than [`MAX_FILE_BYTES`].
pub(crate) fn too_large() -> Problems {
    let message = format!("the flag file is larger than {} MiB", MAX_FILE_BYTES / (1024 * 1024));
    Problems::of_file(
        message,
        Some("a flag file has one short entry for each route".to_owned()),
    )
}

/// The version of a text: the first twelve hexadecimal digits of its SHA-256.
#[must_use]
pub fn version_of(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut version: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    version.truncate(VERSION_DIGITS);
    version
}

fn in_order(mut plans: Vec<RoutePlan>) -> Vec<Arc<RoutePlan>> {
    plans.sort_by(|left, right| left.key.cmp(&right.key));
    plans
        .into_iter()
        .enumerate()
        .map(|(index, plan)| Arc::new(RoutePlan { index, ..plan }))
        .collect()
}

#[cfg(test)]
mod tests;
