//! The Ficus proxy: data plane, shadow, console and command line.

pub mod compare;
pub mod console;
pub mod provision;
pub mod store;

pub mod shadow;

pub mod report;
