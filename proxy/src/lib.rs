//! To be written.

pub mod compare;
