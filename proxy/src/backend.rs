//! The two sides that can answer.

pub mod legacy;
pub mod native;
mod tunnel;
