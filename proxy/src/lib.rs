//! To be written.

pub mod compare;

pub mod store;

pub mod shadow;

pub mod report;
