//! To be written.

pub mod compare;

pub mod store;
