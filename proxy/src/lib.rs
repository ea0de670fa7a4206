//! The Ficus proxy: data plane, shadow, console and command line.

pub mod provision;
