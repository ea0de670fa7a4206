//! Real parts and fakes for the tests: throw-away databases, a scripted legacy app, and patience without sleeping.

pub mod database;
pub mod eventually;
pub mod legacy;
