//! Real parts and fakes for the tests: throw-away databases, a scripted legacy app, and patience without sleeping.

#![expect(
    clippy::expect_used,
    reason = "a support that cannot be had is a failed test, and this is its message"
)]

pub mod carrier;
pub mod cutting_proxy;
pub mod database;
pub mod eventually;
pub mod gate;
pub mod legacy;
