//! The Ficus proxy: data plane, shadow, console and command line.

pub mod compare;
pub mod console;
pub mod provision;
pub mod store;
