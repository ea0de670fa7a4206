//! To be written.

pub mod schema;
