//! The Ficus proxy: data plane, shadow, console and command line.

pub mod compare;
pub mod console;
pub mod decommission;
pub mod inventory;
pub mod provision;
pub mod store;
