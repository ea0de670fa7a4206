//! Retired routes: what must hold before their files go, and the patch that removes them.
//!
//! Only whole files are removed by the patch: a route file all of whose methods are named, and then every module and
//! environment variable that nothing else needs. A file that keeps a method is listed with the export to delete by hand.

mod patch;
mod plan;

pub use patch::removal;
pub use plan::{Check, Plan, Traffic, plan};
