//! The Ficus strangler-fig migration proxy: data plane, shadow, console and command line.

pub mod compare;
pub mod console;
pub mod provision;
pub mod report;
pub mod shadow;
pub mod store;
