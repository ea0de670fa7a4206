//! Retired routes: what must hold before their code goes, and the patch that removes it.
//!
//! A route file all of whose methods are named goes as a whole; from a file that keeps others the named exports are cut out, with
//! the imports and functions that only they used. Then every module and every environment variable goes that nothing else needs.
//! What cannot be cut safely is listed for a person, with the reason.

mod diff;
mod excise;
mod patch;
mod plan;
mod quiet;

pub use plan::{Ask, Check, Plan, plan};
pub use quiet::{Quiet, Said, Seen, Traffic};
